// Every number that follows from the betas: ᾱ_t, the posterior q(x_{t−1} | x_t, x_0), log
// variances, SNR.
//
// Plain float64 on the host, computed once; anyone can check it with a calculator. Names,
// everywhere in this package (code counts t = 0 … T−1, the paper 1 … T):
//
//   β_t, ᾱ_t            betas[t], alphaBars[t]      ε (target)       noise
//   ᾱ_{t−1}             alphaBarsPrev[t], 1 at 0    ε_θ(x_t, t)      epsHat
//   β̃_t                 posteriorVariance[t]        x̂_0              x0Hat
//   x_0, x_t, x_T       x0, xt, xT                  stabiliser       eps
import { type BetaOptions, makeBetas, type Precision, requireBetas, roundingOf } from "./betas.ts";

/** q(x_t | x_0): what sampling needs. One number a timestep in every table; each is float64 [T]. */
export interface ForwardProcess {
  /** T */
  readonly steps: number;
  readonly precision: Precision;
  readonly betas: Float64Array;
  /** α_t = 1 − β_t */
  readonly alphas: Float64Array;
  /** ᾱ_t = α_1 … α_t */
  readonly alphaBars: Float64Array;
}

/** The forward process, its posterior, and what losses and the bound weigh by. */
export interface DiffusionTables extends ForwardProcess {
  readonly alphaBarsPrev: Float64Array;
  /** β̃_t = (1 − ᾱ_{t−1}) / (1 − ᾱ_t) · β_t; 0 at t = 0 */
  readonly posteriorVariance: Float64Array;
  /** weight of x_0 in μ̃_t */
  readonly posteriorCoefX0: Float64Array;
  /** weight of x_t in μ̃_t */
  readonly posteriorCoefXt: Float64Array;
  /** ln β̃_t with entry 0 replaced by entry 1: Ho's and OpenAI's, for likelihoods */
  readonly posteriorLogVariance: Float64Array;
  /** ln max(β̃_t, 1e-20): diffusers' */
  readonly posteriorLogVarianceClamped: Float64Array;
  /** ln β_t with entry 0 replaced by ln β̃ of entry 1: fixed_large in likelihoods */
  readonly largeLogVariance: Float64Array;
  /** ᾱ_t / (1 − ᾱ_t) */
  readonly snr: Float64Array;
  /** β_t² / (2 β̃_t α_t (1 − ᾱ_t)): L_{t−1} of the bound over ‖ε − ε̂‖²; infinite at t = 0 */
  readonly boundWeight: Float64Array;
}

/** The posterior between two noise levels. */
export interface Posterior {
  /** β of one step from ᾱ_{t−1} to ᾱ_t, 1 − ᾱ_t / ᾱ_{t−1} */
  beta: number;
  /** β̃_t */
  variance: number;
  coefX0: number;
  coefXt: number;
}

/**
 * q(x_s | x_t, x_0) = N(coefX0 · x_0 + coefXt · x_t, variance I) for any two levels ᾱ_t < ᾱ_s.
 *
 *   β = 1 − ᾱ_t / ᾱ_s           variance = β · (1 − ᾱ_s) / (1 − ᾱ_t)
 *   coefX0 = √ᾱ_s · β / (1 − ᾱ_t)      coefXt = √(1 − β) · (1 − ᾱ_s) / (1 − ᾱ_t)
 *
 * In "diffusers-f32" every operation is rounded; β loses digits to cancellation there, as in
 * diffusers.
 *
 * @param alphaBar      ᾱ_t, in [0, 1)
 * @param alphaBarPrev  ᾱ_s, in (ᾱ_t, 1]
 * @param beta          β where it is known exactly; else from the quotient
 * @see DDPM eq. 6–7; for s < t − 1 the same formulas hold of the respaced process
 */
