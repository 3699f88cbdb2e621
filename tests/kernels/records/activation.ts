// The record of activation.wgsl.
import { activationRule } from "../../../src/autograd/rules/activation.ts";
import { ACTIVATIONS, type ActivationName, activation } from "../../../src/kernels/activation.ts";
import { activationBackward, CURVES, activation as twin } from "../../reference/activation.ts";
import { mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import {
  differentiable,
  type KernelInfo,
  numbers,
  type Sample,
  selfTestSamples,
} from "./record.ts";

/**
 * f(x) = x a(x), f'(x) = a + b. An exponential of v may be off by 3 + 2|v| ulp, v = x or, for gelu,
 * x²/2: that moves a by a part of |b|, and b by (1 + |v|) |b|. What is below 2⁻⁹⁶ may be 0.
 */
export function activationBounds(name: ActivationName, x: NdArray, dy: NdArray) {
  const { value, derivative } = CURVES[name];
  const terms = (v: number) => {
    const a = v === 0 ? derivative(0) : value(v) / v;
    return [Math.abs(a), Math.abs(derivative(v) - a)] as const;
  };
  const y = mapArray(x, (v) => Math.abs(v) * (terms(v)[0] + terms(v)[1]) + 2 ** -96);
  const dx = mapArray(x, (v, i) => {
    const [a, b] = terms(v);
    const exponent = name === "gelu" ? v * v : Math.abs(v);
    return (a + b * (1 + exponent) + 2 ** -96) * Math.abs(dy.data[i]!);
  });
  return { y, dx };
}

/** From −30 to 30, and far outside. */
function ramp(): NdArray {
  const near = Array.from({ length: 6001 }, (_, i) => Math.fround((i - 3000) / 100));
  const far = [50, 87, 88, 89, 100, 200, 1e4, 1e30].flatMap((value) => [value, -value]);
  return ndarray([6018], [...near, ...far.map(Math.fround), 0]);
}

function sampleOf(activation: ActivationName, x: NdArray): Sample {
  return differentiable({
    name: `${activation} of [${x.shape}]`,
    rule: activationRule,
    inputs: { x },
    options: () => ({ name: activation }),
    forward: ({ x }) => twin(activation, x!),
    backward: ({ x }, dy) => ({ dx: activationBackward(activation, x!, dy) }),
    bounds: ({ x }, dy) => activationBounds(activation, x!, dy),
  });
}

/** Central differences step over relu's corner and the ends of float32. */
const withoutDifferences = ({ forward: _, ...sample }: Sample): Sample => sample;

export const info: KernelInfo = {
  family: "activation",
  shaders: ["activation"],
  dtypes: ["f32", "f16"],
  tolerance: { factor: 8, reason: "an exponential may be off by 3 + 2|x| ulp: see the bounds" },
  samples: () => [
    ...selfTestSamples("activation"),
    ...ACTIVATIONS.flatMap((name) => [
      ...[[1], [3, 65], [2, 5, 7, 3]].map((shape) => sampleOf(name, numbers(shape, 1, 3))),
      withoutDifferences(sampleOf(name, ramp())),
    ]),
  ],
  refusals: [
    {
      what: "an unknown name",
      launch: (graph, tensor) =>
        activation(graph, { x: tensor(1) }, { name: "tanh" as ActivationName }),
      message: 'activation: activation must be one of none, silu, mish, gelu, relu, got "tanh".',
    },
  ],
};
