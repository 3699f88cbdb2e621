// Which timesteps an evaluation looks at: all of them, or one of each of some intervals.
//
// The terms of the bound fall steeply with t, so intervals grow geometrically. A timestep drawn
// uniformly from each, anew for every image, makes interval length · term an unbiased estimate of
// the interval's sum.
import { OptionError } from "../core/errors.ts";
import { philoxUniforms } from "../core/philox.ts";

/** Timesteps from … to, both included. */
export interface Stratum {
  readonly from: number;
  readonly to: number;
}

/**
 * Intervals that together hold 0 … T−1, each once. The first is timestep 0 alone: L_0 is always
 * exact. With count = T each holds one timestep, and sums over them are exact.
 *
 * @param T      timesteps of the model, ≥ 1
 * @param count  intervals, 1 … T; at least 2 where T > 1
 * @throws OptionError for any other count
 */
export function strataOf(T: number, count: number): Stratum[] {
  const least = Math.min(2, T);
  if (!(Number.isInteger(count) && count >= least && count <= T)) {
    throw new OptionError(
      "option/timestep",
      `evaluate: timesteps must be a whole number in ${least} … ${T}, got ${count}.`,
      "Leave it out to evaluate every timestep.",
    );
  }
  const strata: Stratum[] = [{ from: 0, to: 0 }];
  for (let left = count - 1; left > 0; left--) {
    const from = strata.at(-1)!.to + 1;
    const ratio = (T / from) ** (1 / left);
    const most = T - 1 - (left - 1); // the intervals after this one need a timestep each
    const to = left === 1 ? T - 1 : Math.min(most, Math.max(from, Math.round(from * ratio) - 1));
    strata.push({ from, to });
  }
  return strata;
}

export const lengthOf = ({ from, to }: Stratum): number => to - from + 1;

const STREAM = 12; // beside BOUND_STREAMS of src/kernels/bound.ts

/** A timestep of each stratum for one image: a function of (seed, image). */
export function drawnTimesteps(
  strata: readonly Stratum[],
  { seed, image }: { seed: number | bigint; image: number },
): number[] {
  const uniforms = philoxUniforms(seed, strata.length, { stream: STREAM, step: image });
  return strata.map((stratum, k) => {
    return stratum.from + Math.floor(uniforms[k]! * lengthOf(stratum));
  });
}
