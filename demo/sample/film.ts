// One sampling, step by step: what was seen at each, as bytes, and how a grid of it is drawn.
import type { RemoteFrame } from "../../src/worker.ts";

export const VIEWS = ["x", "x0Hat", "epsHat"] as const;
export type View = (typeof VIEWS)[number];

const GAP = 1; // in the pictures' own pixels
const COLUMNS = 5;
const SPREAD: Record<View, number> = { x: 1, x0Hat: 1, epsHat: 3 }; // white is so far above grey

/** Grey or colour pictures, [count, C, H, W], bytes. */
export interface Still {
  /** rows done, of all */
  step: number;
  of: number;
  timestep: number;
  shape: readonly [count: number, channels: number, height: number, width: number];
  bytes: Record<View, Uint8ClampedArray<ArrayBuffer>>;
}

/** A frame's three pictures, read back. */
export async function stillOf(frame: RemoteFrame): Promise<Still> {
  const { step, of, timestep, shape } = frame;
  const [x, x0Hat, epsHat] = await Promise.all([frame.images(), frame.x0Hat(), frame.epsHat()]);
  const bytes = {
    x: bytesOf(x, SPREAD.x),
    x0Hat: bytesOf(x0Hat, SPREAD.x0Hat),
    epsHat: bytesOf(epsHat, SPREAD.epsHat),
  };
  return { step, of, timestep, shape, bytes };
}

/** [−spread, spread] → 0 … 255 */
const bytesOf = (values: Float32Array, spread: number) =>
  Uint8ClampedArray.from(values, (value) => (value / spread + 1) * 127.5);

/** Where picture n of a grid begins. */
function placeOf(n: number, columns: number, { shape }: Still): readonly [x: number, y: number] {
  const [, , H, W] = shape;
  return [(n % columns) * (W + GAP), Math.floor(n / columns) * (H + GAP)];
}

const columnsOf = ({ shape }: Still): number => Math.min(COLUMNS, shape[0]);

/** The whole grid's pixels, transparent between the pictures. */
export function gridOf(still: Still, view: View): ImageData {
  const [count, C, H, W] = still.shape;
  const columns = columnsOf(still);
  const grid = new ImageData(
    columns * (W + GAP) - GAP,
    Math.ceil(count / columns) * (H + GAP) - GAP,
  );
  const bytes = still.bytes[view];
  for (let n = 0; n < count; n++) {
    const [left, top] = placeOf(n, columns, still);
    for (let i = 0; i < H * W; i++) {
      const at = 4 * ((top + Math.floor(i / W)) * grid.width + left + (i % W));
      for (let c = 0; c < 3; c++) {
        grid.data[at + c] = bytes[(n * C + Math.min(c, C - 1)) * H * W + i]!;
      }
      grid.data[at + 3] = 255;
    }
  }
  return grid;
}

/** Which picture of a grid lies at (x, y), parts of its width and height; undefined for none. */
export function pictureAt(still: Still, x: number, y: number): number | undefined {
  const [count] = still.shape;
  const columns = columnsOf(still);
  const n = Math.floor(y * Math.ceil(count / columns)) * columns + Math.floor(x * columns);
  return n >= 0 && n < count ? n : undefined;
}

/** Picture n in [−1, 1], [C, H, W]. */
export function valuesOf(still: Still, n: number): Float32Array<ArrayBuffer> {
  const [, C, H, W] = still.shape;
  const size = C * H * W;
  const one = still.bytes.x.subarray(n * size, (n + 1) * size);
  return Float32Array.from(one, (byte) => byte / 127.5 - 1);
}
