// Self-test cases of the group norm and of its gradients.
//
// The gradients take their statistics as input, so that each family is tested by itself.
import { fromHalves, toHalves } from "../../core/float16.ts";
import { sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type GroupNormOptions, groupNorm } from "../../kernels/groupnorm.ts";
import { groupNormBackward } from "../../kernels/groupnorm_backward.ts";
import { floats, random, type SelfTestFamily, selfTestCase } from "./case.ts";

interface Normalisation extends GroupNormOptions {
  name: string;
  /** [N, C, H, W] */
  x: readonly [number, number, number, number];
  /** of x */
  mean: number;
  /** without scale and shift */
  isPlain?: boolean;
}

/** One that is taken value by value, two by fours, and one whose groups are done whole. */
export const NORMALISATIONS: readonly Normalisation[] = [
  { name: "odd", x: [3, 6, 5, 7], groups: 3, eps: 1e-5, activation: "silu", mean: 0 },
  { name: "by fours", x: [2, 8, 6, 10], groups: 2, eps: 1e-6, activation: "silu", mean: 3 },
  { name: "long", x: [1, 2, 36, 37], groups: 1, eps: 1e-5, activation: "silu", mean: -1 },
  {
    name: "whole groups",
    x: [2, 32, 4, 4],
    groups: 8,
    eps: 1e-5,
    activation: "silu",
    mean: 1,
    isPlain: true,
  },
];

function inputsOf({ x, mean, isPlain }: Normalisation) {
  const [N, C] = x;
  const { shape, data } = random(x, 1);
  return {
    x: floats(
      shape,
      data.map((value) => value + mean),
    ),
    affine: random([2 * C], 2),
    ...(!isPlain && { scaleShift: random([N, 2 * C], 4) }),
  };
}

/** μ and r = 1 / √(σ² + eps) of every group, [N, G, 2]. */
function statsOf(values: ArrayLike<number>, { x, groups, eps }: Normalisation) {
  const size = sizeOf(x) / (x[0] * groups);
  const stats = Array.from({ length: x[0] * groups }, (_, group) => {
    const own = Array.from({ length: size }, (_, i) => values[group * size + i]!);
    const mean = own.reduce((sum, value) => sum + value, 0) / size;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    return [mean, 1 / Math.sqrt(variance + eps)];
  });
  return floats([x[0], groups, 2], stats.flat());
}

const columnsOf = (of: Tensor | undefined) => of && { of, first: 0 };

const withColumns = <Given extends { scaleShift?: Tensor }>({ scaleShift, ...rest }: Given) => ({
  ...rest,
  scaleShift: columnsOf(scaleShift),
});

export const groupnormFamily: SelfTestFamily = {
  family: "groupnorm",
  cases: NORMALISATIONS.map((normalisation) =>
    selfTestCase({
      name: normalisation.name,
      inputs: () => inputsOf(normalisation),
      launch: (graph, tensors) => groupNorm(graph, withColumns(tensors), normalisation),
    }),
  ),
};

export const groupnormBackwardFamily: SelfTestFamily = {
  family: "groupnorm_backward",
  cases: NORMALISATIONS.map((normalisation) =>
    selfTestCase({
      name: normalisation.name,
      inputs: () => {
        const { x, ...inputs } = inputsOf(normalisation);
        const halves = fromHalves(toHalves(x.data)); // so that stats are those of float16 maps too
        return {
          ...inputs,
          x: floats(x.shape, halves),
          stats: statsOf(halves, normalisation),
          dy: random(normalisation.x, 5),
          pending: random(normalisation.x, 6),
        };
      },
      launch: (graph, tensors) => {
        const targets = {
          dx: graph.alloc(tensors.x.shape, "selftest.dx", tensors.x.dtype),
          daffine: graph.alloc(tensors.affine.shape, "selftest.daffine"),
          ...(tensors.scaleShift && {
            dscaleShift: graph.alloc(tensors.scaleShift.shape, "selftest.dscaleShift"),
          }),
        };
        groupNormBackward(graph, withColumns(tensors), normalisation, {
          ...targets,
          dscaleShift: columnsOf(targets.dscaleShift),
        });
        return targets;
      },
    }),
  ),
};
