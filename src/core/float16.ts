// IEEE 754 binary16, for engines without Float16Array: to numbers and back.
import { roundHalfEven } from "./rounding.ts";

/** (−1)^s · 1.m · 2^(e − 15), and 0.m · 2^−14 where e = 0. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** The nearest half, ties to even; beyond 65 504 infinity. */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.min(16, Math.floor(Math.log2(size))));
  const units = roundHalfEven(size / 2 ** (exponent - 10)); // 1024 … 2048, below in subnormal numbers
  // a carry into the next exponent is what adding the fraction's bits does
  return sign | Math.min(0x7c00, (exponent + 14) * 1024 + units);
}

let values: Float32Array<ArrayBuffer> | undefined; // of all 65,536 halves, once one is asked for

/** Halves → their values, by a table: a model's weights are millions. */
export function fromHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  values ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => float16Value(bits));
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = values[halves[i]!]!;
  return floats;
}

/** Numbers → the nearest halves. */
export const toHalves = (values: ArrayLike<number>): Uint16Array<ArrayBuffer> =>
  Uint16Array.from(values, float16Bits);
