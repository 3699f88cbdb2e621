// Terms of the variational bound as a training loss, in float64. The twin of `bound_loss` in
// diffusion_loss.wgsl, from the definition: means and variances in full, no units of β̃.
//
//   t > 0  L = ½ (−1 + ln σ² − ln β̃ + β̃ / σ² + (μ̃ − μ_θ)² / σ²)                 KL, nats
//   t = 0  L = −ln P, the discretised Gaussian N(μ_θ, σ²) of a pixel's bin x_0 ± 1/255
//   μ_θ    = μ̃(x̂_0, x_t), x̂_0 from the prediction, not clipped
import type { DiffusionTables } from "../../src/diffusion/schedule.ts";
import { LOSSES, type Loss, type Prediction } from "./diffusion.ts";
import { mapArray, type NdArray, ndarray } from "./ndarray.ts";

export type Variance = "fixed_small" | "fixed_large" | "learned" | "learned_range";

export interface BoundInputs {
  /** [N, C, …], or [N, 2C, …] with v as its second half */
  prediction: NdArray;
  /** [N, C, …] */
  x0: NdArray;
  noise: NdArray;
  timesteps: ArrayLike<number>;
}

export interface BoundOptions {
  tables: DiffusionTables;
  target: Prediction;
  variance: Variance;
  loss: Loss;
  /** w_t of l(d) */
  weight: (t: number) => number;
  /** of the bound */
  scale: number;
  detachMean: boolean;
}

/** ln σ² and its derivative by v. */
function logVariance({ tables, variance }: BoundOptions, t: number, v: number): [number, number] {
  const small = tables.posteriorLogVariance[t]!;
  const large = Math.log(tables.betas[t]!);
  switch (variance) {
    case "fixed_small":
      return [small, 0];
    case "fixed_large":
      return [t === 0 ? small : large, 0];
    case "learned":
      return [v, 1];
    case "learned_range": {
      const part = (v + 1) / 2;
      return [part * large + (1 - part) * small, (large - small) / 2];
    }
  }
}

/** x̂_0 and its derivative by the prediction. */
function predictX0(target: Prediction, bar: number, xt: number, out: number): [number, number] {
  const [signal, spread] = [Math.sqrt(bar), Math.sqrt(1 - bar)];
  if (target === "epsilon") return [(xt - spread * out) / signal, -spread / signal];
  return target === "sample" ? [out, 1] : [signal * xt - spread * out, -spread];
}

const cdf = (x: number) => 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

function density(x: number): number {
  const u = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
  return (0.5 / Math.cosh(u) ** 2) * Math.sqrt(2 / Math.PI) * (1 + 0.134145 * x ** 2);
}

/**
 * Value, derivatives by μ_θ and ln σ², and what float32 may get wrong of them in units of its ε:
 * Σ|terms|, times 1 + |x| where they are e^x.
 */
interface Term {
  value: number;
  byMean: number;
  byLog: number;
  ofMean: number;
  ofLog: number;
}

/** KL(N(μ̃, β̃) ‖ N(μ_θ, σ²)). */
export function klTerm(mean: number, logTrue: number, [modelMean, log]: [number, number]): Term {
  const square = (mean - modelMean) ** 2 / Math.exp(log);
  const ratio = Math.exp(logTrue - log);
  const byMean = (modelMean - mean) / Math.exp(log);
  const exponent = 1 + Math.abs(log) + Math.abs(logTrue);
  return {
    value: 0.5 * (-1 + log - logTrue + ratio + square),
    byMean,
    byLog: 0.5 * (1 - ratio - square),
    ofMean: Math.abs(byMean) * exponent,
    ofLog: 0.5 * (1 + ratio + square) * exponent,
  };
}

/** −ln P of the bin of x_0. */
export function decoderTerm(x0: number, [modelMean, log]: [number, number]): Term {
  const inverse = Math.exp(-0.5 * log);
  const [high, low] = [x0 - modelMean + 1 / 255, x0 - modelMean - 1 / 255].map((x) => x * inverse);
  const hasHigh = x0 <= 0.999 ? 1 : 0;
  const hasLow = x0 >= -0.999 ? 1 : 0;
  // Φ(a) − Φ(b) = Φ(−b) − Φ(−a): of the smaller ones, which do not cancel
  const turned = low! > 0 && hasHigh + hasLow === 2;
  const p = turned
    ? cdf(-low!) - cdf(-high!)
    : (hasHigh ? cdf(high!) : 1) - (hasLow ? cdf(low!) : 0);
  const exact = hasHigh ? p : cdf(-low!);
  if (exact < 1e-12) return { value: -Math.log(1e-12), byMean: 0, byLog: 0, ofMean: 0, ofLog: 0 };
  const [top, bottom] = [hasHigh * density(high!), hasLow * density(low!)];
  // Φ is e^(−y), y < 28 where P is above 1e-12, and y grows as x³; P is a difference of such tails
  const tails = cdf(-Math.abs(high!)) + cdf(-Math.abs(low!));
  const exponent = 3 * 28 * (1 + tails / exact);
  return {
    ofMean: (exponent * (top + bottom) * inverse) / exact,
    ofLog: (0.5 * exponent * (top * Math.abs(high!) + bottom * Math.abs(low!))) / exact,
    value: -Math.log(exact),
    byMean: ((top - bottom) * inverse) / exact,
    byLog: (0.5 * (top * high! - bottom * low!)) / exact,
  };
}

