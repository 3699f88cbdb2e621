// Euler's method for the probability-flow ODE in σ, and Heun's second-order correction of it.
//
// diffusers steps X = x / √ᾱ = x_0 + σ ε. Rows here are for x itself, what the network sees: the
// same steps, without a scaling of the input. In that form Euler's step is DDIM's between levels.
import { processOf, type SchedulerConfig } from "../diffusion/scheduler_config.ts";
import {
  clipOf,
  givenTimesteps,
  type Plan,
  type PlanOptions,
  type PlanRow,
  planRow,
  refuse,
  type StepCoefficients,
} from "./plan.ts";
import {
  alphaBarOf,
  finalSigma,
  karrasLevels,
  type Level,
  levelsAt,
  signalAndNoise,
  trainingSigmas,
} from "./sigmas.ts";
import { spacedTimesteps } from "./spacing.ts";

/**
 * Euler's method: X' = X + (σ' − σ) · (X − x̂_0) / σ.
 *
 *   x' = (σ'/σ) · √((1 + σ²) / (1 + σ'²)) · x + (1 − σ'/σ) / √(1 + σ'²) · x̂_0
 *
 * @param config   diffusers' EulerDiscreteScheduler (s_churn 0); "linspace" and no clipping unless
 *                 told
 * @throws OptionError for sigmas that are not supported, and as `processOf`, `spacedTimesteps` and
 *         `planRow` do
 * @see EDM (arXiv:2206.00364) Algorithm 1 without its correction
 */
export function eulerPlan(config: SchedulerConfig, options: PlanOptions): Plan {
  const { levels, last } = levelsOf(config, options);
  const clip = clipOf(config, options, false);
  const rows = levels.map((level, i) => {
    const next = levels[i + 1];
    return eulerRow(config, level, { end: next?.sigma ?? last, isLast: !next, clip });
  });
  return { sampler: "euler", rows, initialScale: initialScale(config, levels[0]!) };
}

/**
 * Heun's method: Euler's step, then the mean of the slopes at both ends. Two rows a step but the
 * last.
 *
 *   X'' = X + (σ' − σ) / 2 · (slope at σ + slope at σ') = X' + (σ/σ' − 1) / 2 · (x̂_0' − x̂_0)
 *
 * where ' is after Euler's step: the correction needs nothing but the two predictions.
 *
 * @param config   diffusers' HeunDiscreteScheduler; "linspace" and no clipping unless told
 * @throws OptionError as `eulerPlan` does
 * @see EDM (arXiv:2206.00364) Algorithm 1
 */
export function heunPlan(config: SchedulerConfig, options: PlanOptions): Plan {
  const { levels } = levelsOf(config, options);
  const clip = clipOf(config, options, false);
  const rows = levels.flatMap((level, i) => {
    const next = levels[i + 1];
    if (!next) return [eulerRow(config, level, { end: 0, isLast: true, clip })];
    return [
      eulerRow(config, level, { end: next.sigma, isLast: false, clip }),
      correctionRow(config, level, { ...next, clip }),
    ];
  });
  return { sampler: "heun", rows, initialScale: initialScale(config, levels[0]!) };
}

/** The last step leaves X itself, as diffusers' does: it is not x where noise is left (`final_sigmas_type`). */
function eulerRow(
  config: SchedulerConfig,
  { timestep, sigma }: Level,
  { end, isLast, clip }: { end: number; isLast: boolean; clip: number },
): PlanRow {
  const from = signalAndNoise(sigma);
  const to = isLast ? { signal: 1 } : signalAndNoise(end);
  return levelRow(
    config,
    { sigma, clip },
    {
      timestep,
      alphaBar: alphaBarOf(sigma),
      alphaBarNext: alphaBarOf(end),
      a: ((end / sigma) * to.signal) / from.signal,
      b: (1 - end / sigma) * to.signal,
    },
  );
}

function correctionRow(
  config: SchedulerConfig,
  from: Level,
  { timestep, sigma, clip }: Level & { clip: number },
): PlanRow {
  const alphaBar = alphaBarOf(sigma);
  const weight = ((from.sigma / sigma - 1) / 2) * signalAndNoise(sigma).signal;
  return levelRow(
    config,
    { sigma, clip },
    {
      timestep,
      alphaBar,
      alphaBarNext: alphaBar,
      a: 1,
      b: weight,
      c: -weight,
    },
  );
}

const levelRow = (
  config: SchedulerConfig,
  { sigma, clip }: { sigma: number; clip: number },
  step: StepCoefficients,
): PlanRow =>
  planRow(
    {
      prediction: config.prediction_type ?? "epsilon",
      ...signalAndNoise(sigma),
      clip,
    },
    step,
  );

/** diffusers starts X at σ · N(0, I), but with "leading" at √(1 + σ²) · N(0, I). */
function initialScale(config: SchedulerConfig, { sigma }: Level): number {
  return config.timestep_spacing === "leading" ? 1 : signalAndNoise(sigma).noise;
}

function levelsOf(
  config: SchedulerConfig,
  options: PlanOptions,
): { levels: Level[]; last: number } {
  refuse(config, ["use_exponential_sigmas", "use_beta_sigmas"]);
  const sigmas = trainingSigmas(processOf(config, options.precision));
  const T = sigmas.length;
  const timesteps = options.timesteps
    ? givenTimesteps(options.timesteps, T)
    : spacedTimesteps(config.timestep_spacing ?? "linspace", {
        trainSteps: T,
        steps: options.steps,
        stepsOffset: config.steps_offset ?? 0,
        fractional: true,
      });
  const levels = levelsAt(timesteps, sigmas);
  const last = finalSigma(config, sigmas);
  if (!config.use_karras_sigmas) return { levels, last };

  const largest = config.sigma_max ?? levels[0]!.sigma;
  const smallest = config.sigma_min ?? levels[levels.length - 1]!.sigma;
  return { levels: karrasLevels([largest, smallest], levels.length, sigmas), last };
}
