// Pictures side by side, as the pages show them.

/** In the pictures' own pixels. */
const GAP = 1;

/** Of grey or colour pictures. */
export type PicturesShape = readonly [
  count: number,
  channels: number,
  height: number,
  width: number,
];

/**
 * The whole grid's pixels, transparent between the pictures.
 *
 * @param bytes  of its shape, 0 … 255
 */
export function gridImage(
  bytes: Uint8ClampedArray,
  [count, C, H, W]: PicturesShape,
  columns: number,
): ImageData {
  const rows = Math.ceil(count / columns);
  const grid = new ImageData(columns * (W + GAP) - GAP, rows * (H + GAP) - GAP);
  for (let n = 0; n < count; n++) {
    const [left, top] = [(n % columns) * (W + GAP), Math.floor(n / columns) * (H + GAP)];
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
