// Launches shaders/groupnorm.wgsl: checks shapes, allocates the outputs, records the dispatches.
//
// Both passes cut a tensor among lanes alike. On the software adapters a load costs the same whatever
// its neighbours load, and workgroup memory is a loss: there one lane takes a whole run of values.
// Elsewhere neighbouring lanes take neighbouring values, and a workgroup shares a run.
import { OptionError, ShapeError } from "../core/errors.ts";
import {
  ceilDiv,
  requireShape,
  roundUp,
  type Shape,
  shape4,
  showShape,
  sizeOf,
} from "../core/shape.ts";
import type { Target } from "../device/gpu.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, unread } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ACTIVATIONS, type ActivationName, activationIndex, flopsOf } from "./activation.ts";
import { type Columns, requireColumns } from "./columns.ts";
import { groupnorm as family } from "./generated/groupnorm.ts";

export interface GroupNormInputs {
  /** [N, C, H, W] */
  x: Tensor;
  /** [2C]: every γ, then every β */
  affine: Tensor;
  /** 2C columns of [N, all]: C scales, then C shifts of every image */
  scaleShift?: Columns | undefined;
}

export interface GroupNormOptions {
  /** divides C */
  groups: number;
  /** added to the variance; > 0 */
  eps: number;
  activation: ActivationName;
}

/** What `sharersOf` gives where it is not 0. */
export const SHARERS: readonly number[] = [4, 8];

/** All `constants` of cuts. */
export const CUT_CONSTANTS: readonly Cut["constants"][] = [
  { WG: 16, LANES: 1 },
  { WG: 64, LANES: 4 },
  { WG: 64, LANES: 64 },
];

/** Every pipeline a launcher here can ask for. */
export const groupNormVariants: Variant[] = [
  ...[16, 64].map((WG) => ({ family, entry: "moments", constants: { WG } })),
  { family, entry: "moments_wide", constants: { WG: 16 } },
  { family, entry: "moments_shared", constants: {} },
  ...SHARERS.flatMap((lanes) =>
    ACTIVATIONS.map((_, ACTIVATION) => {
      return { family, entry: "whole", constants: { SHARERS: lanes, ACTIVATION } };
    }),
  ),
  ...["apply", "apply_wide"].flatMap((entry) =>
    CUT_CONSTANTS.flatMap((lanes) =>
      ACTIVATIONS.map((_, ACTIVATION) => ({ family, entry, constants: { ...lanes, ACTIVATION } })),
    ),
  ),
];

/**
 * y = f((γ_c x̂ + β_c)(1 + scale) + shift), x̂ = (x − μ)·r, r = 1 / √(σ² + eps), with the mean and the
 * biased variance of the C/G · H · W values of a group.
 *
 * @returns  y [N, C, H, W]; stats [N, G, 2]: μ and r, for the backward pass
 * @throws ShapeError unless the shapes fit and groups divide C; OptionError for an unknown
 *         activation, or eps that is not positive
 * @see Wu & He 2018, arXiv:1803.08494, §3.1
 */
