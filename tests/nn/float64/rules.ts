// The float64 twin of each rule of a U-Net: its value, and its inputs' gradients, by name.
import { activationRule } from "../../../src/autograd/rules/activation.ts";
import { attentionRule } from "../../../src/autograd/rules/attention.ts";
import { concatRule } from "../../../src/autograd/rules/concat.ts";
import { conv2dRule } from "../../../src/autograd/rules/conv2d.ts";
import { addRule, affineRule } from "../../../src/autograd/rules/elementwise.ts";
import { groupNormRule } from "../../../src/autograd/rules/groupnorm.ts";
import { linearRule } from "../../../src/autograd/rules/linear.ts";
import { averagePoolRule, upsampleRule } from "../../../src/autograd/rules/resample.ts";
import { type Activation, activation, activationBackward } from "../../reference/activation.ts";
import { attention, attentionBackward } from "../../reference/attention.ts";
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

const conv2dTwin = twin<Conv2dOptions>({
  name: "conv2d",
  forward: ({ x, weight, bias, rows, residual }, options) => {
    const y = conv2d({ x: x!, weight: weight!, bias }, options);
    const [, , H, W] = extents4(y);
    return mapArray(
      y,
      (value, i) => value + (rows?.data[Math.floor(i / (H * W))] ?? 0) + (residual?.data[i] ?? 0),
    );
  },
  backward: ({ x, weight }, dy, options) => ({
    ...conv2dBackward({ x: x!, weight: weight! }, dy, options),
    drows: sumByImageAndChannel(dy),
    dresidual: dy,
  }),
});

/** scaleShift [N, 2C] as two tensors [N, C]. */
function normInputs({ x, weight, bias, scaleShift }: Values) {
  const inputs = { x: x!, weight: weight!, bias: bias! };
  if (!scaleShift) return inputs;
  const [N = 0, both = 0] = scaleShift.shape;
  const C = both / 2;
  const half = (first: number) => {
    const part = ndarray([N, C]);
    return mapArray(part, (_, i) => scaleShift.data[Math.floor(i / C) * both + first + (i % C)]!);
  };
  return { ...inputs, scale: half(0), shift: half(C) };
}

const groupNormTwin = twin<GroupNormOptions>({
  name: "groupNorm",
  forward: (inputs, options) => groupNorm(normInputs(inputs), options).y,
  backward: (inputs, dy, options) => {
    const { dscale, dshift, ...rest } = groupNormBackward(normInputs(inputs), dy, options);
    if (!dscale || !dshift) return { ...rest };
    const [N = 0, C = 0] = dscale.shape;
    const dscaleShift = mapArray(ndarray([N, 2 * C]), (_, i) => {
      const [n, c] = [Math.floor(i / (2 * C)), i % (2 * C)];
      return c < C ? dscale.data[n * C + c]! : dshift.data[n * C + c - C]!;
    });
    return { ...rest, dscaleShift };
  },
});

/** [N, C, H, W] as [N, C, S], which attention's twin takes. */
const asTokens = ({ shape, data }: NdArray): NdArray => ({
  shape: [shape[0]!, shape[1]!, data.length / (shape[0]! * shape[1]!)],
  data,
});

const tokensOf = ({ q, k, v }: Values) => ({
  q: asTokens(q!),
  k: asTokens(k!),
  v: asTokens(v!),
});

const attentionTwin = twin<{ heads: number }>({
  name: "attention",
  forward: (inputs, options) => ({
    shape: inputs.q!.shape,
    data: attention(tokensOf(inputs), options).data,
  }),
  backward: (inputs, dy, options) => ({
    ...attentionBackward(tokensOf(inputs), asTokens(dy), options),
  }),
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
