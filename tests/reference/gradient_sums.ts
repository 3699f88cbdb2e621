// Sums over the batches of a step, and where a gradient is not finite. The twin of gradient_sums.wgsl.
import { mapArray, type NdArray } from "./ndarray.ts";

/** sum + scale · x; at the first batch of a step scale · x. Float64. */
export const accumulate = (
  sum: NdArray,
  x: NdArray,
  { scale, isFirst }: { scale: number; isFirst: boolean },
): NdArray => mapArray(x, (value, i) => (isFirst ? 0 : sum.data[i]!) + scale * value);

/** 1 + the index of the last number that is not finite; 0: all are. */
export const lastNotFinite = ({ data }: NdArray): number =>
  1 + data.reduce((last, value, i) => (Number.isFinite(value) ? last : i), -1);
