// What a training run may choose, with its rules: the optimiser, its schedule, the average.
import { OptionError } from "../core/errors.ts";

export interface HyperParameters {
  /** images a step */
  batch: number;
  /** at the top of its schedule */
  learningRate: number;
  /** AdamW's (β₁, β₂); default (0.9, 0.999) */
  betas: readonly [number, number];
  /** AdamW's stabiliser; default 1e-8 */
  eps: number;
  /** λ, multiplied by the learning rate; default 0 */
  weightDecay: number;
  /** largest global norm of the gradient; 0: no clipping; default 1 */
  clip: number;
  /** decay of the running average of the weights, in [0, 1); default 0.9999 */
  ema: number;
  /** the average's decay rises as (1 + s) / (10 + s) before it reaches `ema`; default true */
  emaWarmup: boolean;
  /** steps over which the learning rate rises from 0; default 0 */
  warmup: number;
  /** after that: "constant" (default), or a half cosine down to `decaySteps` */
  decay: "constant" | "cosine";
  /** the step at which the cosine reaches 0 */
  decaySteps: number;
  /** of images, timesteps and noise; default 0 */
  seed: number | bigint;
}

export const HYPER_PARAMETERS: HyperParameters = {
  batch: 64,
  learningRate: 2e-4,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  clip: 1,
  ema: 0.9999,
  emaWarmup: true,
  warmup: 0,
  decay: "constant",
  decaySteps: 0,
  seed: 0,
};

/**
 * The learning rate of step s = 0, 1, …
 *
 *   rise    (s + 1) / warmup up to 1
 *   cosine  ½ (1 + cos(π · (s − warmup) / (decaySteps − warmup)))
 */
export function learningRateAt(step: number, options: HyperParameters): number {
  const { learningRate, warmup, decay, decaySteps } = options;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  if (decay === "constant") return learningRate;
  const part = Math.min(1, (step - warmup) / Math.max(1, decaySteps - warmup));
  return (learningRate * (1 + Math.cos(Math.PI * part))) / 2;
}

/**
 * The average's decay at step s: diffusers' `EMAModel` without its inverse-gamma warm-up.
 *
 * @see tensorflow's ExponentialMovingAverage(num_updates) for (1 + s) / (10 + s)
 */
export const emaDecayAt = (step: number, { ema, emaWarmup }: HyperParameters): number =>
  emaWarmup ? Math.min(ema, (1 + step) / (10 + step)) : ema;

type Rule = readonly [name: keyof HyperParameters, rule: string, accepts: (x: number) => boolean];

const RULES: readonly Rule[] = [
  ["batch", "a whole number above 0", (x) => Number.isSafeInteger(x) && x > 0],
  ["learningRate", "above 0", (x) => x > 0 && x < Number.POSITIVE_INFINITY],
  ["eps", "above 0", (x) => x > 0 && x < 1],
  ["weightDecay", "0 or more", (x) => x >= 0 && x < Number.POSITIVE_INFINITY],
  ["clip", "0 (none) or more", (x) => x >= 0],
  ["ema", "in 0 … 1, below 1", (x) => x >= 0 && x < 1],
  ["warmup", "a whole number, 0 or more", (x) => Number.isSafeInteger(x) && x >= 0],
  ["decaySteps", "a whole number, 0 or more", (x) => Number.isSafeInteger(x) && x >= 0],
];

/** @throws OptionError for the first value that breaks its rule */
export function requireHyperParameters(options: HyperParameters): void {
  for (const [name, rule, accepts] of RULES) {
    if (accepts(Number(options[name]))) continue;
    throw invalid(name, rule, options[name]);
  }
  if (options.betas.every((beta) => beta >= 0 && beta < 1)) return;
  throw invalid("betas", "two numbers in 0 … 1, below 1", options.betas);
}

const invalid = (name: string, rule: string, value: unknown): OptionError =>
  new OptionError(
    "option/training",
    `train: ${name} must be ${rule}, got ${String(value)}.`,
    "See HyperParameters for the usual values.",
  );
