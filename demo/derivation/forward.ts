// Sections 1 and 2 in float64 on the host, of the library's tables: x_t of one image, and the posterior
// between x_t and x_{t−1}. t is the paper's, 1 … T; tables count from 0. No elements here.
import type { DiffusionTables } from "../../src/index.ts";

/** What the tables hold of one t. */
export interface Level {
  beta: number;
  alphaBar: number;
  /** ᾱ_{t−1} */
  alphaBarPrev: number;
  snr: number;
  /** weights of x_0 and x_t in μ̃_t, and β̃_t */
  coefX0: number;
  coefXt: number;
  variance: number;
}

export function levelOf(tables: DiffusionTables, t: number): Level {
  const i = t - 1;
  return {
    beta: tables.betas[i]!,
    alphaBar: tables.alphaBars[i]!,
    alphaBarPrev: tables.alphaBarsPrev[i]!,
    snr: tables.snr[i]!,
    coefX0: tables.posteriorCoefX0[i]!,
    coefXt: tables.posteriorCoefXt[i]!,
    variance: tables.posteriorVariance[i]!,
  };
}

/** x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε   [DDPM eq. 4] */
export function noised(x0: Float32Array, noise: Float64Array, { alphaBar }: Level): Float64Array {
  const [signal, spread] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  return noise.map((value, i) => signal * x0[i]! + spread * value);
}

/** μ̃_t of x_0 and x_t   [DDPM eq. 7] */
export function posteriorMean(x0: Float32Array, xt: Float64Array, level: Level): Float64Array {
  return xt.map((value, i) => level.coefX0 * x0[i]! + level.coefXt * value);
}

/** A normal density along x_{t−1}, its height scaled to 1. */
interface Bump {
  mean: number;
  deviation: number;
}

export interface BayesCurves {
  xs: number[];
  /** q(x_{t−1} | x_0), q(x_t | x_{t−1}) and q(x_{t−1} | x_t, x_0), as functions of x_{t−1} */
  prior: number[];
  likelihood: number[];
  posterior: number[];
}

const POINTS = 241;
const REACH = 5; // standard deviations of the posterior, on both sides

/** The three densities of Bayes' rule for one pixel, t > 1. */
export function bayesCurves(x0: number, xt: number, level: Level): BayesCurves {
  const { alphaBarPrev, beta, coefX0, coefXt, variance } = level;
  const prior = { mean: Math.sqrt(alphaBarPrev) * x0, deviation: Math.sqrt(1 - alphaBarPrev) };
  const signal = Math.sqrt(1 - beta);
  const likelihood = { mean: xt / signal, deviation: Math.sqrt(beta) / signal };
  const posterior = { mean: coefX0 * x0 + coefXt * xt, deviation: Math.sqrt(variance) };
  const xs = Array.from({ length: POINTS }, (_, k) => {
    return posterior.mean + posterior.deviation * REACH * ((2 * k) / (POINTS - 1) - 1);
  });
  const height = ({ mean, deviation }: Bump) =>
    xs.map((x) => Math.exp(-0.5 * ((x - mean) / deviation) ** 2));
  return {
    xs,
    prior: height(prior),
    likelihood: height(likelihood),
    posterior: height(posterior),
  };
}

/** ln q(x_{t−1} | x_t, x_0) + ln q(x_t | x_0) − ln q(x_t | x_{t−1}) − ln q(x_{t−1} | x_0): 0, but for rounding. */
export function bayesError(
  x0: Float32Array,
  xt: Float64Array,
  { previous, level }: { previous: Float64Array; level: Level },
): number {
  const { alphaBar, alphaBarPrev, beta, variance } = level;
  const density = (x: Float64Array, mean: (i: number) => number, square: number) =>
    x.reduce((sum, value, i) => sum - (value - mean(i)) ** 2 / (2 * square), 0) -
    (x.length / 2) * Math.log(2 * Math.PI * square);
  const mean = posteriorMean(x0, xt, level);
  const posterior = density(previous, (i) => mean[i]!, variance);
  const jump = density(xt, (i) => Math.sqrt(alphaBar) * x0[i]!, 1 - alphaBar);
  const step = density(xt, (i) => Math.sqrt(1 - beta) * previous[i]!, beta);
  const before = density(previous, (i) => Math.sqrt(alphaBarPrev) * x0[i]!, 1 - alphaBarPrev);
  return posterior + jump - step - before;
}
