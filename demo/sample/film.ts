// One sampling, step by step: what was seen at each, as bytes, and how a grid of it is drawn.
import type { RemoteFrame } from "../../src/worker.ts";
import { gridImage, type PicturesShape } from "../shared/grid.ts";

export const VIEWS = ["x", "x0Hat", "epsHat"] as const;
export type View = (typeof VIEWS)[number];

const COLUMNS = 5;
const SPREAD: Record<View, number> = { x: 1, x0Hat: 1, epsHat: 3 }; // white is so far above grey

/** Grey or colour pictures, [count, C, H, W], bytes. */
export interface Still {
  /** rows done, of all */
  step: number;
  of: number;
  timestep: number;
  shape: PicturesShape;
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

const columnsOf = ({ shape }: Still): number => Math.min(COLUMNS, shape[0]);

/** The whole grid's pixels, of one view. */
export const gridOf = (still: Still, view: View): ImageData =>
  gridImage(still.bytes[view], still.shape, columnsOf(still));

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
