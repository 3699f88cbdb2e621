// The variational bound's numbers: what each timestep's term is made of, in float64.
//
//   L = L_T + Σ_{t>0} L_{t−1} + L_0                                               DDPM eq. 5
//
// Terms are counted by the timestep t = 0 … T−1 of x_t, as models count: term 0 is L_0, the
// discretised decoder; term t > 0 is KL(q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t)). The sums over
// pixels are shaders/bound.wgsl's.
import { OptionError } from "../core/errors.ts";
import type { DiffusionTables } from "./schedule.ts";
import {
  PREDICTIONS,
  type Prediction,
  type SchedulerConfig,
  type Variance,
  varianceOf,
} from "./scheduler_config.ts";

export interface BoundOptions {
  prediction: Prediction;
  variance: Variance;
  /** x̂_0 is clipped to [−clip, clip]; Infinity for none */
  clip: number;
}

/** One timestep. With o the network's output, v its half for the variance, Δ = x_0 − x̂_0. */
export interface BoundRow {
  /** Δ = fromOutput · o + fromNoise · ε + fromX0 · x_0, before clipping */
  fromOutput: number;
  fromNoise: number;
  fromX0: number;
  clip: number;
  /** ln β̃_t − ln σ² = shift + slope · v */
  shift: number;
  slope: number;
  /** μ̃ − μ_θ over √β̃_t is scale · Δ */
  scale: number;
  /** 1: the discretised decoder, L_0 */
  discrete: number;
}

/** True where the network gives the variance in a second half of its channels. */
export const isLearnedVariance = (variance: Variance): boolean =>
  variance === "learned" || variance === "learned_range";

/**
 * The rows of all timesteps.
 *
 *   ln σ²   fixed_small ln β̃_t, fixed_large ln β_t (at t = 0 both ln β̃_1: Ho's and OpenAI's),
 *           learned v, learned_range (1 + v)/2 · ln β_t + (1 − v)/2 · ln β̃_t (ln β̃_1 at t = 0)
 *
 * Δ is formed of the noise, not of x_t: x_0 and x̂_0 are near each other at small t, and float32
 * would lose what is left of them.
 *
 * @returns  [T]
 * @throws OptionError where the prediction is divided by zero: ε at ᾱ_t = 0
 * @see DDPM (arXiv:2006.11239) eq. 8, 13; Improved DDPM (arXiv:2102.09672) eq. 15
 */
export function boundRows(tables: DiffusionTables, options: BoundOptions): BoundRow[] {
  return Array.from(tables.alphaBars, (alphaBar, t) => {
    const [fromOutput, fromNoise, fromX0] = gapFrom(options.prediction, alphaBar, t);
    const logPosterior = tables.posteriorLogVariance[t]!;
    const [shift, slope] = logRatio(tables, options.variance, t);
    return {
      fromOutput,
      fromNoise,
      fromX0,
      clip: options.clip,
      shift,
      slope,
      scale: tables.posteriorCoefX0[t]! * Math.exp(-0.5 * logPosterior),
      discrete: t === 0 ? 1 : 0,
    };
  });
}

/** Δ = x_0 − x̂_0 of output, noise and x_0. */
function gapFrom(prediction: Prediction, alphaBar: number, t: number) {
  const [signal, spread] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  switch (prediction) {
    case "epsilon": // x̂_0 = (x_t − √(1−ᾱ) ε̂) / √ᾱ
      if (alphaBar === 0) throw impossible(prediction, t);
      return [spread / signal, -spread / signal, 0] as const;
    case "sample":
      return [-1, 0, 1] as const;
    case "v_prediction": // x̂_0 = √ᾱ x_t − √(1−ᾱ) v̂,  v = √ᾱ ε − √(1−ᾱ) x_0
      return [spread, -spread * signal, spread * spread] as const;
  }
}

/** ln β̃_t − ln σ² as shift + slope · v. */
function logRatio(tables: DiffusionTables, variance: Variance, t: number) {
  const logPosterior = tables.posteriorLogVariance[t]!;
  switch (variance) {
    case "fixed_small":
    case "fixed_small_log":
      return [0, 0] as const;
    case "fixed_large":
    case "fixed_large_log":
      return [logPosterior - tables.largeLogVariance[t]!, 0] as const;
    case "learned":
      return [logPosterior, -1] as const;
    case "learned_range": {
      const half = 0.5 * (logPosterior - Math.log(tables.betas[t]!));
      return [half, half] as const;
    }
  }
}

/**
 * What a model's scheduler says of the bound: prediction, variance, clipping.
 *
 * @param clips  whether x̂_0 is clipped; default the scheduler's `clip_sample`, which is on unless told
 * @throws OptionError for an unknown prediction or variance, a range ≤ 0, and for thresholding
 */
export function boundOptions(config: SchedulerConfig, clips?: boolean): BoundOptions {
  const prediction = config.prediction_type ?? "epsilon";
  if (!PREDICTIONS.includes(prediction)) {
    throw new OptionError(
      "option/prediction",
      `evaluate: prediction_type must be one of ${PREDICTIONS.join(", ")}, got ${prediction}.`,
      "Set prediction_type to what the network was trained to predict.",
    );
  }
  return {
    prediction,
    variance: varianceOf("evaluate", config.variance_type ?? "fixed_small"),
    clip: clipOf(config, clips),
  };
}

function clipOf(config: SchedulerConfig, clips = config.clip_sample ?? true): number {
  if (!clips) return Number.POSITIVE_INFINITY;
  if (config.thresholding) {
    throw new OptionError(
      "option/scheduler",
      "evaluate: thresholding is not supported, got thresholding = true.",
      "Set thresholding to false, or evaluate without clipping.",
    );
  }
  const range = config.clip_sample_range ?? 1;
  if (range > 0) return range;
  throw new OptionError(
    "option/clip",
    `evaluate: clip_sample_range must be above 0, got ${range}.`,
    "Images in [−1, 1] take 1; clip_sample false switches it off.",
  );
}

function impossible(prediction: Prediction, t: number): OptionError {
  return new OptionError(
    "option/prediction",
    `bound: a network that predicts "${prediction}" has no x̂_0 at alphaBar = 0 (timestep ${t}).`,
    "With zero terminal SNR predict v or sample.",
  );
}
