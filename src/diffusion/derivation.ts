// The derivation of the bound, executed: lines (17) to (22) of DDPM's appendix A on one trajectory.
//
// A trajectory x_0 … x_T has a log density for every factor of q and p_θ. Each line is a list of
// terms made of them; (17) to (21) have the same sum on every trajectory, (22) has it in the mean.
// The sums of squares are the GPU's (shaders/derivation.wgsl); what is large and known, D/2 · ln 2πσ²
// and division by variances, is done here in float64, so that float32 rounds nothing but the squares.
import { OptionError } from "../core/errors.ts";
import type { DiffusionTables } from "./schedule.ts";
import type { Variance } from "./scheduler_config.ts";

/** ln σ_t² of a fixed variance; at t = 0 both are ln β̃_1. @throws OptionError for a learned one */
export function fixedLogVariance(tables: DiffusionTables, variance: Variance): Float64Array {
  if (variance.startsWith("fixed_small")) return tables.posteriorLogVariance;
  if (variance.startsWith("fixed_large")) return tables.largeLogVariance;
  throw new OptionError(
    "option/variance",
    `derivation: the variance must be fixed_small or fixed_large, got ${variance}.`,
    "Evaluate the bound itself for a learned variance.",
  );
}

/** One step; index t = 0 … T−1 as models count, the paper's t + 1. */
export interface DerivationStep {
  /** √α_t, √β_t */
  signal: number;
  spread: number;
  /** 1 − √α_t, 1 − √ᾱ_t */
  stepRest: number;
  jumpRest: number;
  /** weight of x_0 in μ̃_t; 1 minus both weights */
  coefX0: number;
  coefRest: number;
  /** x̂_0 = fromX · x_t + fromOutput · o, clipped to [−clip, clip] */
  fromX: number;
  fromOutput: number;
  clip: number;
}

/** How x̂_0 comes of x_t and what the denoiser gives, at one timestep. */
export interface X0HatFrom {
  fromX: number;
  fromOutput: number;
}

/** The steps of a forward process with a denoiser. [T] */
export function derivationSteps(
  tables: DiffusionTables,
  { x0HatFrom, clip }: { x0HatFrom: (t: number) => X0HatFrom; clip: number },
): DerivationStep[] {
  return Array.from(tables.betas, (beta, t) => {
    const bar = tables.alphaBars[t]!;
    const [coefX0, coefXt] = [tables.posteriorCoefX0[t]!, tables.posteriorCoefXt[t]!];
    return {
      signal: Math.sqrt(1 - beta),
      spread: Math.sqrt(beta),
      stepRest: beta / (1 + Math.sqrt(1 - beta)),
      jumpRest: (1 - bar) / (1 + Math.sqrt(bar)),
      coefX0,
      coefRest: 1 - coefX0 - coefXt,
      ...x0HatFrom(t),
      clip,
    };
  });
}

/** ‖·‖² of one step of one trajectory: `DERIVATION_SUMS` of src/kernels/derivation.ts. */
export type StepSums = Readonly<
  Record<"step" | "posterior" | "jump" | "model" | "means" | "xt" | "x0", number>
>;

/** The log densities of one trajectory, in nats over all dimensions; entry i is the paper's t = i + 1. */
export interface TrajectoryFactors {
  /** ln p(x_T) */
  logPEnd: number;
  /** ln p_θ(x_{t−1} | x_t); a density at t = 1 too */
  logPStep: Float64Array;
  /** ln q(x_t | x_{t−1}) */
  logQStep: Float64Array;
  /** ln q(x_{t−1} | x_t, x_0); NaN at t = 1, where it is a point */
  logQPosterior: Float64Array;
  /** ln q(x_t | x_0) */
  logQJump: Float64Array;
  /** KL(q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t)); NaN at t = 1 */
  klPosterior: Float64Array;
  /** KL(q(x_T | x_0) ‖ p(x_T)) */
  klEnd: number;
}

/**
 * Log densities of their squares: ln N(r; 0, σ² I) = −½ ‖r‖² / σ² − D/2 · ln 2πσ².
 *
 * @param sums        of the steps t = 1 … T
 * @param dimensions  D = C · H · W
 */
export function trajectoryFactors(
  tables: DiffusionTables,
  sums: readonly StepSums[],
  { dimensions: D, variance }: { dimensions: number; variance: Variance },
): TrajectoryFactors {
  const logVariance = fixedLogVariance(tables, variance);
  const density = (square: number, log: number) =>
    -0.5 * (square * Math.exp(-log) + D * (Math.log(2 * Math.PI) + log));
  const over = (f: (sum: StepSums, t: number) => number) => Float64Array.from(sums, f);
  const end = sums.at(-1)!;
  const bar = tables.alphaBars.at(-1)!;
  return {
    logPEnd: density(end.xt, 0),
    logPStep: over(({ model }, t) => density(model, logVariance[t]!)),
    logQStep: over(({ step }, t) => density(step, Math.log(tables.betas[t]!))),
    logQPosterior: over(({ posterior }, t) =>
      t === 0 ? Number.NaN : density(posterior, Math.log(tables.posteriorVariance[t]!)),
    ),
    logQJump: over(({ jump }, t) => density(jump, Math.log1p(-tables.alphaBars[t]!))),
    klPosterior: over(({ means }, t) => {
      const ratio = Math.log(tables.posteriorVariance[t]!) - logVariance[t]!;
      const ofVariances = D * (Math.expm1(ratio) - ratio);
      return t === 0 ? Number.NaN : 0.5 * (ofVariances + means * Math.exp(-logVariance[t]!));
    }),
    klEnd: 0.5 * (bar * end.x0 - D * (bar + Math.log1p(-bar))),
  };
}

