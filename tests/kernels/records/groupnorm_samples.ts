// Samples of the group norm and its gradients, for the records of both families.
import { groupNormRule } from "../../../src/autograd/rules/groupnorm.ts";
import { ACTIVATIONS, type ActivationName } from "../../../src/kernels/activation.ts";
import { affineOf, affineParts } from "../../inspect/twins/groupnorm.ts";
import {
  type GroupNormInputs,
  groupNorm as twin,
  groupNormBackward as twinBackward,
} from "../../reference/groupnorm.ts";
import { groupNormBackwardBound, groupNormBound } from "../../reference/groupnorm_bounds.ts";
import { mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import { differentiable, numbers, type Sample } from "./record.ts";

export interface Normalisation {
  shape: readonly number[];
  groups: number;
  activation?: ActivationName;
  eps?: number;
  mean?: number;
  /** with scale and shift; default true */
  scales?: boolean;
}

/** 1×1 images, odd sizes, G = 1, G = C, N = 1, rows and groups of several runs. */
export const AWKWARD: Normalisation[] = [
  { shape: [1, 4, 1, 1], groups: 2 },
  { shape: [1, 1, 1, 3], groups: 1 },
  { shape: [2, 6, 3, 5], groups: 6 },
  { shape: [2, 6, 3, 5], groups: 1 },
  { shape: [3, 8, 2, 2], groups: 4 },
  { shape: [1, 6, 7, 7], groups: 3 },
  { shape: [2, 4, 14, 14], groups: 2 },
  { shape: [1, 4, 65, 33], groups: 1 },
  { shape: [1, 2, 32, 36], groups: 2 },
  { shape: [1, 3, 100, 92], groups: 1 },
  { shape: [5, 40, 4, 4], groups: 8 },
];

/** Every activation, odd and even, with and without scale and shift. */
export const ACTIVATED: Normalisation[] = ACTIVATIONS.flatMap((activation) => [
  { shape: [2, 6, 4, 5], groups: 3, eps: 1e-6, activation },
  { shape: [2, 6, 3, 5], groups: 3, eps: 1e-6, activation },
  { shape: [2, 6, 4, 5], groups: 3, eps: 1e-6, activation, scales: false },
]);

export const FAR: Normalisation[] = [
  { shape: [1, 4, 64, 64], groups: 2, mean: 1000 },
  { shape: [1, 4, 31, 33], groups: 2, mean: 1000 },
  { shape: [1, 2, 160, 128], groups: 2, mean: 1000 },
];

/** Columns of the scales, or of the shifts, of [N, 2C]. */
function half(both: NdArray, which: 0 | 1): NdArray {
  const [N, C] = [both.shape[0]!, both.shape[1]! / 2];
  return mapArray(ndarray([N, C]), (_, i) => {
    return both.data[(2 * Math.floor(i / C) + which) * C + (i % C)]!;
  });
}

/** [N, 2C] from scale and shift [N, C]. */
export function joined(scale: NdArray, shift: NdArray): NdArray {
  const [N, C] = scale.shape as [number, number];
  return mapArray(ndarray([N, 2 * C]), (_, i) => {
    const source = Math.floor(i / C) % 2 === 0 ? scale : shift;
    return source.data[Math.floor(i / (2 * C)) * C + (i % C)]!;
  });
}

const splitInputs = ({ x, affine, scaleShift }: Record<string, NdArray>): GroupNormInputs => ({
  x: x!,
  ...affineParts(affine!),
  ...(scaleShift && { scale: half(scaleShift, 0), shift: half(scaleShift, 1) }),
});

type Gradients = ReturnType<typeof twinBackward>;

const asOne = ({ dx, dweight, dbias, dscale, dshift }: Gradients): Record<string, NdArray> => ({
  dx,
  daffine: affineOf({ dweight, dbias }),
  ...(dscale && dshift && { dscaleShift: joined(dscale, dshift) }),
});

/** y = f((γ x̂ + β)(1 + scale) + shift), and every gradient, by the rule. */
export function normalisation(one: Normalisation): Sample {
  const { shape, groups, activation = "silu", eps = 1e-5, mean = 0, scales = true } = one;
  const [N, C] = shape as [number, number];
  const options = { groups, eps, activation };
  const needed = {
    x: mapArray(numbers(shape, 1), (value) => Math.fround(mean + 1.7 * value)),
    affine: numbers([2 * C], 2),
  };
  const sample = differentiable({
    name: `[${shape}] in ${groups} groups, ${activation}, mean ${mean}${scales ? ", scaled" : ""}`,
    rule: groupNormRule,
    inputs: scales ? { ...needed, scaleShift: numbers([N, 2 * C], 4) } : needed,
    options: () => options,
    forward: (inputs) => twin(splitInputs(inputs), options).y,
    backward: (inputs, dy) => asOne(twinBackward(splitInputs(inputs), dy, options)),
    bounds: (inputs, dy) => ({
      y: groupNormBound(splitInputs(inputs), options),
      ...asOne(groupNormBackwardBound(splitInputs(inputs), dy, options)),
    }),
  });
  // central differences do not see corners, nor a group of few values, where σ² is near eps
  const isSmooth = activation !== "relu" && (C / groups) * shape[2]! * shape[3]! > 4;
  const { forward: _, ...bare } = sample;
  return isSmooth ? sample : bare;
}
