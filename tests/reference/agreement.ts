// How far a twin is from what it should be: the golden data, or central differences.
import { expect } from "vitest";
import type { GoldenCase } from "../support/golden.ts";
import { mapArray, type NdArray } from "./ndarray.ts";

export { inner, scattered } from "./scattered.ts";

/** Golden results are float64 stored as float32: half a unit in the last place is 6e-8. */
export const GOLDEN = { rtol: 1e-6 /* 16 × the rounding of storage */ };

/** Central differences at h = 1e-5 in float64: h² f'''/6 and 1e-16 / h, both below 1e-8 or so. */
export const DIFFERENCES = { rtol: 1e-6 };

/** Below this part of the largest element, a value is what float64 cancellation left of it. */
const NOISE = 1e-8;

/** max_i |a_i − b_i| / max(|b_i|, 1e-8 · max |b|). */
export function relativeError(actual: NdArray, expected: NdArray): number {
  expect(actual.shape).toEqual(expected.shape);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const floor = Math.max(NOISE * largest, Number.MIN_VALUE);
  let worst = 0;
  expected.data.forEach((value, i) => {
    const error = Math.abs(actual.data[i]! - value) / Math.max(Math.abs(value), floor);
    worst = Math.max(worst, error); // a NaN stays
  });
  return worst;
}

export function expectAgreement(
  what: string,
  actual: NdArray | undefined,
  expected: NdArray,
  { rtol }: { rtol: number } = GOLDEN,
): void {
  expect(actual, `${what} is missing`).toBeDefined();
  expect(relativeError(actual!, expected), what).toBeLessThanOrEqual(rtol);
}

/** Compares each role with the golden tensor of that name; no golden gradient may be left out. */
export function expectGolden(
  { tensors }: GoldenCase<unknown>,
  actual: Record<string, NdArray>,
): void {
  const isResult = (role: string) => role in actual || (role !== "dy" && /^(y|d.+)$/.test(role));
  for (const [role, expected] of tensors) {
    if (isResult(role)) expectAgreement(role, actual[role], expected);
  }
}

/** The gradient of f at x by central differences, h = 1e-5. */
export function centralDifferences(x: NdArray, f: (x: NdArray) => number): NdArray {
  const h = 1e-5;
  const moved = (k: number, by: number) =>
    mapArray(x, (value, i) => (i === k ? value + by : value));
  return mapArray(x, (_, k) => (f(moved(k, h)) - f(moved(k, -h))) / (2 * h));
}

/** The step of `nudged`; the bounds are of first order, so any small one will do. */
const NUDGE = 1e-9;

/** x with every element moved by one part in 10⁹, up or down: as an input's rounding would. */
export function nudged(x: NdArray): NdArray {
  return mapArray(x, (value, i) => value * (1 + (i % 3 === 0 ? -NUDGE : NUDGE)));
}

/** What nudging the inputs does to a result stays within 4 times the result's rounding bound. */
export function expectWithinBound(
  what: string,
  ofNudged: NdArray,
  exact: NdArray,
  bound: NdArray,
): void {
  exact.data.forEach((value, i) => {
    const units = Math.abs(ofNudged.data[i]! - value) / (NUDGE * bound.data[i]!);
    expect(units, `${what}[${i}]`).toBeLessThan(4);
  });
}
