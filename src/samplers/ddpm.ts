// Ancestral sampling: x_{t−1} drawn from p_θ(x_{t−1} | x_t), on all timesteps or on some.
//
// Between two timesteps s < t that are not neighbours, the posterior of the respaced process is
// used: the same formulas, with β = 1 − ᾱ_t / ᾱ_s. diffusers' DDPMScheduler and OpenAI's
// SpacedDiffusion agree.
import { type ForwardProcess, type Posterior, posteriorBetween } from "../diffusion/schedule.ts";
import {
  processOf,
  type SchedulerConfig,
  type Variance,
  varianceOf,
} from "../diffusion/scheduler_config.ts";
import { clipOf, type Plan, type PlanOptions, planRow, visitedTimesteps } from "./plan.ts";

/**
 * DDPM's ancestral sampler, Algorithm 2 in terms of x̂_0:
 *
 *   x' = coefXt · x + coefX0 · x̂_0 + σ · z          no z at timestep 0
 *
 *   fixed_small    σ² = β̃_t            learned        ln σ² = the output's second half (OpenAI's)
 *   fixed_large    σ² = β_t            learned_range  ln σ² between ln β̃_t and ln β_t
 *
 * @param config   diffusers' DDPMScheduler; clips to [−1, 1], "leading" and fixed_small unless told
 * @throws OptionError for an unknown variance, and as `processOf`, `spacedTimesteps` and `planRow`
 *         do
 * @see DDPM (arXiv:2006.11239) eq. 6–7, 11; Improved DDPM (arXiv:2102.09672) eq. 15 for
 *      learned_range. Departs from diffusers: fixed_large_log means fixed_large (diffusers gives
 *      NaN, #14569), and learned outputs are log variances as in OpenAI's code (diffusers takes
 *      their square root).
 */
export function ddpmPlan(config: SchedulerConfig, options: PlanOptions): Plan {
  const process = processOf(config, options.precision);
  const variance = varianceOf("ddpm", config.variance_type ?? "fixed_small");
  const clip = clipOf(config, options, true);
  const timesteps = visitedTimesteps(config, process.steps, options);

  const rows = timesteps.map((t, i) => {
    const prev = timesteps[i + 1] ?? -1;
    const alphaBar = process.alphaBars[t]!;
    const alphaBarNext = process.alphaBars[prev] ?? 1;
    const posterior = posteriorOfStep(process, t, prev);
    return planRow(
      {
        prediction: config.prediction_type ?? "epsilon",
        signal: Math.sqrt(alphaBar),
        noise: Math.sqrt(1 - alphaBar),
        clip,
      },
      {
        timestep: t,
        alphaBar,
        alphaBarNext,
        a: posterior.coefXt,
        b: posterior.coefX0,
        ...noiseOf(variance, posterior, t > 0),
      },
    );
  });
  return { sampler: "ddpm", rows, initialScale: 1 };
}

/** The posterior from t to `prev`, −1 for clean data; β of neighbours is known exactly. */
function posteriorOfStep(process: ForwardProcess, t: number, prev: number): Posterior {
  const { precision, alphaBars, betas } = process;
  const known = precision === "float64" && prev === t - 1 ? { beta: betas[t]! } : {};
  return posteriorBetween(alphaBars[t]!, alphaBars[prev] ?? 1, { precision, ...known });
}

function noiseOf(variance: Variance, posterior: Posterior, noisy: boolean) {
  const small = Math.max(posterior.variance, 1e-20); // β̃ is 0 before clean data; diffusers' floor
  const scale = noisy ? 1 : 0;
  switch (variance) {
    case "fixed_small":
    case "fixed_small_log":
      return { sigma: scale * Math.sqrt(small) };
    case "fixed_large":
    case "fixed_large_log":
      return { sigma: scale * Math.sqrt(posterior.beta) };
    case "learned": // ln σ² = v
      return { sigma: scale, logVarianceMin: -1, logVarianceMax: 1 };
    case "learned_range":
      return {
        sigma: scale,
        logVarianceMin: Math.log(small),
        logVarianceMax: Math.log(posterior.beta),
      };
  }
}