/** Bayes: ln q(x_{t−1} | x_t, x_0) + ln q(x_t | x_0) − ln q(x_t | x_{t−1}) − ln q(x_{t−1} | x_0). */
export function bayesResiduals(factors: TrajectoryFactors): Float64Array {
  const { logQPosterior, logQJump, logQStep } = factors;
  return logQPosterior.map((posterior, i) => {
    return i === 0 ? 0 : posterior + logQJump[i]! - logQStep[i]! - logQJump[i - 1]!;
  });
}

export const DERIVATION_LINES = ["17", "18", "19", "20", "21", "22"] as const;
export type DerivationLine = (typeof DERIVATION_LINES)[number];

export interface LineTerm {
  name: string;
  /** in the paper's letters, t as it counts them */
  formula: string;
  /** 1 … T */
  t: number;
  /** nats, over all dimensions */
  value: number;
}

/**
 * The terms of every line; the sum of a line is what its expectation is taken of.
 *
 * @see DDPM (arXiv:2006.11239) appendix A, eq. 17–22
 */
export function derivationLines(factors: TrajectoryFactors): Record<DerivationLine, LineTerm[]> {
  const { logPEnd, logPStep, logQStep, logQPosterior, logQJump, klPosterior, klEnd } = factors;
  const T = logPStep.length;
  const end: LineTerm = { name: "end", formula: "−ln p(x_T)", t: T, value: -logPEnd };
  const first = { name: "decoder", formula: "−ln p(x_0|x_1)", t: 1, value: -logPStep[0]! };
  const [jumpFirst, jumpEnd] = [logQJump[0]!, logQJump[T - 1]!];
  const steps = (from: number, { name, formula, value }: StepTerm): LineTerm[] =>
    Array.from({ length: T + 1 - from }, (_, k) => {
      const t = from + k;
      return { name, formula, t, value: value(t - 1) };
    });

  const ratio = (of: string, value: (i: number) => number): StepTerm => {
    return { name: "step", formula: `−ln p(x_t−1|x_t) / ${of}`, value };
  };
  const ofStep = ratio("q(x_t|x_t−1)", (i) => logQStep[i]! - logPStep[i]!);
  const ofPosterior = ratio("q(x_t−1|x_t,x_0)", (i) => logQPosterior[i]! - logPStep[i]!);
  const byBayes = ratio("q(x_t−1|x_t,x_0) · q(x_t−1|x_0) / q(x_t|x_0)", (i) => {
    return logQPosterior[i]! - logPStep[i]! + logQJump[i]! - logQJump[i - 1]!;
  });
  const reverse = { name: "reverse", formula: "−ln p(x_t−1|x_t)" };
  const forward = { name: "forward", formula: "ln q(x_t|x_t−1)" };
  const kl = { name: "KL", formula: "KL(q(x_t−1|x_t,x_0) ‖ p(x_t−1|x_t))" };
  const start = { ...first, name: "step", formula: "−ln p(x_0|x_1) / q(x_1|x_0)" };
  return {
    "17": [
      end,
      ...steps(1, { ...reverse, value: (i) => -logPStep[i]! }),
      ...steps(1, { ...forward, value: (i) => logQStep[i]! }),
    ],
    "18": [end, ...steps(1, ofStep)],
    "19": [end, ...steps(2, ofStep), { ...start, value: logQStep[0]! - logPStep[0]! }],
    "20": [end, ...steps(2, byBayes), { ...start, value: jumpFirst - logPStep[0]! }],
    "21": [
      { ...end, formula: "−ln p(x_T) / q(x_T|x_0)", value: jumpEnd - logPEnd },
      ...steps(2, ofPosterior),
      first,
    ],
    "22": [
      { name: "prior", formula: "KL(q(x_T|x_0) ‖ p(x_T))", t: T, value: klEnd },
      ...steps(2, { ...kl, value: (i) => klPosterior[i]! }),
      first,
    ],
  };
}

interface StepTerm {
  name: string;
  formula: string;
  /** of entry i = t − 1 */
  value(i: number): number;
}

export const lineSum = (terms: readonly LineTerm[]): number =>
  terms.reduce((sum, { value }) => sum + value, 0);
