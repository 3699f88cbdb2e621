// Layers: each names its parameters as PyTorch does, and applies one rule.
//
// A Network carries the tape and the weights; layers are functions of it, and hold no state.

import type { Forward } from "../autograd/forward.ts";
import { conv2dRule } from "../autograd/rules/conv2d.ts";
import type { dropoutRule } from "../autograd/rules/dropout.ts";
import { groupNormRule } from "../autograd/rules/groupnorm.ts";
import { linearRule } from "../autograd/rules/linear.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ActivationName } from "../kernels/activation.ts";
import type { Columns } from "../kernels/columns.ts";
import type { Padding } from "../kernels/conv2d.ts";
import type { HalfWeights } from "./half_weights.ts";
import type { Weights } from "./weights.ts";

export interface Network {
  /** a Tape where gradients are wanted */
  readonly tape: Forward;
  readonly weights: Weights;
  /** in training alone */
  readonly dropout?: Dropout | undefined;
  /** where maps are float16 */
  readonly half?: Half | undefined;
}

/** A network of float16 maps. Time embeddings, norms' parameters and all sums stay float32. */
export interface Half {
  readonly weights: HalfWeights;
  /** [1] or more: S, where its gradients are S times themselves */
  readonly lossScale?: Tensor | undefined;
}

/** Dropout of a training step: its layers are numbered as they are recorded. */
export interface Dropout {
  /** given by who trains: what only samples does not carry it */
  readonly rule: typeof dropoutRule;
  readonly rate: number;
  /** u32 [8]: the step's masks are drawn from it */
  readonly state: Tensor;
  layers: number;
}

/** One pixel of zeros on every side. */
export const SAME: Padding = { top: 1, bottom: 1, left: 1, right: 1 };
export const NO_PADDING: Padding = { top: 0, bottom: 0, left: 0, right: 0 };

export interface ConvOptions {
  /** name of the module, as in PyTorch's state dict */
  name: string;
  out: number;
  kernel?: 1 | 3;
  stride?: 1 | 2;
  padding?: Padding;
  /** read the input through a nearest-neighbour doubling */
  upsample?: boolean;
  /** `out` columns of [N, all], added to every pixel */
  rows?: Columns | undefined;
  /** added to the output */
  residual?: Tensor | undefined;
  /** weights stored as a linear layer's, [out, in]; for kernel 1 */
  linear?: boolean;
}

/** Dropout of a layer's output where a network has it, else x itself. */
export function dropout({ tape, dropout: asked }: Network, x: Tensor): Tensor {
  if (!asked || asked.rate === 0) return x;
  const { rule, rate, state } = asked;
  return tape.apply(rule, { x }, { rate, state, layer: asked.layers++ });
}

/** conv2d(x) + bias + rows + residual. */
export function conv({ tape, weights, half }: Network, x: Tensor, options: ConvOptions): Tensor {
  const { name, out, kernel = 3, stride = 1, upsample = false, rows, residual } = options;
  const padding = options.padding ?? (kernel === 3 ? SAME : NO_PADDING);
  const channels = x.shape[1]!;
  const view = [out, channels, kernel, kernel];
  const start = { fanIn: channels * kernel * kernel };
  const shape = options.linear ? [out, channels] : view;
  const master = weights.declare({ name: `${name}.weight`, shape, start }, view);
  const bias = weights.declare({ name: `${name}.bias`, shape: [out], start });
  const weight = half?.weights.of(master) ?? master;
  const inputs = { x, weight, bias, rows: rows?.of, residual };
  return tape.apply(conv2dRule, inputs, { stride, padding, upsample, rowsFirst: rows?.first });
}

/** 1×1 convolutions of one input, as one: [N, Σ out, H, W], the outputs one after the other. */
export function projections(
  { tape, weights, half }: Network,
  x: Tensor,
  { name, roles, out }: { name: string; roles: readonly string[]; out: number },
): Tensor {
  const fanIn = x.shape[1]!;
  const [start, stack] = [{ fanIn }, `${name}.${roles.join("+")}`];
  const stacks = { weight: `${stack}.weight`, bias: `${stack}.bias` };
  for (const role of roles) {
    const module = `${name}.${role}`;
    const weight = { name: `${module}.weight`, shape: [out, fanIn], start, stack: stacks.weight };
    weights.declare(weight, [out, fanIn, 1, 1]);
    weights.declare({ name: `${module}.bias`, shape: [out], start, stack: stacks.bias });
  }
  const master = weights.tensor(stacks.weight);
  const weight = half?.weights.of(master) ?? master;
  const inputs = { x, weight, bias: weights.tensor(stacks.bias) };
  return tape.apply(conv2dRule, inputs, { stride: 1, padding: NO_PADDING, upsample: false });
}

/** x Wᵀ + bias for x [N, in]. */
export function linear({ tape, weights }: Network, x: Tensor, name: string, out: number): Tensor {
  const fanIn = x.shape[1]!;
  const weight = weights.declare({ name: `${name}.weight`, shape: [out, fanIn], start: { fanIn } });
  const bias = weights.declare({ name: `${name}.bias`, shape: [out], start: { fanIn } });
  return tape.apply(linearRule, { x, weight, bias }, {});
}

/** The columns of one layer; undefined in a network's first recording, which is never run. */
export type ColumnsOf = (name: string, out: number) => Columns | undefined;

/**
 * Linear layers of one input, as one product. Each is declared where its columns are asked for, so that
 * the first recording makes no product.
 *
 * @param stack  what their weights lie stacked in
 */
export function sharedLinear(network: Network, x: Tensor, stack: string): ColumnsOf {
  const { tape, weights } = network;
  const stacks = { weight: `${stack}.weight`, bias: `${stack}.bias` };
  const stacked = () => ({
    weight: weights.tensor(stacks.weight),
    bias: weights.tensor(stacks.bias),
  });
  const of = weights.isPlaced ? tape.apply(linearRule, { x, ...stacked() }, {}) : undefined;
  const [fanIn, start] = [x.shape[1]!, { fanIn: x.shape[1]! }];
  return (name, out) => {
    const weight = { name: `${name}.weight`, shape: [out, fanIn], start, stack: stacks.weight };
    const bias = { name: `${name}.bias`, shape: [out], start, stack: stacks.bias };
    weights.declare(weight);
    weights.declare(bias);
    return of && { of, first: weights.rowOf(bias) };
  };
}

export interface NormOptions {
  name: string;
  groups: number;
  eps: number;
  activation: ActivationName;
  /** 2C columns of [N, all]: h · (1 + first half) + second half, before the activation */
  scaleShift?: Columns | undefined;
}

/** Group norm, scale and shift, activation: one kernel. */
export function groupNorm({ tape, weights }: Network, x: Tensor, options: NormOptions): Tensor {
  const { name, groups, eps, activation, scaleShift } = options;
  const [shape, stack] = [[x.shape[1]!], `${name}.weight+bias`];
  weights.declare({ name: `${name}.weight`, shape, start: { constant: 1 }, stack });
  weights.declare({ name: `${name}.bias`, shape, start: { constant: 0 }, stack });
  const inputs = { x, affine: weights.tensor(stack), scaleShift: scaleShift?.of };
  const scaleFirst = scaleShift?.first;
  return tape.apply(groupNormRule, inputs, { groups, eps, activation, scaleFirst });
}
