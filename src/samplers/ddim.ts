// DDIM: the same marginals as DDPM with as little noise as wanted, and its inversion.

import { OptionError } from "../core/errors.ts";
import { processOf, type SchedulerConfig } from "../diffusion/scheduler_config.ts";
import { clipOf, type Plan, type PlanOptions, planRow, visitedTimesteps } from "./plan.ts";

/**
 * DDIM's sampler, between the levels ᾱ_t and ᾱ_s:
 *
 *   x' = √ᾱ_s · x̂_0 + √(1 − ᾱ_s − σ²) · ε̂ + σ · z
 *   σ  = η · √((1 − ᾱ_s) / (1 − ᾱ_t)) · √(1 − ᾱ_t / ᾱ_s)
 *
 * As diffusers: s = t − ⌊T / n⌋ whatever the spacing (with `timesteps` given: the next of them),
 * below 0 the level is ᾱ = 1, or ᾱ_0 if set_alpha_to_one is false. ε̂ is not formed anew after
 * clipping unless `useClippedModelOutput`; OpenAI's code always does.
 *
 * @param config   diffusers' DDIMScheduler; clips to [−1, 1] and "leading" unless told
 * @param options  eta in 0 … 1; at 1 the sampler is DDPM with fixed_small
 * @throws OptionError for eta out of range, and as `processOf`, `spacedTimesteps` and `planRow` do
 * @see Song et al. 2020 (arXiv:2010.02502) eq. 12 (step), 16 (σ)
 */
export function ddimPlan(config: SchedulerConfig, options: PlanOptions): Plan {
  const { eta = 0, useClippedModelOutput = false } = options;
  requireEta(eta);
  const { alphaBars, steps: T } = processOf(config, options.precision);
  const last = config.set_alpha_to_one === false ? alphaBars[0]! : 1;
  const clip = clipOf(config, options, true);
  const timesteps = visitedTimesteps(config, T, options);

  const rows = timesteps.map((t, i) => {
    const prev = options.timesteps ? (timesteps[i + 1] ?? -1) : t - Math.floor(T / options.steps);
    const bar = alphaBars[t]!;
    const barPrev = prev >= 0 ? alphaBars[prev]! : last;
    const variance = ((1 - barPrev) / (1 - bar)) * (1 - bar / barPrev);
    const sigma = eta * Math.sqrt(Math.max(variance, 0)); //                      DDIM eq. 16
    return planRow(
      {
        prediction: config.prediction_type ?? "epsilon",
        signal: Math.sqrt(bar),
        noise: Math.sqrt(1 - bar),
        clip,
        rederiveEps: useClippedModelOutput,
      },
      {
        timestep: t,
        alphaBar: bar,
        alphaBarNext: barPrev,
        b: Math.sqrt(barPrev), //                                                 "predicted x_0"
        d: Math.sqrt(Math.max(1 - barPrev - sigma ** 2, 0)), //                   "direction to x_t"
        sigma,
      },
    );
  });
  return { sampler: "ddim", rows, initialScale: 1 };
}

/**
 * DDIM inversion: from an image to the noise that DDIM turns into it, noisier with every row.
 *
 *   x' = √ᾱ_t · x̂_0 + √(1 − ᾱ_t) · ε̂       x at level t − ⌊T / n⌋ (below 0: as in `ddimPlan`),
 *                                           the network asked at t: diffusers' DDIMInverseScheduler
 *
 * @param config   as for `ddimPlan`; timestep_spacing "leading" or "trailing"
 * @throws OptionError for "linspace", which diffusers does not have here, and as `ddimPlan` does
 * @see Song et al. 2020 (arXiv:2010.02502) §4.3
 */
export function ddimInversePlan(config: SchedulerConfig, options: PlanOptions): Plan {
  requireStrided(config, options);
  const { alphaBars, steps: T } = processOf(config, options.precision);
  const first = config.set_alpha_to_one === false ? alphaBars[0]! : 1;
  const clip = clipOf(config, options, true);
  const stride = Math.floor(T / options.steps);

  const rows = visitedTimesteps(config, T, options)
    .reverse()
    .map((t) => {
      const bar = t - stride >= 0 ? alphaBars[t - stride]! : first;
      const barNext = alphaBars[t]!;
      return planRow(
        {
          prediction: config.prediction_type ?? "epsilon",
          signal: Math.sqrt(bar),
          noise: Math.sqrt(1 - bar),
          clip,
        },
        {
          timestep: t,
          alphaBar: bar,
          alphaBarNext: barNext,
          b: Math.sqrt(barNext),
          d: Math.sqrt(1 - barNext),
        },
      );
    });
  return { sampler: "ddim-inverse", rows, initialScale: 1 };
}

function requireEta(eta: number): void {
  if (eta >= 0 && eta <= 1) return;
  throw new OptionError(
    "option/eta",
    `ddim: eta must be in 0 … 1, got ${eta}.`,
    "0 is deterministic, 1 as noisy as DDPM.",
  );
}

/** Inversion goes by a stride. */
function requireStrided(config: SchedulerConfig, options: PlanOptions): void {
  if (config.timestep_spacing !== "linspace" && !options.timesteps) return;
  throw new OptionError(
    "option/spacing",
    "ddim-inverse: timesteps must be spaced by leading or trailing, got " +
      `${options.timesteps ? "timesteps one by one" : "linspace"}.`,
    'Set timestep_spacing to "leading".',
  );
}
