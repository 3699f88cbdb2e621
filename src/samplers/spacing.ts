// Which timesteps a short chain visits: diffusers' three spacings and OpenAI's sections.
//
// Rounding is half to even, on exactly the products given here: for some numbers of steps another
// order of operations, or Math.round, moves a timestep by one.
import { OptionError } from "../core/errors.ts";
import { roundHalfEven } from "../core/rounding.ts";
import { TIMESTEP_SPACINGS, type TimestepSpacing } from "../diffusion/scheduler_config.ts";

export interface SpacingOptions {
  /** T, timesteps of training */
  trainSteps: number;
  /** n, timesteps wanted, 1 … T */
  steps: number;
  /** added to every timestep of "leading"; default 0 */
  stepsOffset?: number;
  /** DPM-Solver++ spaces n + 1 points and leaves out the one at 0; default false */
  solver?: boolean;
  /** timesteps in use, where λ is clipped (DPM-Solver++ with the cosine); default T */
  usedSteps?: number;
  /** Euler and Heun ask between timesteps: "linspace" is not rounded; default false */
  fractional?: boolean;
}

/**
 * Timesteps of a short chain, the noisiest first.
 *
 *   leading    i · ⌊T / n⌋ + offset,  i = n−1 … 0          (solver: ⌊T / (n+1)⌋,  i = n … 1)
 *   trailing   round(T + i · d) − 1,  d = (T − T/n) − T    (evenly, and the last of training first)
 *   linspace   round(i · g),  g = (T−1) / (n−1)            (solver: g = (T−1) / n,  i = n … 1)
 *
 * Departs from diffusers: where its "trailing" gives n + 1 timesteps, the last of them −1 (62
 * values of n at T = 1000, such as 61), that one is left out.
 *
 * @param spacing  diffusers' `timestep_spacing`
 * @returns  n timesteps in 0 … T − 1, falling (fewer only for "trailing" with `usedSteps` < T)
 * @throws OptionError for an unknown name, n outside 1 … T, timesteps that repeat or reach T
 * @see Lin et al. 2023, arXiv:2305.08891, table 2; `set_timesteps` of diffusers' schedulers
 */
export function spacedTimesteps(spacing: TimestepSpacing, options: SpacingOptions): number[] {
  const { trainSteps: T, steps: n, fractional = false } = options;
  requireStepCount(n, T);
  const timesteps = spaced(spacing, options).filter((t) => t >= 0);
  requireTimesteps(timesteps, T, { spacing, fractional });
  return timesteps;
}

function spaced(spacing: TimestepSpacing, options: SpacingOptions): number[] {
  const { trainSteps: T, steps: n, stepsOffset = 0, solver = false, fractional = false } = options;
  const used = options.usedSteps ?? T;
  const falling = (f: (i: number) => number) =>
    Array.from({ length: n }, (_, k) => f(solver ? n - k : n - 1 - k));
  switch (spacing) {
    case "leading": {
      const stride = Math.floor(used / (solver ? n + 1 : n));
      return falling((i) => i * stride + stepsOffset);
    }
    case "trailing": {
      const stride = T / n;
      const step = used - stride - used; // as numpy.arange forms it
      const count = Math.ceil(used / stride);
      return Array.from({ length: count }, (_, i) => roundHalfEven(used + i * step) - 1);
    }
    case "linspace": {
      const intervals = solver ? n : n - 1;
      const gap = intervals === 0 ? 0 : (used - 1) / intervals;
      const point = (i: number) => (i > 0 && i === intervals ? used - 1 : i * gap);
      return falling((i) => (fractional ? point(i) : roundHalfEven(point(i))));
    }
    default:
      throw new OptionError(
        "option/spacing",
        `timesteps: the spacing must be one of ${TIMESTEP_SPACINGS.join(", ")}, got ${spacing}.`,
        'DDPM and DDIM use "leading" unless told, DPM-Solver++ "linspace".',
      );
  }
}

/**
 * OpenAI's respacing: the timesteps to keep, given by sections or by a stride.
 *
 * @param spec  "ddimN" for N timesteps at a fixed integer stride, or counts such as "10,15,20": the
 *              training steps are cut into equal sections, and that many are kept of each
 * @returns     kept timesteps, rising; for `timesteps` of a plan, reverse them
 * @throws OptionError for counts that do not fit, or no stride that gives N
 * @see openai/guided-diffusion `respace.py`, `space_timesteps`
 */
export function respacedTimesteps(trainSteps: number, spec: string): number[] {
  const stride = /^ddim(\d+)$/.exec(spec);
  if (stride) return stridedTimesteps(trainSteps, Number(stride[1]));
  const counts = spec.split(",").map(Number);
  const size = Math.floor(trainSteps / counts.length);
  const larger = trainSteps % counts.length; // the first sections take one more
  let start = 0;
  return counts.flatMap((count, section) => {
    const length = size + (section < larger ? 1 : 0);
    const kept = sectionTimesteps(start, length, count);
    start += length;
    return kept;
  });
}

/** `count` of the timesteps start … start + length − 1, both ends included. */
function sectionTimesteps(start: number, length: number, count: number): number[] {
  if (!Number.isInteger(count) || count < 1 || count > length) {
    throw new OptionError(
      "option/spacing",
      `respacing: a section of ${length} timesteps must keep 1 … ${length} of them, got ${count}.`,
      'Write counts as "10,15,20", or a stride as "ddim50".',
    );
  }
  const gap = count === 1 ? 1 : (length - 1) / (count - 1);
  let position = 0; // summed, not multiplied: the rounding is the reference's
  return Array.from({ length: count }, () => {
    const timestep = start + roundHalfEven(position);
    position += gap;
    return timestep;
  });
}

function stridedTimesteps(trainSteps: number, count: number): number[] {
  for (let stride = 1; stride < trainSteps; stride++) {
    if (Math.ceil(trainSteps / stride) !== count) continue;
    return Array.from({ length: count }, (_, i) => i * stride);
  }
  throw new OptionError(
    "option/spacing",
    `respacing: no integer stride keeps ${count} of ${trainSteps} timesteps.`,
    `Use a divisor of ${trainSteps}, or sections: "${count}".`,
  );
}

/** @throws OptionError unless n is an integer in 1 … T */
export function requireStepCount(steps: number, trainSteps: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= trainSteps) return;
  throw new OptionError(
    "option/steps",
    `sampling: the number of steps must be an integer in 1 … ${trainSteps}, got ${String(steps)}.`,
    "More steps than the model was trained on cannot be visited.",
  );
}

function requireTimesteps(
  timesteps: readonly number[],
  T: number,
  { spacing, fractional }: { spacing: string; fractional: boolean },
): void {
  const wrong = timesteps.findIndex(
    (t, i) => t >= T || (!fractional && i > 0 && t >= timesteps[i - 1]!),
  );
  if (wrong < 0) return;
  throw new OptionError(
    "option/steps",
    `sampling: timesteps must fall and stay below ${T}, but ${timesteps.length} steps spaced ` +
      `"${spacing}" give ${timesteps.slice(Math.max(0, wrong - 1), wrong + 1).join(" and then ")}.`,
    "Take fewer steps, another spacing, or no steps_offset.",
  );
}
