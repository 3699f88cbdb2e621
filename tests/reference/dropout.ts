// Dropout in float64 with Philox' words. The twin of dropout.wgsl.
//
//   y = x / (1 − p) where the word of the element is at least p · 2³², else 0
import { philox } from "../../src/core/philox.ts";
import { mapArray, type NdArray } from "./ndarray.ts";

export interface Mask {
  rate: number;
  stream: number;
  step: number;
  firstImage: number;
  key: readonly [number, number];
}

/** Elements are numbered through all images of the step. */
export function dropout(x: NdArray, { rate, stream, step, firstImage, key }: Mask): NdArray {
  const size = x.data.length / x.shape[0]!;
  return mapArray(x, (value, i) => {
    const number = firstImage * size + i;
    const word = philox([Math.floor(number / 4), stream, step, 0], key)[number % 4]!;
    return word >= rate * 2 ** 32 ? value / (1 - rate) : 0;
  });
}
