// Variance schedules β_1 … β_T: how much noise each step of the forward process adds.
//
// Names and formulas are diffusers', so that a scheduler_config.json means here what it means
// there. Start and end are not scaled with T (OpenAI's code does: pass 1000/T times the values).
// `float64` is the mathematics; `diffusers-f32` repeats diffusers' float32 arithmetic: to the bit,
// but for the last bits of the sigmoid (its exponential) and of zero terminal SNR.
import { OptionError } from "../core/errors.ts";

export const BETA_SCHEDULES = ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"] as const;
export type BetaSchedule = (typeof BETA_SCHEDULES)[number];

/** Arithmetic of tables: exact, or float32 rounded after every operation as diffusers does. */
export type Precision = "float64" | "diffusers-f32";

export interface BetaOptions {
  /** T, number of diffusion steps, 1 … 100 000; default 1000, or the length of `trainedBetas` */
  steps?: number | undefined;
  /** default "linear" */
  schedule?: BetaSchedule | undefined;
  /** β_1, variance added by the first step; default 1e-4. The cosine does not use it. */
  betaStart?: number | undefined;
  /** β_T; default 0.02 */
  betaEnd?: number | undefined;
  /** betas to take as they are, instead of a schedule */
  trainedBetas?: ArrayLike<number> | undefined;
  /** ᾱ(u), u ∈ [0, 1], falling from (about) 1: β_t = min(1 − ᾱ((t+1)/T) / ᾱ(t/T), 0.999) */
  alphaBar?: ((u: number) => number) | undefined;
  /** shift and scale √ᾱ so that √ᾱ_T = 0 (Lin et al. 2023): training then sees pure noise */
  rescaleZeroTerminalSnr?: boolean | undefined;
  /** default "float64" */
  precision?: Precision | undefined;
}

const MOST_STEPS = 100_000;
const MAX_BETA = 0.999; // cap of schedules given by ᾱ(u) [Improved DDPM §3.2]

/** x ↦ x, or x ↦ nearest float32. */
export const roundingOf = (precision: Precision): ((x: number) => number) =>
  precision === "float64" ? (x) => x : Math.fround;

/**
 * β_1 … β_T of a named schedule, of given betas, or of a function ᾱ(u).
 *
 *   linear             β evenly spaced from betaStart to betaEnd            [DDPM §4]
 *   scaled_linear      √β evenly spaced                                    [latent diffusion]
 *   squaredcos_cap_v2  ᾱ(u) = cos²((u + 0.008) / 1.008 · π/2)               [Improved DDPM eq. 17]
 *   sigmoid            σ(linspace(−6, 6)) · (betaEnd − betaStart) + betaStart  [GeoDiff]
 *
 * @returns float64 [T]; `betas[t]` is the paper's β_{t+1}: code counts from 0, the paper from 1
 * @throws OptionError for an unknown name, a T that is no count, betas outside (0, 1) (the last may
 *         be 1), betaStart > betaEnd, an ᾱ(u) that does not fall, or `steps` unlike the given betas
 * @see Ho et al. 2020 (DDPM, arXiv:2006.11239) §4: T = 1000, β_1 = 10⁻⁴, β_T = 0.02
 */
export function makeBetas(options: BetaOptions = {}): Float64Array {
  const { trainedBetas, alphaBar, rescaleZeroTerminalSnr = false, precision = "float64" } = options;
  const T = options.steps ?? trainedBetas?.length ?? 1000;
  requireSteps(T);
  const round = roundingOf(precision);
  let betas: Float64Array;
  if (trainedBetas) betas = copyOf(trainedBetas, T).map(round);
  else if (alphaBar) betas = betasOfAlphaBar(T, alphaBar).map(round);
  else betas = namedBetas(T, options, precision);
  requireBetas(betas);
  return rescaleZeroTerminalSnr ? zeroTerminalSnr(betas, precision) : betas;
}

function namedBetas(T: number, options: BetaOptions, precision: Precision): Float64Array {
  const { schedule = "linear", betaStart = 1e-4, betaEnd = 0.02 } = options;
  const round = roundingOf(precision);
  if (schedule === "squaredcos_cap_v2") return betasOfAlphaBar(T, cosineAlphaBar).map(round);
  requireEnds(betaStart, betaEnd);
  switch (schedule) {
    case "linear":
      return linspace(betaStart, betaEnd, T, precision);
    case "scaled_linear":
      return linspace(Math.sqrt(betaStart), Math.sqrt(betaEnd), T, precision).map((root) =>
        round(root * root),
      );
    case "sigmoid":
      return linspace(-6, 6, T, precision).map((x) => {
        const sigmoid = round(1 / round(1 + round(Math.exp(-x))));
        return round(round(sigmoid * round(betaEnd - betaStart)) + round(betaStart));
      });
    default:
      throw new OptionError(
        "option/schedule",
        `betas: the schedule must be one of ${BETA_SCHEDULES.join(", ")}, got ${String(schedule)}.`,
        "Other schedules can be given as trained betas, or as a function ᾱ(u).",
      );
  }
}

