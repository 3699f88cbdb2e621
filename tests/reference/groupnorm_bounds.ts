// What rounding may do to group normalisation: to first order, c · ε · these numbers bound the
// error of a float32 evaluation with two-pass statistics, whatever the order of its sums.
//
// Every quantity goes with its size |q| and its bound B(q) ≥ |q|, both element by element:
//   x̂      r (|x| + mean |x|)             μ moves by ε mean |x|, x by ε |x|; r by a few ε
//   u · v   |u| B(v) + B(u) |v|           inputs are exact: B = 0
//   a       |γ| B(x̂) + |β|                h: B(a · (1 + scale)) + |shift|
//   y       SLOPE · B(h)                   f'(h): SLOPE + CURVATURE · B(h)
//   dx      r (B(ĝ) + mean B(ĝ) + B(x̂ · mean(ĝ · x̂))),  ĝ = γ · (1 + scale) · f'(h) · dy
// relu has a kink: where h is within rounding of 0 its gradient may jump, and no bound holds.
import { CURVES } from "./activation.ts";
import {
  channelOf,
  factorAt,
  type GroupNormGradients,
  type GroupNormInputs,
  type GroupNormOptions,
  type GroupNormStages,
  groupNormStages,
  imageAndChannelOf,
  sumByChannel,
  sumByImageAndChannel,
} from "./groupnorm.ts";
import { absolute, mapArray, type NdArray, ndarray } from "./ndarray.ts";

/** ≥ max |f'| of any activation: gelu's, 1.129. */
export const SLOPE = 1.13;
/** ≥ max |f''|: gelu's at 0, √(2/π) = 0.798. */
export const CURVATURE = 0.8;

/** A quantity's |q| and B(q). */
interface Bounded {
  size: NdArray;
  bound: NdArray;
}

/** The bound of every element of y. */
export function groupNormBound(inputs: GroupNormInputs, options: GroupNormOptions): NdArray {
  const { h } = boundedStages(inputs, groupNormStages(inputs, options));
  const slope = (options.activation ?? "none") === "none" ? 1 : SLOPE;
  return mapArray(h.bound, (bound) => slope * bound);
}

/** The bounds of every element of every gradient. */
export function groupNormBackwardBound(
  inputs: GroupNormInputs,
  dy: NdArray,
  options: GroupNormOptions,
): GroupNormGradients {
  const stages = groupNormStages(inputs, options);
  const { normal, gamma, a, factor, h } = boundedStages(inputs, stages);
  const name = options.activation ?? "none";
  const [slope, curvature] = name === "none" ? [1, 0] : [SLOPE, CURVATURE];
  const derivative = {
    size: mapArray(stages.h, (value) => Math.abs(CURVES[name].derivative(value))),
    bound: mapArray(h.bound, (bound) => slope + curvature * bound),
  };
  const dh = times(exact(dy), derivative);
  const da = times(dh, factor);
  return {
    dx: inputGradientBound(times(gamma, da), normal, stages.rstd),
    dweight: sumByChannel(times(da, normal).bound),
    dbias: sumByChannel(da.bound),
    ...(inputs.scale && { dscale: sumByImageAndChannel(times(dh, a).bound) }),
    ...(inputs.shift && { dshift: sumByImageAndChannel(dh.bound) }),
  };
}

function boundedStages(inputs: GroupNormInputs, stages: GroupNormStages) {
  const { x, weight, bias, scale, shift } = inputs;
  const meanOfX = groupMeans(absolute(x), stages.rstd);
  const r = spread(stages.rstd, x);
  const normal = {
    size: absolute(stages.normal),
    bound: mapArray(meanOfX, (mean, i) => r.data[i]! * (Math.abs(x.data[i]!) + mean)),
  };
  const gamma = exact(mapArray(x, (_, i) => weight.data[channelOf(x, i)]!));
  const affine = times(gamma, normal).bound;
  const a = {
    size: absolute(stages.a),
    bound: mapArray(affine, (bound, i) => bound + Math.abs(bias.data[channelOf(x, i)]!)),
  };
  const factorSize = mapArray(x, (_, i) => Math.abs(factorAt(inputs, i)));
  const factor = { size: factorSize, bound: scale ? factorSize : ndarray(x.shape) };
  const h = {
    size: absolute(stages.h),
    bound: mapArray(times(a, factor).bound, (bound, i) => {
      return bound + Math.abs(shift?.data[imageAndChannelOf(x, i)] ?? 0);
    }),
  };
  return { normal, gamma, a, factor, h };
}

/** r (B(ĝ) + mean B(ĝ) + B(x̂ · mean(ĝ · x̂))). */
function inputGradientBound(g: Bounded, normal: Bounded, rstd: NdArray): NdArray {
  const product = times(g, normal);
  const mean = { size: groupMeans(product.size, rstd), bound: groupMeans(product.bound, rstd) };
  const bySpread = times(normal, mean).bound;
  const byMean = groupMeans(g.bound, rstd);
  const r = spread(rstd, g.size);
  return mapArray(g.bound, (own, i) => r.data[i]! * (own + byMean.data[i]! + bySpread.data[i]!));
}

const exact = (x: NdArray): Bounded => ({ size: absolute(x), bound: ndarray(x.shape) });

function times(u: Bounded, v: Bounded): Bounded {
  return {
    size: mapArray(u.size, (size, i) => size * v.size.data[i]!),
    bound: mapArray(u.size, (size, i) => {
      return size * v.bound.data[i]! + u.bound.data[i]! * v.size.data[i]!;
    }),
  };
}

/** The value of each element's group, from [N, G] to the shape of `x`. */
function spread(values: NdArray, x: NdArray): NdArray {
  const size = x.data.length / values.data.length;
  return mapArray(x, (_, i) => values.data[Math.floor(i / size)]!);
}

/** The mean of each element's group; `groups` has one element a group. */
function groupMeans(x: NdArray, groups: NdArray): NdArray {
  const means = ndarray(groups.shape);
  const size = x.data.length / means.data.length;
  x.data.forEach((value, i) => {
    means.data[Math.floor(i / size)]! += value / size;
  });
  return spread(means, x);
}
