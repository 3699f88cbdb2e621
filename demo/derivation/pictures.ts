// Numbers in [−1, 1] as grey pixels of a canvas.

/** @param values [side, side]; what lies outside −1 … 1 is shown black or white */
export function paint(canvas: HTMLCanvasElement, values: ArrayLike<number>): void {
  const side = Math.sqrt(values.length);
  canvas.width = side;
  canvas.height = side;
  const pixels = new ImageData(side, side);
  for (let i = 0; i < values.length; i++) {
    const grey = Math.round(127.5 * (values[i]! + 1)); // a clamped array: it cuts to 0 … 255
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  }
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}
