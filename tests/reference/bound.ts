// The terms of the variational bound in float64, pixel by pixel. The twin of bound.wgsl.
//
//   x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε        x̂_0 of the network's output, clipped
//   t > 0   KL(N(μ̃(x_t, x_0), β̃_t) ‖ N(μ̃(x_t, x̂_0), σ²))                       DDPM eq. 5, 7
//   t = 0   −ln of the mass N(x̂_0, σ²) gives the bin of x_0, ±1/255 wide           DDPM eq. 13
//   L_T     KL(N(√ᾱ_T x_0, 1 − ᾱ_T) ‖ N(0, 1))
//
// The normal's cdf is OpenAI's ½ (1 + tanh(√(2/π) (x + 0.044715 x³))), or the exact one.
import type { BoundOptions } from "../../src/diffusion/bound.ts";
import type { DiffusionTables } from "../../src/diffusion/schedule.ts";
import { erfc } from "./erf.ts";

export interface Pixel {
  x0: number;
  noise: number;
  /** what the network gives for x_t */
  output: number;
  /** and for its variance */
  v: number;
}

export type Cdf = (x: number) => number;

export const tanhCdf: Cdf = (x) =>
  0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const exactCdf: Cdf = (x) => 0.5 * erfc(-x / Math.SQRT2);

/** x̂_0, clipped. */
export function x0HatOf(
  { alphaBars }: DiffusionTables,
  t: number,
  { prediction, clip }: BoundOptions,
  { x0, noise, output }: Pixel,
): number {
  const [signal, spread] = [Math.sqrt(alphaBars[t]!), Math.sqrt(1 - alphaBars[t]!)];
  const xt = signal * x0 + spread * noise;
  const x0Hat = {
    epsilon: (xt - spread * output) / signal,
    sample: output,
    v_prediction: signal * xt - spread * output,
  }[prediction];
  return Math.min(Math.max(x0Hat, -clip), clip);
}

/** ln σ² of p_θ(x_{t−1} | x_t). */
export function logVarianceOf(
  { betas, posteriorVariance }: DiffusionTables,
  t: number,
  { variance }: BoundOptions,
  v: number,
): number {
  const small = Math.log(posteriorVariance[Math.max(t, 1)]!); // β̃ is 0 at t = 0: its neighbour's
  switch (variance) {
    case "fixed_small":
    case "fixed_small_log":
      return small;
    case "fixed_large":
    case "fixed_large_log":
      return t === 0 ? small : Math.log(betas[t]!);
    case "learned":
      return v;
    case "learned_range":
      return ((v + 1) / 2) * Math.log(betas[t]!) + ((1 - v) / 2) * small;
  }
}

/** The term of one pixel at timestep t, in nats. */
export function boundTerm(
  tables: DiffusionTables,
  t: number,
  options: BoundOptions,
  pixel: Pixel,
  cdf: Cdf = tanhCdf,
): number {
  const logVariance = logVarianceOf(tables, t, options, pixel.v);
  const x0Hat = x0HatOf(tables, t, options, pixel);
  if (t === 0) return decoderTerm(pixel.x0, x0Hat, Math.exp(-0.5 * logVariance), cdf);
  const logPosterior = Math.log(tables.posteriorVariance[t]!);
  const difference = tables.posteriorCoefX0[t]! * (pixel.x0 - x0Hat); // of the means
  const ratio = logPosterior - logVariance;
  return 0.5 * (-1 - ratio + Math.exp(ratio) + difference ** 2 * Math.exp(-logVariance));
}

/** −ln of the mass of x_0's bin. */
function decoderTerm(x0: number, mean: number, inverseDeviation: number, cdf: Cdf): number {
  const upper = cdf(inverseDeviation * (x0 - mean + 1 / 255));
  const lower = cdf(inverseDeviation * (x0 - mean - 1 / 255));
  const mass = x0 < -0.999 ? upper : x0 > 0.999 ? 1 - lower : upper - lower;
  return -Math.log(Math.max(mass, 1e-12));
}

/** L_T of one pixel, in nats. */
export function priorTerm({ alphaBars }: DiffusionTables, x0: number): number {
  const bar = alphaBars.at(-1)!;
  return 0.5 * (-1 - Math.log(1 - bar) + (1 - bar) + bar * x0 ** 2);
}

/**
 * What float32 may make of a pixel's term, as Σ|terms|: its size, and how far it moves when each
 * input moves by its own size.
 */
export function boundTermBound(
  tables: DiffusionTables,
  t: number,
  options: BoundOptions,
  pixel: Pixel,
): number {
  const value = boundTerm(tables, t, options, pixel);
  const moved = (change: Partial<Pixel>) =>
    Math.abs(boundTerm(tables, t, options, { ...pixel, ...change }) - value) / NUDGE;
  const { x0, noise, output, v } = pixel;
  const ratio =
    Math.log(tables.posteriorVariance[Math.max(t, 1)]!) - logVarianceOf(tables, t, options, v);
  const excess = Math.abs(ratio) * Math.abs(Math.expm1(ratio));
  const cancelled = Math.abs(ratio) > Math.LN2 / 2 ? Math.exp(ratio) + 1 + Math.abs(ratio) : 0;
  return (
    Math.abs(value) +
    moved({ x0: x0 * (1 + NUDGE) }) +
    moved({ noise: noise * (1 + NUDGE) }) +
    moved({ output: output * (1 + NUDGE) }) +
    moved({ v: v * (1 + NUDGE) }) +
    excess +
    cancelled
  );
}

const NUDGE = 1e-6;
