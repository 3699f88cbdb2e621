// How the group-norm kernels cut a tensor among lanes, and the checks both passes make.
//
// On the software adapters a load costs the same whatever its neighbours load, and workgroup memory
// is a loss: there one lane takes a whole run of values. Elsewhere neighbouring lanes take
// neighbouring values, and a workgroup shares a run. Neither needs subgroups.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, roundUp, type Shape, shape4, showShape } from "../core/shape.ts";
import type { Target } from "../device/gpu.ts";
import type { Tensor } from "../graph/tensor.ts";

export interface GroupNormInputs {
  /** [N, C, H, W] */
  x: Tensor;
  /** γ [C] */
  weight: Tensor;
  /** β [C] */
  bias: Tensor;
  /** [N, 2C]: C scales, then C shifts of every image */
  scaleShift?: Tensor | undefined;
}

/** Slices are runs of a group's values, parts are runs of a row's: of one channel of one image. */
export interface Cut {
  readonly slice: number;
  readonly slices: number;
  readonly part: number;
  readonly parts: number;
  /** H · W is a multiple of 4: kernels take four values at a time */
  readonly isWide: boolean;
  /** a workgroup sums a run, instead of a lane */
  readonly isShared: boolean;
  /** lanes of a workgroup, and how many of them share a part where nothing is summed */
  readonly constants: { readonly WG: number; readonly LANES: number };
}

/** Every `constants` that cutOf can give. */
export const CUT_CONSTANTS: readonly Cut["constants"][] = [
  { WG: 16, LANES: 1 },
  { WG: 64, LANES: 4 },
  { WG: 64, LANES: 64 },
];

const MOST_SLICES = 64; // each lane of the next kernel joins them all
const UNIT = 16; // runs are multiples of this

export function cutOf(target: Target, shape: Shape, groups: number): Cut {
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  const pixels = H * W;
  const isWide = pixels % 4 === 0;
  const isSoftware = target.software !== undefined;
  const isShared = isWide && !isSoftware;
  // enough runs for every lane or workgroup, none shorter than is worth its overhead
  const [enough, shortest] = isSoftware ? [64, 64] : isShared ? [512, 1024] : [4096, 64];
  const bySlices = runs((C / groups) * pixels, N * groups, { enough, shortest, most: MOST_SLICES });
  const byParts = runs(pixels, N * C, { enough, shortest, most: pixels });
  const lanes = byParts.length >= 256 ? 64 : 4;
  return {
    slice: bySlices.length,
    slices: bySlices.count,
    part: byParts.length,
    parts: byParts.count,
    isWide,
    isShared,
    constants: isSoftware ? { WG: 16, LANES: 1 } : { WG: 64, LANES: lanes },
  };
}

/** Sums over longer runs would lose digits. */
const LONGEST = 8192;

/** How to cut each of `rows` rows of `size` values. */
function runs(
  size: number,
  rows: number,
  { enough, shortest, most }: { enough: number; shortest: number; most: number },
): { length: number; count: number } {
  const useful = Math.max(1, Math.floor(size / shortest));
  const wanted = Math.max(ceilDiv(size, LONGEST), Math.min(ceilDiv(enough, rows), useful));
  const length = roundUp(ceilDiv(size, Math.min(wanted, most)), UNIT);
  return { length, count: ceilDiv(size, length) };
}

/** The extents of x. @throws ShapeError unless all fit together and the groups divide C */
export function requireGroupNorm(
  operation: string,
  { x, weight, bias, scaleShift }: GroupNormInputs,
  groups: number,
): [number, number, number, number] {
  const [N, C, H, W] = shape4(operation, x.shape);
  if (!Number.isInteger(groups) || groups < 1 || C % groups !== 0) {
    const divisors = Array.from({ length: C }, (_, i) => i + 1).filter((d) => C % d === 0);
    throw new ShapeError(
      "shape/groups",
      `${operation}: groups must divide C, got groups = ${groups} and C = ${C} (x: ${showShape(x.shape)}).`,
      `Divisors of ${C}: ${divisors.join(", ")}.`,
    );
  }
  requireShape(operation, "weight", weight.shape, [C]);
  requireShape(operation, "bias", bias.shape, [C]);
  if (scaleShift) requireShape(operation, "scaleShift", scaleShift.shape, [N, 2 * C]);
  return [N, C, H, W];
}
