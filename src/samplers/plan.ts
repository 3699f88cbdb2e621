// A sampler is a table: one row a step, with every coefficient a number. One kernel reads them all.
//
//   o   = u + guidance · (c − u)                      the network's output for x at `timestep`, with
//                                                     the class and without; without guidance c
//   x̂_0 = x0FromX · x + x0FromOutput · o, clipped
//   ε̂   = epsFromX · x + epsFromOutput · o            (or epsOfX · x + epsOfX0 · x̂_0)
//   x'   = a · x + b · x̂_0 + c · x̂_0 of the row before + d · ε̂ + σ · z
//
// Coefficients are float64, formed once on the host. Which numbers they are is said in ./ddpm.ts,
// ./ddim.ts, ./dpm_solver.ts and ./euler.ts; ./sampler.ts chooses by name.
import { OptionError } from "../core/errors.ts";
import type { Precision } from "../diffusion/betas.ts";
import { conversionOf } from "../diffusion/conversion.ts";
import type { Prediction, SchedulerConfig } from "../diffusion/scheduler_config.ts";
import { spacedTimesteps } from "./spacing.ts";

export interface PlanRow {
  /** what the network is asked at; fractional for Euler and Heun */
  timestep: number;
  /** ᾱ of x, before the step: x = √ᾱ x_0 + √(1 − ᾱ) ε. What inpainting and image-to-image need. */
  alphaBar: number;
  /** ᾱ of x', after it */
  alphaBarNext: number;
  x0FromX: number;
  x0FromOutput: number;
  epsFromX: number;
  epsFromOutput: number;
  /** x̂_0 is clipped to [−clip, clip]; Infinity for no clipping */
  clip: number;
  /** ε̂ is formed anew from the clipped x̂_0 */
  rederiveEps: boolean;
  epsOfX: number;
  epsOfX0: number;
  a: number;
  b: number;
  c: number;
  d: number;
  /** standard deviation of the noise; with learned variances 1 or 0, times exp(½ ln σ²) */
  sigma: number;
  /** learned variances: with v the output's second half, ln σ² = min + (v + 1)/2 · (max − min) */
  logVarianceMin?: number;
  logVarianceMax?: number;
  /** w of o = u + w (c − u), classifier-free guidance; 1 for none. See ./guidance.ts */
  guidance: number;
  /** √ᾱ and √(1 − ᾱ) of x': the level that inpainting noises the known part to */
  knownSignal: number;
  knownSpread: number;
  /** inpainting noises x' again: x ← againSignal x' + againSpread z; 1 and 0 for not. See ./repaint.ts */
  againSignal: number;
  againSpread: number;
}

export interface Plan {
  sampler: SamplerName;
  rows: PlanRow[];
  /** x starts as this times N(0, I): 1, or for Euler and Heun σ / √(1 + σ²) */
  initialScale: number;
}

export const SAMPLERS = ["ddpm", "ddim", "ddim-inverse", "dpm-solver++", "euler", "heun"] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface PlanOptions {
  /** number of steps, 1 … T */
  steps: number;
  /** the timesteps to visit, falling, instead of `timestep_spacing`: of OpenAI's respacing, say */
  timesteps?: readonly number[] | undefined;
  /** DDIM: 0 deterministic … 1 as noisy as DDPM's fixed_small; default 0 */
  eta?: number | undefined;
  /** DDIM: form ε̂ anew from the clipped x̂_0, as OpenAI does; default false, as diffusers */
  useClippedModelOutput?: boolean | undefined;
  /** x̂_0 is clipped to [−clip, clip], whatever the configuration says; Infinity: not at all */
  clip?: number | undefined;
  /** default "float64" */
  precision?: Precision | undefined;
}

/** What a row needs beside its step: the level of x, what is predicted, the clipping. */
export interface RowContext {
  prediction: Prediction;
  /** √ᾱ and √(1 − ᾱ) of x */
  signal: number;
  noise: number;
  clip: number;
  rederiveEps?: boolean;
}

/** The step itself; coefficients left out are 0. */
export type StepCoefficients = Pick<PlanRow, "timestep" | "alphaBar" | "alphaBarNext"> &
  Partial<Pick<PlanRow, "a" | "b" | "c" | "d" | "sigma" | "logVarianceMin" | "logVarianceMax">>;

