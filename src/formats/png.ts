// Pictures for people: tensors of images laid out as one grid, and the grid as a PNG file.
//
// Tensors hold pixels in [−1, 1], pictures bytes; what is beyond is clipped, NaN is drawn black.
import { encode } from "fast-png";
import { OptionError, ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, shape4, showShape, sizeOf } from "../core/shape.ts";
import { pixelByte } from "./pixel_byte.ts";

const MOST_PIXELS = 2 ** 28; // of a picture
const WHITE = 255;

/** Rows of pixels, top row first, the channels of a pixel side by side. */
export interface PixelImage {
  width: number;
  height: number;
  /** 1 grey, 3 red, green, blue */
  channels: 1 | 3;
  /** [height, width, channels] */
  data: Uint8Array;
}

export interface GridOptions {
  /** images side by side; default ⌈√N⌉ */
  columns?: number;
  /** pixels a side that each pixel becomes; default 1 */
  scale?: number;
  /** white pixels between images; default 2 */
  gap?: number;
}

/**
 * Images side by side, row by row, in the order of the tensor.
 *
 * @param images  [N, C, H, W] in [−1, 1], N ≥ 1
 * @param shape   its [N, C, H, W], C = 1 (grey) or 3 (red, green, blue)
 * @throws ShapeError for other channels or another count of numbers; OptionError for options that
 *         are no counts, and pictures of more than 2^28 pixels
 */
export function gridImage(
  images: Float32Array,
  shape: Shape,
  options: GridOptions = {},
): PixelImage {
  const [N, C, H, W] = shape4("gridImage", shape);
  requireShape("gridImage", "images, counted,", [images.length], [sizeOf(shape)]);
  const channels = channelsOf(C, shape);
  const { columns = Math.ceil(Math.sqrt(N)), scale = 1, gap = 2 } = options;
  requireCounts({ images: N, height: H, width: W, columns, scale, gap: gap + 1 });

  const [stepX, stepY] = [W * scale + gap, H * scale + gap];
  const width = Math.min(columns, N) * stepX - gap;
  const height = Math.ceil(N / columns) * stepY - gap;
  requireDrawable(width, height);
  const data = new Uint8Array(width * height * channels).fill(WHITE);
  for (let n = 0; n < N; n++) {
    const image = images.subarray(n * C * H * W, (n + 1) * C * H * W);
    const corner = Math.floor(n / columns) * stepY * width + (n % columns) * stepX;
    drawImage(image, [channels, H, W], { data, width, corner, scale });
  }
  return { width, height, channels, data };
}

/** The bytes of a PNG file, 8 bits a channel. */
export function encodePng({ width, height, channels, data }: PixelImage): Uint8Array {
  return encode({ width, height, channels, data, depth: 8 });
}

interface Target {
  data: Uint8Array;
  /** of the whole picture */
  width: number;
  /** index of the image's first pixel */
  corner: number;
  scale: number;
}

/** One image [C, H, W], each of its pixels scale × scale pixels of the picture. */
function drawImage(
  image: Float32Array,
  [C, H, W]: readonly [number, number, number],
  { data, width, corner, scale }: Target,
): void {
  for (let y = 0; y < H * scale; y++) {
    for (let x = 0; x < W * scale; x++) {
      const source = Math.floor(y / scale) * W + Math.floor(x / scale);
      const target = (corner + y * width + x) * C;
      for (let c = 0; c < C; c++) data[target + c] = pixelByte(image[c * H * W + source]!);
    }
  }
}

function channelsOf(C: number, shape: Shape): 1 | 3 {
  if (C === 1 || C === 3) return C;
  throw new ShapeError(
    "shape/channels",
    `gridImage: needs 1 or 3 channels, got C = ${C} of ${showShape(shape)}.`,
    "Choose the channels to draw, or save the numbers as safetensors.",
  );
}

function requireCounts(counts: Record<string, number>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    const [least, got] = name === "gap" ? [0, value - 1] : [1, value];
    throw new OptionError(
      "option/picture",
      `gridImage: ${name} must be an integer from ${least} up, got ${got}.`,
      "Leave it out for the default.",
    );
  }
}

/** @throws OptionError for a picture of more than 2^28 pixels */
export function requireDrawable(width: number, height: number): void {
  if (width * height <= MOST_PIXELS) return;
  throw new OptionError(
    "option/picture",
    `picture: may have ${MOST_PIXELS} pixels, got ${width} × ${height}.`,
    "Draw fewer images, or at a smaller scale.",
  );
}
