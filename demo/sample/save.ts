// What is seen, as files: one grid as PNG, a whole sampling as GIF.
import { applyPalette, GIFEncoder, quantize } from "gifenc";
import { gridOf, type Still, type View } from "./film.ts";

const SCALE = 4; // a pixel of a picture, in pixels of the file
const GIF_MS = 80; // between two frames
const GIF_LAST_MS = 2000;

/** A grid on white, each pixel `scale` wide. */
function onWhite(still: Still, view: View, scale: number): ImageData {
  const grid = gridOf(still, view);
  const small = new OffscreenCanvas(grid.width, grid.height);
  small.getContext("2d")!.putImageData(grid, 0, 0);
  const [width, height] = [scale * grid.width, scale * grid.height];
  const context = new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
  })!;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

export function pngOf(still: Still, view: View): Promise<Blob> {
  const pixels = onWhite(still, view, SCALE);
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext("2d")!.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** Every step of a sampling; the page draws between two of them. */
export async function gifOf(stills: readonly Still[], view: View): Promise<Blob> {
  const gif = GIFEncoder();
  for (const [i, still] of stills.entries()) {
    const small = onWhite(still, view, 1);
    const palette = quantize(small.data, 256);
    const { index, width, height } = enlarged(applyPalette(small.data, palette), small);
    const delay = i === stills.length - 1 ? GIF_LAST_MS : GIF_MS;
    gif.writeFrame(index, width, height, { palette, delay });
    await new Promise((resume) => setTimeout(resume));
  }
  gif.finish();
  return new Blob([gif.bytes()], { type: "image/gif" });
}

/** Numbers of colours, each pixel SCALE wide. */
function enlarged(index: Uint8Array, { width: W, height: H }: ImageData) {
  const [width, height] = [SCALE * W, SCALE * H];
  const large = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = W * Math.floor(y / SCALE);
    for (let x = 0; x < width; x++) large[y * width + x] = index[row + Math.floor(x / SCALE)]!;
  }
  return { index: large, width, height };
}
