// Twins of src/inspect/cases/groupnorm.ts.
import { NORMALISATIONS } from "../../../src/inspect/cases/groupnorm.ts";
import {
  type GroupNormInputs,
  groupNorm,
  groupNormBackward,
  groupNormStages,
} from "../../reference/groupnorm.ts";
import { groupNormBackwardBound, groupNormBound } from "../../reference/groupnorm_bounds.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import type { Inputs, Twins } from "./twin.ts";

type Normalisation = (typeof NORMALISATIONS)[number];

/** γ and β [C] of affine [2C]. */
export function affineParts({ data }: NdArray): Record<"weight" | "bias", NdArray> {
  const C = data.length / 2;
  const half = (from: number) => ndarray([C], data.slice(from, from + C));
  return { weight: half(0), bias: half(C) };
}

/** The gradient of affine, of those of γ and β. */
export const affineOf = ({ dweight, dbias }: Record<"dweight" | "dbias", NdArray>): NdArray =>
  ndarray([2 * dweight.data.length], [...dweight.data, ...dbias.data]);

/** What a case is launched with: scale and shift [N, C] from [N, 2C], or neither. */
function inputsOf({ x, affine, scaleShift }: Inputs, { isPlain }: Normalisation): GroupNormInputs {
  const needed = { x: x!, ...affineParts(affine!) };
  if (isPlain) return needed;
  const [N, C] = x!.shape as [number, number];
  const half = (which: number) =>
    mapArray(ndarray([N, C]), (_, i) => {
      return scaleShift!.data[(2 * Math.floor(i / C) + which) * C + (i % C)]!;
    });
  return { ...needed, scale: half(0), shift: half(1) };
}

/** [N, 2C] from scale and shift [N, C]. */
function joined(scale: NdArray, shift: NdArray): NdArray {
  const [N, C] = scale.shape as [number, number];
  return mapArray(ndarray([N, 2 * C]), (_, i) => {
    const half = Math.floor(i / C) % 2 === 0 ? scale : shift;
    return half.data[Math.floor(i / (2 * C)) * C + (i % C)]!;
  });
}

/** μ and r, [N, G, 2]; μ may err by the mean |x|, r in proportion, by itself and by x − μ. */
function statsOf(inputs: GroupNormInputs, options: Normalisation) {
  const { mean, rstd } = groupNormStages(inputs, options);
  const size = inputs.x.data.length / mean.data.length;
  const sizes = absolute(inputs.x).data;
  const pairs = [...mean.data].map((mu, group) => {
    const own = sizes.subarray(group * size, (group + 1) * size);
    const meanOfX = own.reduce((sum, value) => sum + value, 0) / size;
    const r = rstd.data[group]!;
    return { values: [mu, r], bounds: [meanOfX, r * (1 + r * meanOfX)] };
  });
  const shape = [...mean.shape, 2];
  return {
    expected: ndarray(
      shape,
      pairs.flatMap(({ values }) => values),
    ),
    bound: ndarray(
      shape,
      pairs.flatMap(({ bounds }) => bounds),
    ),
  };
}

export const groupnormTwins: Twins = Object.fromEntries(
  NORMALISATIONS.map((options) => [
    options.name,
    (given) => {
      const inputs = inputsOf(given, options);
      const { y } = groupNorm(inputs, options);
      const bound = groupNormBound(inputs, options);
      return { y: { expected: y, bound }, stats: statsOf(inputs, options) };
    },
  ]),
);

export const groupnormBackwardTwins: Twins = Object.fromEntries(
  NORMALISATIONS.map((options) => [
    options.name,
    (given) => {
      const inputs = inputsOf(given, options);
      const [dy, pending] = [given.dy!, given.pending!];
      const exact = groupNormBackward(inputs, dy, options);
      const bounds = groupNormBackwardBound(inputs, dy, options);
      const plus = (dx: NdArray, more: NdArray) =>
        mapArray(dx, (value, i) => value + more.data[i]!);
      return {
        dx: { expected: plus(exact.dx, pending), bound: plus(bounds.dx, absolute(pending)) },
        daffine: { expected: affineOf(exact), bound: affineOf(bounds) },
        ...(exact.dscale && {
          dscaleShift: {
            expected: joined(exact.dscale, exact.dshift!),
            bound: joined(bounds.dscale!, bounds.dshift!),
          },
        }),
      };
    },
  ]),
);
