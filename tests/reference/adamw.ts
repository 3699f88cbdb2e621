// One step of clipping, AdamW and the running average of the weights in float64. The twin of
// adamw.wgsl.
//
//   norm = √ Σ g² over all tensors;  with a clip,  g ← g · min(1, clip / (norm + 1e-6))
//   Adam: g ← g + l2 · w;  AdamW: w ← w (1 − lr · weightDecay)
//   m ← β₁ m + (1 − β₁) g            v ← β₂ v + (1 − β₂) g²
//   w ← w − lr / (1 − β₁^s) · m / (√v / √(1 − β₂^s) + eps)          s = 1, 2, …
//   ema ← emaDecay · ema + (1 − emaDecay) w
//   source  Loshchilov & Hutter, arXiv:1711.05101, Alg. 2; lr multiplies the decay, as in PyTorch
import { mapArray, type NdArray, ndarray } from "./ndarray.ts";

export interface AdamWOptions {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** Adam's decay, which is a part of the gradient; default 0 */
  l2?: number;
  /** largest global gradient norm; null: no clipping */
  clip: number | null;
  emaDecay: number;
}

export interface AdamWTensor {
  parameter: NdArray;
  expAvg: NdArray;
  expAvgSq: NdArray;
  ema: NdArray;
}

export type AdamWState = Record<string, AdamWTensor>;

/** The state before the first step: moments 0, the average at the weights. */
export function adamwStart(parameters: Record<string, NdArray>): AdamWState {
  const start = (parameter: NdArray): AdamWTensor => ({
    parameter,
    expAvg: ndarray(parameter.shape),
    expAvgSq: ndarray(parameter.shape),
    ema: parameter,
  });
  return Object.fromEntries(Object.entries(parameters).map(([name, w]) => [name, start(w)]));
}

/** √ Σ g² over all tensors. */
export function gradientNorm(gradients: Record<string, NdArray>): number {
  let sum = 0;
  for (const g of Object.values(gradients)) for (const value of g.data) sum += value * value;
  return Math.sqrt(sum);
}

/** Step `s` (the first is 1): the new state, and the gradient norm before clipping. */
export function adamwStep(
  state: AdamWState,
  gradients: Record<string, NdArray>,
  s: number,
  options: AdamWOptions,
) {
  const norm = gradientNorm(gradients);
  const factor = options.clip === null ? 1 : Math.min(1, options.clip / (norm + 1e-6));
  const next: AdamWState = {};
  for (const [name, tensor] of Object.entries(state)) {
    const { l2 = 0 } = options;
    const w = tensor.parameter.data;
    const g = mapArray(gradients[name]!, (value, i) => value * factor + l2 * w[i]!);
    next[name] = updated(tensor, g, s, options);
  }
  return { state: next, gradientNorm: norm };
}

function updated(tensor: AdamWTensor, g: NdArray, s: number, options: AdamWOptions): AdamWTensor {
  const { lr, betas, eps, weightDecay, emaDecay } = options;
  const [beta1, beta2] = betas;
  const expAvg = mapArray(tensor.expAvg, (m, i) => beta1 * m + (1 - beta1) * g.data[i]!);
  const expAvgSq = mapArray(tensor.expAvgSq, (v, i) => beta2 * v + (1 - beta2) * g.data[i]! ** 2);
  const parameter = mapArray(tensor.parameter, (w, i) => {
    const decayed = w * (1 - lr * weightDecay);
    const scale = Math.sqrt(expAvgSq.data[i]!) / Math.sqrt(1 - beta2 ** s) + eps;
    return decayed - ((lr / (1 - beta1 ** s)) * expAvg.data[i]!) / scale;
  });
  const ema = mapArray(
    tensor.ema,
    (average, i) => emaDecay * average + (1 - emaDecay) * parameter.data[i]!,
  );
  return { parameter, expAvg, expAvgSq, ema };
}
