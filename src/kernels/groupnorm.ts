// Launches shaders/groupnorm.wgsl: checks shapes, allocates the outputs, records the dispatches.
//
// Both passes cut a tensor among lanes alike (groupnorm_cut.ts).
import { OptionError } from "../core/errors.ts";
import { groupsError, requireShape, shape4, showShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, unread } from "../graph/graph.ts";
import { splitOf, type Tensor } from "../graph/tensor.ts";
import { ACTIVATIONS, type ActivationName, activationIndex, flopsOf } from "./activation.ts";
import { type Columns, requireColumns } from "./columns.ts";
import { groupnorm as family } from "./generated/groupnorm.ts";
import { CUT_CONSTANTS, type Cut, cutOf, normWays, WHOLE_WG } from "./groupnorm_cut.ts";

export interface GroupNormInputs {
  /** [N, C, H, W]; may be joined (`Graph.join`) */
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

/** Every pipeline a launcher here can ask for. */
export const groupNormVariants = (): Variant[] => [
  ...["moments", "lines"].flatMap((entry) =>
    [16, 64].map((WG) => ({ family, entry, constants: { WG } })),
  ),
  { family, entry: "moments_wide", constants: { WG: 16 } },
  { family, entry: "moments_shared", constants: {} },
  ...ACTIVATIONS.map((_, ACTIVATION) => {
    return { family, entry: "whole", constants: { WG: WHOLE_WG, ACTIVATION } };
  }),
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
  const { x, scaleShift } = inputs;
  const y = graph.alloc(x.shape, "groupnorm.y", x.dtype);
  const stats = graph.alloc([N, groups, 2], "groupnorm.stats");

  const call = { inputs, groups, eps, activation, ACTIVATION, y, stats };
  const ways = normWays(graph.targetOf("groupnorm"), x.shape, groups);
  const options = `${groups} groups, ${activation}${scaleShift ? ", scaled" : ""}`;
  const work = `forward ${x.dtype} [${[N, C, H, W]}], ${options}`;
  const candidates = ways.map((way) => ({ family, way }));
  graph.choose("groupnorm", work, candidates, ({ way }) => {
    if (way === "whole") recordWhole(graph, call);
    else recordParts(graph, call, cutOf(way, x.shape, groups));
  });
  return { y, stats };
}

interface Call extends GroupNormOptions {
  inputs: GroupNormInputs;
  ACTIVATION: number;
  y: Tensor;
  stats: Tensor;
}

function dimsOf({ inputs: { x, scaleShift }, groups, eps }: Call, cut: Cut) {
  const [N = 1, C = 1, H = 1, W = 1] = x.shape;
  const { slice, slices, part, parts } = cut;
  const split = splitOf(x);
  const size = { batch: N, channels: C, groups, pixels: H * W, split, slice, slices, part, parts };
  return { ...size, eps, ...scaleColumns(scaleShift) };
}

const parametersOf = ({ inputs: { affine, scaleShift }, stats }: Call) => {
  return { affine, scale_shift: scaleShift?.of ?? unread(affine), stats };
};

/** One dispatch: a quad of lanes does all of a group. */
function recordWhole(graph: Graph, call: Call): void {
  const { inputs, groups, activation, ACTIVATION, y } = call;
  const { x } = inputs;
  const dims = dimsOf(call, cutOf("runs", x.shape, groups));
  const flops = (9 + flopsOf(activation)) * sizeOf(x.shape);
  const options = { constants: { WG: WHOLE_WG, ACTIVATION }, flops };
  const workgroups = foldWorkgroups(4 * x.shape[0]! * groups, WHOLE_WG);
  const args = { dims, ...parametersOf(call), x16: x, y16: y };
  graph.dispatch([family, "whole"], args, workgroups, options);
}

/** Up to three: moments of slices, where there are none of tiles, lines of rows, and y of parts, where it is read. */
function recordParts(graph: Graph, call: Call, cut: Cut): void {
  const { inputs, activation, ACTIVATION, y } = call;
  const { x } = inputs;
  const dims = dimsOf(call, cut);
  const moments = tileMoments(graph, x) ?? recordMoments(graph, x, dims, cut);
  const lines = recordLines(graph, call, dims, { moments, cut });
  const isKnownToTiles = activation === "none" || activation === "silu";
  if (graph.targetOf("groupnorm").fuses && isKnownToTiles) {
    y.normed = { x, lines, activation: ACTIVATION };
  }
  const { WG, LANES } = cut.constants;
  const workgroups = foldWorkgroups(dims.batch * dims.channels * cut.parts * LANES, WG);
  const flops = (4 + flopsOf(activation)) * sizeOf(x.shape);
  const options = { constants: { WG, LANES, ACTIVATION }, flops };
  const args = { dims, lines_in: lines };
  if (cut.isWide) {
    graph.dispatch([family, "apply_wide"], { ...args, x4: x, y4: y }, workgroups, options);
  } else graph.dispatch([family, "apply"], { ...args, x, y }, workgroups, options);
}

type Dims = ReturnType<typeof dimsOf>;

/** What convolutions left of x, or of both that it is joined of. */
function tileMoments(graph: Graph, { moments, parts }: Tensor): Tensor | undefined {
  const [a, b] = parts?.map((part) => part.moments) ?? [];
  if (!a || !b || a.shape[2] !== b.shape[2]) return moments;
  return graph.join(a, b);
}

/** Count, mean and squared deviations of every slice, [N, G, slices, 3]. */
function recordMoments(graph: Graph, x: Tensor, dims: Dims, cut: Cut): Tensor {
  const { batch, groups, slices } = dims;
  const moments = graph.alloc([batch, groups, slices, 3], "groupnorm.moments");
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

/** Mean, factor and offset of every row, [N, C, 3], and stats; of any moments that lie group by group. */
function recordLines(
  graph: Graph,
  call: Call,
  dims: Dims,
  { moments, cut }: { moments: Tensor; cut: Cut },
): Tensor {
  const { batch, channels, groups } = dims;
  const slices = sizeOf(moments.shape) / (3 * batch * groups);
  const split = moments.split ?? channels;
  const lines_out = graph.alloc([batch, channels, 3], "groupnorm.lines");
  const bound = { dims: { ...dims, slices, split }, all_moments: moments, lines_out };
  const { WG } = cut.constants;
  const workgroups = foldWorkgroups(batch * channels, WG);
  const args = { ...bound, ...parametersOf(call) };
  graph.dispatch([family, "lines"], args, workgroups, { constants: { WG } });
  return lines_out;
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

/** The extents of x. @throws ShapeError unless all fit together and the groups divide C */
export function requireGroupNorm(
  operation: string,
  { x, affine, scaleShift }: GroupNormInputs,
  groups: number,
): [number, number, number, number] {
  const [N, C, H, W] = shape4(operation, x.shape);
  if (!Number.isInteger(groups) || groups < 1 || C % groups !== 0) {
    const given = `groups = ${groups} and C = ${C} (x: ${showShape(x.shape)})`;
    throw groupsError(`${operation}: groups must divide C, got ${given}.`, C);
  }
  requireShape(operation, "affine", affine.shape, [2 * C]);
  if (scaleShift) requireColumns(operation, "scaleShift", scaleShift, [N, 2 * C]);
  return [N, C, H, W];
}
