// The float64 twin of each rule of a U-Net: its value, and its inputs' gradients, by name.
import { activationRule } from "../../../src/autograd/rules/activation.ts";
import { attentionRule } from "../../../src/autograd/rules/attention.ts";
import { concatRule } from "../../../src/autograd/rules/concat.ts";
import { conv2dRule } from "../../../src/autograd/rules/conv2d.ts";
import { addRule, affineRule } from "../../../src/autograd/rules/elementwise.ts";
import { groupNormRule } from "../../../src/autograd/rules/groupnorm.ts";
import { linearRule } from "../../../src/autograd/rules/linear.ts";
import { averagePoolRule, upsampleRule } from "../../../src/autograd/rules/resample.ts";
import { affineOf, affineParts } from "../../inspect/twins/groupnorm.ts";
import { type Activation, activation, activationBackward } from "../../reference/activation.ts";
import { attention, attentionBackward, joined, parted } from "../../reference/attention.ts";
import { concatChannels, concatChannelsBackward } from "../../reference/concat.ts";
import { type Conv2dOptions, conv2d, conv2dBackward } from "../../reference/conv2d.ts";
import { addScale, addScaleBackward } from "../../reference/elementwise.ts";
import {
  type GroupNormOptions,
  groupNorm,
  groupNormBackward,
  sumByImageAndChannel,
} from "../../reference/groupnorm.ts";
import { linear, linearBackward } from "../../reference/matmul.ts";
import { extents4, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import {
  averagePool2x2,
  averagePool2x2Backward,
  upsampleNearest2x,
  upsampleNearest2xBackward,
} from "../../reference/resample.ts";

/** A rule's inputs by its names, or their gradients as d and the name. */
export type Values = Readonly<Record<string, NdArray>>;

export interface RuleTwin {
  name: string;
  forward(inputs: Values, options: never): NdArray;
  backward(inputs: Values, dy: NdArray, options: never): Values;
}

const twin = <Options>(definition: {
  name: string;
  forward(inputs: Values, options: Options): NdArray;
  backward(inputs: Values, dy: NdArray, options: Options): Values;
}): RuleTwin => definition;

/** `count` columns of [N, all] from `first` on. */
const columnsOf = ({ shape, data }: NdArray, first: number, count: number): NdArray =>
  mapArray(ndarray([shape[0]!, count]), (_, i) => {
    return data[Math.floor(i / count) * shape[1]! + first + (i % count)]!;
  });

/** A matrix of zeros but for those columns. */
function asColumns({ shape }: NdArray, first: number, columns: NdArray): NdArray {
  const [all, count] = [shape[1]!, columns.shape[1]!];
  return mapArray(ndarray(shape), (_, i) => {
    const column = (i % all) - first;
    const isOwn = column >= 0 && column < count;
    return isOwn ? columns.data[Math.floor(i / all) * count + column]! : 0;
  });
}

const conv2dTwin = twin<Conv2dOptions & { rowsFirst?: number }>({
  name: "conv2d",
  forward: ({ x, weight, bias, rows, residual }, { rowsFirst = 0, ...options }) => {
    const y = conv2d({ x: x!, weight: weight!, bias }, options);
    const [, O, H, W] = extents4(y);
    const own = rows && columnsOf(rows, rowsFirst, O);
    return mapArray(
      y,
      (value, i) => value + (own?.data[Math.floor(i / (H * W))] ?? 0) + (residual?.data[i] ?? 0),
    );
  },
  backward: ({ x, weight, rows }, dy, { rowsFirst = 0, ...options }) => ({
    ...conv2dBackward({ x: x!, weight: weight! }, dy, options),
    ...(rows && { drows: asColumns(rows, rowsFirst, sumByImageAndChannel(dy)) }),
    dresidual: dy,
  }),
});

/** 2C columns of scaleShift as two tensors [N, C]. */
function normInputs({ x, affine, scaleShift }: Values, first: number) {
  const inputs = { x: x!, ...affineParts(affine!) };
  if (!scaleShift) return inputs;
  const C = x!.shape[1]!;
  const [scale, shift] = [columnsOf(scaleShift, first, C), columnsOf(scaleShift, first + C, C)];
  return { ...inputs, scale, shift };
}

const groupNormTwin = twin<GroupNormOptions & { scaleFirst?: number }>({
  name: "groupNorm",
  forward: (inputs, { scaleFirst = 0, ...options }) =>
    groupNorm(normInputs(inputs, scaleFirst), options).y,
  backward: (inputs, dy, { scaleFirst = 0, ...options }) => {
    const given = normInputs(inputs, scaleFirst);
    const { dx, dscale, dshift, ...parameters } = groupNormBackward(given, dy, options);
    const rest = { dx, daffine: affineOf(parameters) };
    if (!dscale || !dshift) return rest;
    const [whole, C] = [inputs.scaleShift!, dscale.shape[1]!];
    const scales = asColumns(whole, scaleFirst, dscale);
    const shifts = asColumns(whole, scaleFirst + C, dshift);
    return { ...rest, dscaleShift: mapArray(scales, (value, i) => value + shifts.data[i]!) };
  },
});

/** [N, C, H, W] as [N, C, S], which attention's twin takes. */
const asTokens = ({ shape, data }: NdArray): NdArray => ({
  shape: [shape[0]!, shape[1]!, data.length / (shape[0]! * shape[1]!)],
  data,
});

const attentionTwin = twin<{ heads: number }>({
  name: "attention",
  forward: ({ qkv }, options) => {
    const [N = 1, C = 3, ...tokens] = qkv!.shape;
    return { shape: [N, C / 3, ...tokens], data: attention(parted(qkv!), options).data };
  },
  backward: ({ qkv }, dy, options) => {
    const { dq, dk, dv } = attentionBackward(parted(qkv!), asTokens(dy), options);
    return { dqkv: { shape: qkv!.shape, data: joined({ q: dq, k: dk, v: dv }).data } };
  },
});

/** Of every rule that a U-Net with no classes applies in float32 without dropout. */
export const RULE_TWINS: ReadonlyMap<unknown, RuleTwin> = new Map<unknown, RuleTwin>([
  [conv2dRule, conv2dTwin],
  [groupNormRule, groupNormTwin],
  [attentionRule, attentionTwin],
  [
    linearRule,
    twin({
      name: "linear",
      forward: ({ x, weight, bias }) => linear({ x: x!, weight: weight!, bias }),
      backward: ({ x, weight }, dy) => linearBackward({ x: x!, weight: weight! }, dy),
    }),
  ],
  [
    activationRule,
    twin<{ name: Activation }>({
      name: "activation",
      forward: ({ x }, { name }) => activation(name, x!),
      backward: ({ x }, dy, { name }) => ({ dx: activationBackward(name, x!, dy) }),
    }),
  ],
  [
    concatRule,
    twin({
      name: "concat",
      forward: ({ a, b }) => concatChannels(a!, b!),
      backward: ({ a }, dy) => ({ ...concatChannelsBackward(dy, a!.shape[1]!) }),
    }),
  ],
  [
    addRule,
    twin<{ scale?: number }>({
      name: "add",
      forward: ({ a, b }, { scale = 1 }) => addScale(a!, b!, 1 / scale),
      backward: (_, dy, { scale = 1 }) => ({ ...addScaleBackward(dy, 1 / scale) }),
    }),
  ],
  [
    affineRule,
    twin<{ a: number; b?: number }>({
      name: "affine",
      forward: ({ x }, { a, b = 0 }) => mapArray(x!, (value) => a * value + b),
      backward: (_, dy, { a }) => ({ dx: mapArray(dy, (value) => a * value) }),
    }),
  ],
  [
    upsampleRule,
    twin({
      name: "upsample",
      forward: ({ x }) => upsampleNearest2x(x!),
      backward: (_, dy) => ({ dx: upsampleNearest2xBackward(dy) }),
    }),
  ],
  [
    averagePoolRule,
    twin({
      name: "averagePool",
      forward: ({ x }) => averagePool2x2(x!),
      backward: ({ x }, dy) => ({ dx: averagePool2x2Backward(dy, x!.shape) }),
    }),
  ],
]);