/** ᾱ(u) of the cosine schedule. Improved DDPM eq. 17; its division by ᾱ(0) cancels in the betas. */
export const cosineAlphaBar = (u: number): number =>
  Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2;

function betasOfAlphaBar(T: number, alphaBar: (u: number) => number): Float64Array {
  return Float64Array.from({ length: T }, (_, t) =>
    Math.min(1 - alphaBar((t + 1) / T) / alphaBar(t / T), MAX_BETA),
  );
}

/** `count` evenly spaced numbers, ends included; formed from both ends, as torch.linspace does. */
function linspace(start: number, end: number, count: number, precision: Precision): Float64Array {
  const round = roundingOf(precision);
  const [first, last] = [round(start), round(end)];
  if (count === 1) return Float64Array.of(first);
  const step = round(round(last - first) / (count - 1));
  const half = Math.floor(count / 2);
  return Float64Array.from({ length: count }, (_, i) =>
    round(i < half ? first + step * i : last - step * (count - 1 - i)),
  );
}

/**
 * Betas whose last ᾱ is 0: √ᾱ'_t = (√ᾱ_t − √ᾱ_T) · √ᾱ_1 / (√ᾱ_1 − √ᾱ_T).
 *
 * @param betas  [T], T ≥ 2, each in (0, 1)
 * @returns      float64 [T]; the last is 1
 * @throws OptionError for T = 1, where nothing is left between the ends
 * @see Lin et al. 2023, "Common diffusion noise schedules and sample steps are flawed",
 *      arXiv:2305.08891, Algorithm 1. Then predict v or x_0, and space timesteps "trailing".
 */
export function zeroTerminalSnr(betas: Float64Array, precision: Precision = "float64") {
  if (betas.length < 2) {
    throw new OptionError(
      "option/schedule",
      `betas: zero terminal SNR needs 2 steps or more, got ${betas.length}.`,
      "Leave rescale_betas_zero_snr off.",
    );
  }
  const round = roundingOf(precision);
  let product = 1; // kept in float64: torch.cumprod does so for float32 too
  const roots = betas.map((beta) => {
    product *= round(1 - beta);
    return round(Math.sqrt(round(product)));
  });
  const [first, last] = [roots[0]!, roots[roots.length - 1]!];
  const scale = round(first / round(first - last));
  const bars = roots.map((root) => round(round(round(root - last) * scale) ** 2));
  return bars.map((bar, t) => round(1 - (t === 0 ? bar : round(bar / bars[t - 1]!))));
}

function copyOf(betas: ArrayLike<number>, T: number): Float64Array {
  if (betas.length === T) return Float64Array.from(betas);
  throw new OptionError(
    "option/schedule",
    `betas: trained betas must be as many as steps, got ${betas.length} for T = ${T}.`,
    "Set num_train_timesteps to their number, or leave it out.",
  );
}

function requireSteps(T: number): void {
  if (Number.isInteger(T) && T >= 1 && T <= MOST_STEPS) return;
  throw new OptionError(
    "option/schedule",
    `betas: the number of steps must be an integer in 1 … ${MOST_STEPS}, got ${String(T)}.`,
    "1000 is usual.",
  );
}

function requireEnds(betaStart: number, betaEnd: number): void {
  if (betaStart > 0 && betaStart <= betaEnd && betaEnd < 1) return;
  throw new OptionError(
    "option/schedule",
    `betas: 0 < betaStart ≤ betaEnd < 1 must hold, got ${betaStart} and ${betaEnd}.`,
    "DDPM's are 1e-4 and 0.02 at T = 1000; OpenAI scales both by 1000 / T, which needs T > 20.",
  );
}

/** @throws OptionError unless every β is in (0, 1), so that ᾱ falls; the last may be 1 */
export function requireBetas(betas: Float64Array): void {
  const last = betas.length - 1;
  const isVariance = (beta: number, t: number) =>
    beta > 0 && (beta < 1 || (beta === 1 && t === last));
  const wrong = betas.findIndex((beta, t) => !isVariance(beta, t));
  if (last >= 0 && wrong < 0) return;
  throw new OptionError(
    "option/schedule",
    "betas: every beta must be in (0, 1), the last may be 1, so that alphaBar falls, got " +
      `${last < 0 ? "none" : `betas[${wrong}] = ${betas[wrong]}`}.`,
    "A function alphaBar(u) must fall strictly, and stay above 0 before u = 1.",
  );
}