export function groupNorm(
  graph: Graph,
  inputs: GroupNormInputs,
  { groups, eps, activation }: GroupNormOptions,
): { y: Tensor; stats: Tensor } {
  const ACTIVATION = activationIndex("groupNorm", activation);
  const [N, C, H, W] = requireGroupNorm("groupNorm", inputs, groups);
  requireEps(eps);
  const { x, affine, scaleShift } = inputs;
  const cut = cutOf(graph.targetOf("groupnorm"), x.shape, groups);
  const y = graph.alloc(x.shape, "groupnorm.y", x.dtype);
  const stats = graph.alloc([N, groups, 2], "groupnorm.stats");

  const { slice, slices, part, parts } = cut;
  const size = { batch: N, channels: C, groups, pixels: H * W, slice, slices, part, parts };
  const dims = { ...size, eps, ...scaleColumns(scaleShift) };
  const scale_shift = scaleShift?.of ?? unread(affine);
  const args = { dims, affine, scale_shift, stats };
  const flops = (4 + flopsOf(activation)) * sizeOf(x.shape);
  const sharers = sharersOf(graph.targetOf("groupnorm"), x.shape, groups);
  if (sharers > 0) {
    const options = {
      constants: { SHARERS: sharers, ACTIVATION },
      flops: flops + 5 * sizeOf(x.shape),
    };
    const workgroups = foldWorkgroups(N * groups, 1);
    graph.dispatch([family, "whole"], { ...args, x4: x, y4: y }, workgroups, options);
    return { y, stats };
  }

  const slice_moments = recordMoments(graph, x, dims, cut);
  const { WG, LANES } = cut.constants;
  const workgroups = foldWorkgroups(N * C * parts * LANES, WG);
  const options = { constants: { WG, LANES, ACTIVATION }, flops };
  const parted = { ...args, slice_moments };
  if (cut.isWide) {
    graph.dispatch([family, "apply_wide"], { ...parted, x4: x, y4: y }, workgroups, options);
  } else graph.dispatch([family, "apply"], { ...parted, x, y }, workgroups, options);
  return { y, stats };
}

type Dims = Record<
  | "batch"
  | "channels"
  | "groups"
  | "pixels"
  | "slice"
  | "slices"
  | "part"
  | "parts"
  | "eps"
  | "scale_step"
  | "scale_first",
  number
>;

/** Mean and squared deviations of every slice, [N, G, slices, 2]. */
function recordMoments(graph: Graph, x: Tensor, dims: Dims, cut: Cut): Tensor {
  const { batch, groups, slices } = dims;
  const moments = graph.alloc([batch, groups, slices, 2], "groupnorm.moments");
  const args = { dims, moments_out: moments };
  const wide = { ...args, x4: x };
  const { WG } = cut.constants;
  const workgroups = foldWorkgroups(batch * groups * slices, cut.isShared ? 1 : WG);
  const flops = 5 * sizeOf(x.shape);
  const options = { constants: { WG }, flops };
  if (cut.isShared) graph.dispatch([family, "moments_shared"], wide, workgroups, { flops });
  else if (cut.isWide) graph.dispatch([family, "moments_wide"], wide, workgroups, options);
  else graph.dispatch([family, "moments"], { ...args, x }, workgroups, options);
  return moments;
}

/** Where a kernel finds scales and shifts. */
export const scaleColumns = (scaleShift: Columns | undefined) => ({
  scale_step: scaleShift?.of.shape[1] ?? 0,
  scale_first: scaleShift?.first ?? 0,
});

function requireEps(eps: number): void {
  if (eps > 0 && Number.isFinite(eps)) return;
  throw new OptionError(
    "option/eps",
    `groupNorm: eps must be positive, got ${eps}.`,
    "PyTorch's default is 1e-5, diffusers' U-Nets have 1e-5 or 1e-6.",
  );
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

const ENOUGH_GROUPS = 16; // to keep the few threads of a software adapter busy

/**
 * How many lanes share a group, where one small workgroup does all of it: on software adapters, where
 * whole rows can be dealt out evenly. Else 0: the group is cut.
 */
export function sharersOf(target: Target, shape: Shape, groups: number): number {
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  const [rows, pixels, lanes] = [C / groups, H * W, target.subgroupSize];
  if (target.software === undefined || !SHARERS.includes(lanes)) return 0;
  const isEven = rows % lanes === 0 && pixels % 4 === 0;
  const isBusy = N * groups >= ENOUGH_GROUPS;
  return isEven && isBusy && (rows / lanes) * pixels <= LONGEST ? lanes : 0;
}

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
  { x, affine, scaleShift }: GroupNormInputs,
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
  requireShape(operation, "affine", affine.shape, [2 * C]);
  if (scaleShift) requireColumns(operation, "scaleShift", scaleShift, [N, 2 * C]);
  return [N, C, H, W];
}
