// A picture of images side by side, pixel by pixel: rgba bytes, red in the low one.
import { extents4, type NdArray } from "./ndarray.ts";

/** round(255 · clamp(scale · x + ½, 0, 1)) of each image; 0 where there is none. */
export function picture(images: NdArray, { scale, stride }: { scale: number; stride: number }) {
  const [N, C, H, W] = extents4(images);
  const columns = Math.ceil(Math.sqrt(N));
  const rows = Math.ceil(N / columns) * H;
  const pixels = new Float64Array(rows * stride);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < W; j++) {
        const byte = (c: number) => {
          const value = images.data[((n * C + (C === 3 ? c : 0)) * H + i) * W + j]!;
          return Math.round(255 * Math.min(Math.max(scale * value + 0.5, 0), 1));
        };
        const y = Math.floor(n / columns) * H + i;
        const x = (n % columns) * W + j;
        pixels[y * stride + x] = byte(0) + 2 ** 8 * byte(1) + 2 ** 16 * byte(2) + 2 ** 24 * 255;
      }
    }
  }
  return pixels;
}
