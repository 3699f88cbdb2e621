// Mirroring and shifting an image, from the definition. The twin of batch_images.wgsl.
//
//   y[c, i, j] = x[c, reflect(i + down), reflect(j' + across)]     j' = j, or W − 1 − j mirrored
import { mulHigh, philox } from "../../src/core/philox.ts";
import { type NdArray, ndarray } from "./ndarray.ts";

export interface Change {
  isMirrored: boolean;
  down: number;
  across: number;
}

/** The image [C, H, W], padded by its reflection without repeating the edge, cropped, mirrored. */
export function changed(image: NdArray, { isMirrored, down, across }: Change): NdArray {
  const [C, H, W] = image.shape as [number, number, number];
  const y = ndarray([C, H, W]);
  for (let c = 0; c < C; c++) {
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < W; j++) {
        const column = isMirrored ? W - 1 - j : j;
        const from = (c * H + reflect(i + down, H)) * W + reflect(column + across, W);
        y.data[(c * H + i) * W + j] = image.data[from]!;
      }
    }
  }
  return y;
}

/** Walks back and forth between 0 and count − 1. */
function reflect(i: number, count: number): number {
  let [at, step] = [0, i < 0 ? -1 : 1];
  for (let walked = 0; walked < Math.abs(i); walked++) {
    if (at + step < 0 || at + step >= count) step = -step;
    at += step;
  }
  return Math.max(0, at);
}

/** What chance does to an image: its number is among those of the step. */
export function changeOf(
  number: number,
  { key, stream, step }: { key: readonly [number, number]; stream: number; step: number },
  { flip, randomCrop: p }: { flip: boolean; randomCrop: number },
): Change {
  const [first, second, third] = philox([number, stream, step, 0], key);
  const shift = (word: number) => mulHigh(word, 2 * p + 1) - p;
  return {
    isMirrored: flip && first! >= 2 ** 31,
    down: shift(second!),
    across: shift(third!),
  };
}
