// How a result is compared with an answer that is kept small: by sums over all of its elements.
//
// Element i of a result goes into sum i mod 7 with weight 1 + i mod 13: a wrong, missing or
// misplaced element moves a sum. Answers come from float64, so the only question is
// whether a difference is more than float32 may round.

/**
 * The largest Σ|terms| of a sum, which rounding errors are measured against (0: whole numbers, which
 * must be exact); then the sums, at most 7.
 */
export type Answer = readonly [bound: number, ...sums: number[]];

/** By family, then by "case: output". */
export type Answers = Readonly<Record<string, Readonly<Record<string, Answer>>>>;

const SUMS = 7;
const WEIGHTS = 13;

/** Subnormal numbers may be 0 on a GPU: 2⁻¹²⁶ over float32's unit roundoff. */
const LEAST = 2 ** -102;

/** sums_k = Σ (1 + i mod 13) · values_i over i ≡ k mod 7, in float64. */
export function sumsOf(values: ArrayLike<number>): number[] {
  const sums = new Array<number>(Math.min(SUMS, values.length)).fill(0);
  for (let i = 0; i < values.length; i++) sums[i % SUMS]! += (1 + (i % WEIGHTS)) * values[i]!;
  return sums;
}

/** The largest |sum − answer| / Σ|terms|; NaN where a result is not a number. */
export function errorOf(values: ArrayLike<number>, [bound, ...sums]: Answer): number {
  const actual = sumsOf(values);
  if (actual.length !== sums.length) return Number.NaN;
  const unit = Math.max(bound, LEAST);
  return actual.reduce((worst, sum, k) => Math.max(worst, Math.abs(sum - sums[k]!) / unit), 0);
}