export function posteriorBetween(
  alphaBar: number,
  alphaBarPrev: number,
  { precision = "float64", beta: known }: { precision?: Precision; beta?: number } = {},
): Posterior {
  const round = roundingOf(precision);
  const alpha = known === undefined ? round(alphaBar / alphaBarPrev) : 1 - known;
  const beta = known ?? round(1 - alpha);
  const [rest, restPrev] = [round(1 - alphaBar), round(1 - alphaBarPrev)];
  return {
    beta,
    variance: round(round(restPrev / rest) * beta), //                       β̃_t           eq. 7
    coefX0: round(round(round(Math.sqrt(alphaBarPrev)) * beta) / rest), //   x_0 in μ̃_t    eq. 7
    coefXt: round(round(round(Math.sqrt(alpha)) * restPrev) / rest), //      x_t in μ̃_t    eq. 7
  };
}

/**
 * The forward process of some betas.
 *
 * @throws OptionError for betas that are empty or out of range
 * @see DDPM eq. 4
 */
export function forwardProcess(betas: Float64Array, precision: Precision): ForwardProcess {
  requireBetas(betas);
  const round = roundingOf(precision);
  const alphas = betas.map((beta) => round(1 - beta));
  let product = 1; // float64 throughout: torch.cumprod does so for float32 too
  const alphaBars = alphas.map((alpha) => {
    product *= alpha;
    return round(product);
  });
  return { steps: betas.length, precision, betas, alphas, alphaBars };
}

/**
 * All tables of a forward process.
 *
 * @param betas  [T], each in (0, 1), the last may be 1; see `makeBetas`
 * @param precision  "diffusers-f32" if the betas are float32: so is every table then, and the
 *               posterior is taken from β = 1 − ᾱ_t / ᾱ_{t−1}, as diffusers does; default "float64"
 * @returns      float64 arrays [T]
 * @throws OptionError for betas that are empty or out of range
 * @see DDPM eq. 4, 6, 7; Nichol & Dhariwal 2021 (arXiv:2102.09672) for the log variances
 */
export function diffusionTables(
  betas: Float64Array,
  precision: Precision = "float64",
): DiffusionTables {
  const process = forwardProcess(betas, precision);
  const { alphas, alphaBars } = process;
  const round = roundingOf(precision);
  const alphaBarsPrev = alphaBars.map((_, t) => alphaBars[t - 1] ?? 1);
  const posteriors = Array.from(alphaBars, (bar, t) => {
    const exact = precision === "float64" ? { beta: betas[t]! } : {};
    return posteriorBetween(bar, alphaBarsPrev[t]!, { precision, ...exact });
  });
  const posteriorVariance = Float64Array.from(posteriors, ({ variance }) => variance);
  return {
    ...process,
    alphaBarsPrev,
    posteriorVariance,
    posteriorCoefX0: Float64Array.from(posteriors, ({ coefX0 }) => coefX0),
    posteriorCoefXt: Float64Array.from(posteriors, ({ coefXt }) => coefXt),
    ...logVariances(betas, posteriorVariance, round),
    snr: alphaBars.map((bar) => round(bar / round(1 - bar))),
    boundWeight: betas.map(
      (beta, t) => beta ** 2 / (2 * posteriorVariance[t]! * alphas[t]! * (1 - alphaBars[t]!)),
    ),
  };
}

/** ln β̃_t both ways of keeping it finite at t = 0, and ln β_t. */
function logVariances(betas: Float64Array, variances: Float64Array, round: (x: number) => number) {
  const clamped = variances.map((variance) => round(Math.log(Math.max(variance, 1e-20))));
  const first = clamped[1] ?? clamped[0]!;
  const replaceFirst = (logs: Float64Array) => logs.map((log, t) => (t === 0 ? first : log));
  return {
    posteriorLogVarianceClamped: clamped,
    posteriorLogVariance: replaceFirst(clamped),
    largeLogVariance: replaceFirst(betas.map((beta) => round(Math.log(beta)))),
  };
}

/**
 * The tables of a schedule: `diffusionTables(makeBetas(options))`.
 *
 * @throws OptionError as `makeBetas` does
 */
export const makeTables = (options: BetaOptions = {}): DiffusionTables =>
  diffusionTables(makeBetas(options), options.precision);
