// The histogram of numbers, from their values: floor(log2 |x|), one number after the other.
import { type NdArray, ndarray } from "./ndarray.ts";

const LEAST_NORMAL = 2 ** -126;

/** The largest e with 2^e ≤ |x|; log2 may round up just below a power of two. */
function exponentOf(size: number): number {
  const e = Math.round(Math.log2(size));
  return 2 ** e <= size ? e : e - 1;
}

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

/** The 54 counts of histogram.wgsl, of float32 or float16 numbers. */
export function histogram(values: ArrayLike<number>): NdArray {
  const counts = new Float64Array(54);
  let largest = 0;
  let first = 0xffffffff;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const size = Math.abs(value);
    if (!Number.isFinite(value)) {
      counts[Number.isNaN(value) ? 50 : 49]!++;
      first = Math.min(first, i);
      continue;
    }
    largest = Math.max(largest, size);
    if (size < LEAST_NORMAL) {
      counts[0]!++;
      continue;
    }
    counts[Math.min(48, Math.max(1, exponentOf(size) + 32))]!++;
    if (value < 0) counts[51]!++;
  }
  counts[52] = bitsOf(largest);
  counts[53] = first;
  return ndarray([54], counts);
}

/** The value of a float16, from its bits. */
export function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
