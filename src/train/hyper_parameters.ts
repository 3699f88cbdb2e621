// What a training run may choose, with its rules: the objective, the optimiser, its schedule, the
// average.
import { OptionError } from "../core/errors.ts";
import { type DiffusionLoss, LOSSES } from "../kernels/diffusion_loss.ts";
import { NETWORK_DTYPES, type NetworkDtype } from "../nn/half_weights.ts";
import { type Objective, requireObjective } from "./objective.ts";
import { TIMESTEP_DRAWS, type TimestepDraw } from "./timestep_losses.ts";

export const OPTIMIZERS = ["adamw", "adam"] as const;
export type Optimizer = (typeof OPTIMIZERS)[number];

export const DECAYS = ["constant", "cosine", "linear"] as const;
export type Decay = (typeof DECAYS)[number];

export interface HyperParameters {
  /** images at once */
  batch: number;
  /** batches whose gradients are summed before the optimiser works: a step is all of them; default 1 */
  accumulate: number;
  /** at the top of its schedule */
  learningRate: number;
  /** "adamw" (default), or "adam", whose weight decay is a part of the gradient */
  optimizer: Optimizer;
  /** Adam's (β₁, β₂); default (0.9, 0.999) */
  betas: readonly [number, number];
  /** Adam's stabiliser; default 1e-8 */
  eps: number;
  /** λ: of adamw multiplied by the learning rate; default 0 */
  weightDecay: number;
  /** largest global norm of the gradient; 0: no clipping; default 1 */
  clip: number;
  /** decay of the running average of the weights, in [0, 1); default 0.9999 */
  ema: number;
  /** the average's decay rises before it reaches `ema`, see `emaDecayAt`; default true */
  emaWarmup: boolean;
  /** how it rises: 1 − (1 + s / emaInvGamma)^−emaPower; 0 (default): (1 + s) / (10 + s) */
  emaPower: number;
  /** default 1 */
  emaInvGamma: number;
  /** the least decay, once it is not 0; default 0 */
  emaMin: number;
  /** before this many steps the average is the weights; default 0 */
  emaUpdateAfter: number;
  /** steps over which the learning rate rises from 0; default 0 */
  warmup: number;
  /** after that: "constant" (default), or a half cosine or a line down to `decaySteps` */
  decay: Decay;
  /** the step at which it reaches 0 */
  decaySteps: number;
  /** what is minimised; default: simple */
  objective: Objective;
  /** l of a prediction's error; default mse */
  loss: DiffusionLoss;
  /** how timesteps are drawn; default uniform */
  timesteps: TimestepDraw;
  /** probability that a label is replaced by the null class; default 0 */
  labelDropout: number;
  /** images are mirrored left to right with probability ½; default false */
  flip: boolean;
  /** images are shifted by up to so many pixels, reflected at their edges; default 0 */
  randomCrop: number;
  /** of images, timesteps and noise; default 0 */
  seed: number | bigint;
  /** of maps, their gradients, and the weights that meet them; the rest stays float32; default float32 */
  dtype: NetworkDtype;
  /**
   * bytes that activations may take; below what they need, norms, then whole blocks are computed a second
   * time on the way back, with the same bits; 0 (default): no limit
   */
  activationLimit: number;
  /** float16's first loss scale, a power of two; default 65 536, as PyTorch's GradScaler */
  lossScale: number;
  /** it doubles after so many steps without overflow; default 2,000 */
  lossScaleGrowth: number;
}

export const HYPER_PARAMETERS: HyperParameters = {
  batch: 64,
  accumulate: 1,
  learningRate: 2e-4,
  optimizer: "adamw",
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  clip: 1,
  ema: 0.9999,
  emaWarmup: true,
  emaPower: 0,
  emaInvGamma: 1,
  emaMin: 0,
  emaUpdateAfter: 0,
  warmup: 0,
  decay: "constant",
  decaySteps: 0,
  objective: { name: "simple" },
  loss: "mse",
  timesteps: "uniform",
  labelDropout: 0,
  flip: false,
  randomCrop: 0,
  seed: 0,
  dtype: "float32",
  activationLimit: 0,
  lossScale: 65_536,
  lossScaleGrowth: 2_000,
};

/**
 * The learning rate of step s = 0, 1, …
 *
 *   rise    (s + 1) / warmup up to 1
 *   part    (s − warmup) / (decaySteps − warmup), at most 1
 *   cosine  ½ (1 + cos(π · part))
 *   linear  1 − part
 */
export function learningRateAt(step: number, options: HyperParameters): number {
  const { learningRate, warmup, decay, decaySteps } = options;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  if (decay === "constant") return learningRate;
  const part = Math.min(1, (step - warmup) / Math.max(1, decaySteps - warmup));
  if (decay === "linear") return learningRate * (1 - part);
  return (learningRate * (1 + Math.cos(Math.PI * part))) / 2;
}