/**
 * perImage = mean of w_t l(d) + scale · L_t, and dprediction = the gradient of its mean; `bound`:
 * what float32 may get wrong of it, in units of its ε.
 */
export function boundLoss(inputs: BoundInputs, options: BoundOptions) {
  const { prediction, x0, noise, timesteps } = inputs;
  const { tables, target, loss, scale, detachMean } = options;
  const N = x0.shape[0]!;
  const [size, stride] = [x0.data.length / N, prediction.data.length / N];
  const dprediction = ndarray(prediction.shape);
  const perImage = ndarray([N]);
  const bound = ndarray(prediction.shape);
  x0.data.forEach((clean, at) => {
    const [n, i] = [Math.floor(at / size), at % size];
    const [t, place] = [timesteps[n]!, n * stride + i];
    const [bar, weight] = [tables.alphaBars[t]!, options.weight(t)];
    const [signal, spread] = [Math.sqrt(bar), Math.sqrt(1 - bar)];
    const xt = signal * clean + spread * noise.data[at]!;
    const goal = { epsilon: noise.data[at]!, sample: clean, v_prediction: 0 }[target];
    const aim = target === "v_prediction" ? signal * noise.data[at]! - spread * clean : goal;
    const out = prediction.data[place]!;
    const v = stride > size ? prediction.data[place + size]! : 0;

    const [x0Hat, slope] = predictX0(target, bar, xt, out);
    const [toX0, toXt] = [tables.posteriorCoefX0[t]!, tables.posteriorCoefXt[t]!];
    const [log, byV] = logVariance(options, t, v);
    const model: [number, number] = [toX0 * x0Hat + toXt * xt, log];
    const mean = toX0 * clean + toXt * xt;
    const term =
      t === 0 ? decoderTerm(clean, model) : klTerm(mean, tables.posteriorLogVariance[t]!, model);
    const byOutput = detachMean ? 0 : scale * term.byMean * toX0 * slope;
    const l = LOSSES[loss];
    perImage.data[n]! += (weight * l.value(out - aim) + scale * term.value) / size;
    const part = detachMean ? 0 : scale * term.ofMean * Math.abs(toX0 * slope);
    bound.data[place] = (part + weight * (Math.abs(l.derivative(out - aim)) + 1)) / (N * size);
    dprediction.data[place] = (weight * l.derivative(out - aim) + byOutput) / (N * size);
    if (stride > size) {
      bound.data[place + size] = (scale * term.ofLog * Math.abs(byV)) / (N * size);
      dprediction.data[place + size] = (scale * term.byLog * byV) / (N * size);
    }
  });
  return { perImage, dprediction, bound };
}

/**
 * What float32 may get wrong of boundLoss, in units of its ε: `bound`, and what the rounding of the
 * prediction, of ε and of x_0 in d makes of the gradient. Losses are means: 4 units of their size.
 *
 * @param noiseError  of ε, beside its rounding
 */
export function boundLossBounds(inputs: BoundInputs, options: BoundOptions, noiseError = 0) {
  const exact = boundLoss(inputs, options);
  const h = 1e-6;
  const moved = { ...inputs, prediction: mapArray(inputs.prediction, (x) => x + h) };
  const slopes = boundLoss(moved, options).dprediction;
  const ofGradient = mapArray(exact.bound, (most, i) => {
    const slope = Math.abs(slopes.data[i]! - exact.dprediction.data[i]!) / h;
    return most + slope * (Math.abs(inputs.prediction.data[i]!) + 3 + noiseError);
  });
  const ofLoss = mapArray(exact.perImage, (value) => 4 * Math.max(1, Math.abs(value)));
  return {
    dprediction: { expected: exact.dprediction, bound: ofGradient },
    perImage: { expected: exact.perImage, bound: ofLoss },
  };
}
