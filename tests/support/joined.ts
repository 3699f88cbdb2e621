// The order of values in a joined tensor (`Graph.join`), as a test writes it down.
import { type NdArray, ndarray } from "../reference/ndarray.ts";

/** The values of an image [N, C, H, W], all images' channels below `split` first, then the others'. */
export function joinedOrder({ shape, data }: NdArray, split: number): NdArray {
  const [N = 1, C = 1] = shape;
  const pixels = data.length / (N * C);
  const values: number[] = [];
  for (const [from, to] of [
    [0, split],
    [split, C],
  ] as const) {
    for (let n = 0; n < N; n++)
      values.push(...data.subarray((n * C + from) * pixels, (n * C + to) * pixels));
  }
  return ndarray(shape, values);
}
