// Group normalisation, its scale and shift, and its activation in float64, with all gradients.
// The twin of groupnorm.wgsl.
//
//   x̂ = (x − μ) · r        r = 1 / √(σ² + eps); μ, σ² mean and biased variance of one group
//   a = γ_c · x̂ + β_c      (γ = weight, β = bias)
//   h = a · (1 + scale_nc) + shift_nc        where given; else h = a
//   y = activation(h)
//   source  Wu & He 2018, arXiv:1803.08494, §3.1; the gradients by the chain rule, stage by stage
import { type Activation, CURVES } from "./activation.ts";
import { extents4, mapArray, type NdArray, ndarray } from "./ndarray.ts";

export interface GroupNormInputs {
  /** [N, C, H, W] */
  x: NdArray;
  /** γ [C] */
  weight: NdArray;
  /** β [C] */
  bias: NdArray;
  /** [N, C] */
  scale?: NdArray | undefined;
  /** [N, C] */
  shift?: NdArray | undefined;
}

export interface GroupNormOptions {
  groups: number;
  eps?: number;
  activation?: Activation;
}

export interface GroupNormGradients {
  dx: NdArray;
  dweight: NdArray;
  dbias: NdArray;
  dscale?: NdArray;
  dshift?: NdArray;
}

/** y, and μ and r of each group as mean and rstd [N, G]. */
export function groupNorm(inputs: GroupNormInputs, options: GroupNormOptions) {
  const { mean, rstd, h } = groupNormStages(inputs, options);
  return { y: mapArray(h, CURVES[options.activation ?? "none"].value), mean, rstd };
}

/** Gradients of Σ y·dy; dscale and dshift where scale and shift are given. */
export function groupNormBackward(
  inputs: GroupNormInputs,
  dy: NdArray,
  options: GroupNormOptions,
): GroupNormGradients {
  const { x, weight, scale, shift } = inputs;
  const stages = groupNormStages(inputs, options);
  const { derivative } = CURVES[options.activation ?? "none"];
  const dh = mapArray(dy, (g, i) => g * derivative(stages.h.data[i]!));
  const da = mapArray(dh, (g, i) => g * factorAt(inputs, i));
  const dNormal = mapArray(da, (g, i) => g * weight.data[channelOf(x, i)]!);
  return {
    dx: normaliseBackward(x, dNormal, stages, options.groups),
    dweight: sumByChannel(mapArray(da, (g, i) => g * stages.normal.data[i]!)),
    dbias: sumByChannel(da),
    ...(scale && { dscale: sumByImageAndChannel(mapArray(dh, (g, i) => g * stages.a.data[i]!)) }),
    ...(shift && { dshift: sumByImageAndChannel(dh) }),
  };
}

export interface GroupNormStages {
  mean: NdArray;
  rstd: NdArray;
  /** x̂ */
  normal: NdArray;
  a: NdArray;
  h: NdArray;
}

export function groupNormStages(
  inputs: GroupNormInputs,
  { groups, eps = 1e-5 }: GroupNormOptions,
): GroupNormStages {
  const { x, weight, bias, shift } = inputs;
  const { mean, rstd } = statistics(x, groups, eps);
  const size = x.data.length / mean.data.length;
  const normal = mapArray(x, (value, i) => {
    const group = Math.floor(i / size);
    return (value - mean.data[group]!) * rstd.data[group]!;
  });
  const a = mapArray(normal, (value, i) => {
    const c = channelOf(x, i);
    return weight.data[c]! * value + bias.data[c]!;
  });
  const h = mapArray(a, (value, i) => {
    return value * factorAt(inputs, i) + (shift?.data[imageAndChannelOf(x, i)] ?? 0);
  });
  return { mean, rstd, normal, a, h };
}

/** μ and r of every group, [N, G]. A group is one run of C/G · H · W values. */
function statistics(x: NdArray, groups: number, eps: number) {
  const [N, C, H, W] = extents4(x);
  const size = (C / groups) * H * W;
  const mean = ndarray([N, groups]);
  const rstd = ndarray([N, groups]);
  for (let group = 0; group < N * groups; group++) {
    const values = x.data.subarray(group * size, (group + 1) * size);
    const mu = values.reduce((sum, value) => sum + value, 0) / size;
    const variance = values.reduce((sum, value) => sum + (value - mu) ** 2, 0) / size;
    mean.data[group] = mu;
    rstd.data[group] = 1 / Math.sqrt(variance + eps);
  }
  return { mean, rstd };
}

/** From dx̂ to dx: x acts by itself, by σ² and by μ. */
function normaliseBackward(
  x: NdArray,
  dNormal: NdArray,
  { mean, rstd }: GroupNormStages,
  groups: number,
): NdArray {
  const size = x.data.length / (x.shape[0]! * groups);
  const dx = ndarray(x.shape);
  for (let group = 0; group < mean.data.length; group++) {
    const [mu, r] = [mean.data[group]!, rstd.data[group]!];
    let dVariance = 0; // x̂ = (x − μ) (σ² + eps)^(−1/2)
    let dMean = 0; // of x̂ alone: ∂σ²/∂μ = −2 mean(x − μ) = 0
    for (let i = group * size; i < (group + 1) * size; i++) {
      dVariance += dNormal.data[i]! * (x.data[i]! - mu) * -0.5 * r ** 3;
      dMean -= dNormal.data[i]! * r;
    }
    for (let i = group * size; i < (group + 1) * size; i++) {
      const bySpread = (dVariance * 2 * (x.data[i]! - mu)) / size;
      dx.data[i] = dNormal.data[i]! * r + bySpread + dMean / size;
    }
  }
  return dx;
}

/** 1 + scale_nc, or 1. */
export function factorAt({ x, scale }: GroupNormInputs, i: number): number {
  return 1 + (scale?.data[imageAndChannelOf(x, i)] ?? 0);
}

/** n · C + c of element i. */
export function imageAndChannelOf({ shape }: NdArray, i: number): number {
  return Math.floor(i / (shape[2]! * shape[3]!));
}

export const channelOf = (x: NdArray, i: number): number => imageAndChannelOf(x, i) % x.shape[1]!;

/** Σ over n, h, w: [C]. */
export function sumByChannel(x: NdArray): NdArray {
  const sums = ndarray([x.shape[1]!]);
  x.data.forEach((value, i) => {
    sums.data[channelOf(x, i)]! += value;
  });
  return sums;
}

/** Σ over h, w: [N, C]. */
export function sumByImageAndChannel(x: NdArray): NdArray {
  const sums = ndarray([x.shape[0]!, x.shape[1]!]);
  x.data.forEach((value, i) => {
    sums.data[imageAndChannelOf(x, i)]! += value;
  });
  return sums;
}