/**
 * A row from its step and its level: adds how the network's output becomes x̂_0 and ε̂.
 *
 * @throws OptionError where that divides by zero: ε-prediction at ᾱ = 0, x_0-prediction at ᾱ = 1
 * @see Salimans & Ho 2022 (arXiv:2202.00512) §4 for v = √ᾱ ε − √(1 − ᾱ) x_0
 */
export function planRow(context: RowContext, step: StepCoefficients): PlanRow {
  const { prediction, signal, noise, clip, rederiveEps = false } = context;
  const needsEps = (step.d ?? 0) !== 0;
  const [x0FromX, x0FromOutput, epsFromX, epsFromOutput] = conversionOf(prediction, signal, noise);
  const finite = [x0FromX, x0FromOutput, ...(needsEps ? [epsFromX, epsFromOutput] : [])];
  if (!finite.every(Number.isFinite)) {
    throw new OptionError(
      "option/prediction",
      `sampling: a network that predicts "${prediction}" cannot be asked at alphaBar = ` +
        `${signal ** 2} (timestep ${step.timestep}): its prediction would be divided by zero.`,
      "With zero terminal SNR predict v; to invert, set set_alpha_to_one to false.",
    );
  }
  const orZero = (x: number) => (Number.isFinite(x) ? x : 0); // of parts that the row does not use
  return {
    x0FromX,
    x0FromOutput,
    epsFromX: orZero(epsFromX),
    epsFromOutput: orZero(epsFromOutput),
    clip,
    rederiveEps,
    epsOfX: orZero(1 / noise),
    epsOfX0: orZero(-signal / noise),
    a: 0,
    b: 0,
    c: 0,
    d: 0,
    sigma: 0,
    guidance: 1,
    knownSignal: Math.sqrt(step.alphaBarNext),
    knownSpread: Math.sqrt(1 - step.alphaBarNext),
    againSignal: 1,
    againSpread: 0,
    ...step,
  };
}

/**
 * The range x̂_0 is clipped to: the option's, else the configuration's.
 *
 * @param unlessTold  whether a sampler clips where clip_sample is left out; "never" where it takes no
 *                    notice of clip_sample
 * @throws OptionError for a range ≤ 0, and for thresholding
 */
export function clipOf(
  config: SchedulerConfig,
  options: PlanOptions,
  unlessTold: boolean | "never",
): number {
  refuse(config, ["thresholding"]);
  const clips = unlessTold !== "never" && (config.clip_sample ?? unlessTold);
  const configured = clips ? (config.clip_sample_range ?? 1) : Number.POSITIVE_INFINITY;
  const range = options.clip ?? configured;
  if (range > 0) return range;
  throw new OptionError(
    "option/clip",
    `sampling: clip_sample_range must be above 0, got ${range}.`,
    "Images in [−1, 1] take 1; clip_sample false switches it off.",
  );
}

/** @throws OptionError if the configuration switches on what no plan here can do */
export function refuse(config: SchedulerConfig, keys: readonly (keyof SchedulerConfig)[]): void {
  const key = keys.find((name) => config[name]);
  if (key === undefined) return;
  throw new OptionError(
    "option/scheduler",
    `sampling: ${key} is not supported, got ${key} = ${String(config[key])}.`,
    `Set ${key} to false.`,
  );
}

/** The timesteps of DDPM and DDIM: those given, else by the configuration's spacing ("leading"). */
export function visitedTimesteps(
  config: SchedulerConfig,
  trainSteps: number,
  { steps, timesteps }: PlanOptions,
): number[] {
  if (timesteps) return givenTimesteps(timesteps, trainSteps);
  const stepsOffset = config.steps_offset ?? 0;
  return spacedTimesteps(config.timestep_spacing ?? "leading", { trainSteps, steps, stepsOffset });
}

/** Timesteps given one by one. @throws OptionError unless integers that fall within 0 … T−1 */
export function givenTimesteps(timesteps: readonly number[], trainSteps: number): number[] {
  const wrong = timesteps.findIndex(
    (t, i) => !(Number.isInteger(t) && t >= 0 && t < (timesteps[i - 1] ?? trainSteps)),
  );
  if (timesteps.length > 0 && wrong < 0) return [...timesteps];
  throw new OptionError(
    "option/steps",
    `sampling: timesteps must be integers falling within ${trainSteps - 1} … 0, ` +
      `got ${timesteps.length === 0 ? "none" : `${timesteps[wrong]} at place ${wrong}`}.`,
    "Put the noisiest first, each once.",
  );
}