/**
 * The average's decay at step s = 0, 1, …, as diffusers' `EMAModel` gives it; s' = s − emaUpdateAfter.
 *
 *   s' < 0          0: the average is the weights
 *   no warm-up      ema
 *   warm-up         0 at s' = 0, then max(emaMin, min(ema, rise)); rise =
 *     emaPower > 0    1 − (1 + s' / emaInvGamma)^−emaPower       use_ema_warmup
 *     else            (1 + s') / (10 + s')
 *
 * Departs from diffusers: a constant decay from the first step on can be had.
 *
 * @see diffusers' `training_utils.py`; its `train_unconditional` has power 3/4, inv_gamma 1
 */
export function emaDecayAt(step: number, options: HyperParameters): number {
  const { ema, emaWarmup, emaPower, emaInvGamma, emaMin, emaUpdateAfter } = options;
  const since = step - emaUpdateAfter;
  if (since < 0) return 0;
  if (!emaWarmup) return ema;
  if (since === 0) return 0;
  const rise =
    emaPower > 0 ? 1 - (1 + since / emaInvGamma) ** -emaPower : (1 + since) / (10 + since);
  return Math.max(emaMin, Math.min(ema, rise));
}

/** Whether the average is ever more than the weights themselves. */
export const averages = ({ ema, emaWarmup, emaMin }: HyperParameters): boolean =>
  ema > 0 || (emaWarmup && emaMin > 0);

type Rule = readonly [name: keyof HyperParameters, rule: string, accepts: (x: number) => boolean];

const RULES: readonly Rule[] = [
  ["batch", "a whole number above 0", (x) => Number.isSafeInteger(x) && x > 0],
  ["accumulate", "a whole number above 0", (x) => Number.isSafeInteger(x) && x > 0],
  ["learningRate", "above 0", (x) => x > 0 && x < Number.POSITIVE_INFINITY],
  ["eps", "above 0", (x) => x > 0 && x < 1],
  ["weightDecay", "0 or more", (x) => x >= 0 && x < Number.POSITIVE_INFINITY],
  ["clip", "0 (none) or more", (x) => x >= 0],
  ["ema", "in 0 … 1, below 1", (x) => x >= 0 && x < 1],
  ["emaPower", "0 or more", (x) => x >= 0 && x < Number.POSITIVE_INFINITY],
  ["emaInvGamma", "above 0", (x) => x > 0 && x < Number.POSITIVE_INFINITY],
  ["emaMin", "in 0 … 1, below 1", (x) => x >= 0 && x < 1],
  ["emaUpdateAfter", "a whole number, 0 or more", (x) => Number.isSafeInteger(x) && x >= 0],
  ["labelDropout", "a probability in 0 … 1", (x) => x >= 0 && x <= 1],
  ["activationLimit", "0 (none) or more", (x) => x >= 0],
  ["lossScale", "a power of two in 1 … 2⁴⁰", (x) => x <= 2 ** 40 && Number.isInteger(Math.log2(x))],
  ["lossScaleGrowth", "a whole number above 0", (x) => Number.isSafeInteger(x) && x > 0],
  ["randomCrop", "a whole number, 0 or more", (x) => Number.isSafeInteger(x) && x >= 0],
  ["warmup", "a whole number, 0 or more", (x) => Number.isSafeInteger(x) && x >= 0],
  ["decaySteps", "a whole number, 0 or more", (x) => Number.isSafeInteger(x) && x >= 0],
];

/** @throws OptionError for the first value that breaks its rule */
export function requireHyperParameters(options: HyperParameters): void {
  for (const [name, rule, accepts] of RULES) {
    if (accepts(Number(options[name]))) continue;
    throw invalid(name, rule, options[name]);
  }
  requireObjective(options.objective);
  requireOneOf("loss", options.loss, LOSSES);
  requireOneOf("optimizer", options.optimizer, OPTIMIZERS);
  requireOneOf("decay", options.decay, DECAYS);
  requireOneOf("timesteps", options.timesteps, TIMESTEP_DRAWS);
  requireOneOf("dtype", options.dtype, NETWORK_DTYPES);
  if (options.betas.every((beta) => beta >= 0 && beta < 1)) return;
  throw invalid("betas", "two numbers in 0 … 1, below 1", options.betas);
}

function requireOneOf(name: keyof HyperParameters, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw invalid(name, `one of ${known.join(", ")}`, value);
}

const invalid = (name: string, rule: string, value: unknown): OptionError =>
  new OptionError(
    "option/training",
    `train: ${name} must be ${rule}, got ${String(value)}.`,
    "See HyperParameters for the usual values.",
  );
