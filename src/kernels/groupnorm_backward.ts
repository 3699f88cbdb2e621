// Launches shaders/groupnorm_backward.wgsl: checks shapes, records the dispatches.
import { requireShape, type Shape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, unread } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ACTIVATIONS, type ActivationName, activationIndex, flopsOf } from "./activation.ts";
import { type Columns, requireColumns } from "./columns.ts";
import { groupnorm_backward as family } from "./generated/groupnorm_backward.ts";
import { type GroupNormInputs, requireGroupNorm, scaleColumns } from "./groupnorm.ts";
import { CUT_CONSTANTS, type Cut, cutOf, normWays, SHARERS } from "./groupnorm_cut.ts";

export interface GroupNormBackwardInputs extends GroupNormInputs {
  /** [N, C, H, W] */
  dy: Tensor;
  /** [N, G, 2], as groupNorm gave them */
  stats: Tensor;
  /** [N, C, H, W], added to dx */
  pending?: Tensor | undefined;
}

/** Where gradients go; those left out are not computed. */
export interface GroupNormTargets {
  dx?: Tensor | undefined;
  dweight?: Tensor | undefined;
  dbias?: Tensor | undefined;
  dscaleShift?: Columns | undefined;
}

export interface GroupNormBackwardOptions {
  groups: number;
  activation: ActivationName;
}

const activations = ACTIVATIONS.map((_, ACTIVATION) => ({ ACTIVATION }));

/** Every pipeline a launcher here can ask for. */
export const groupNormBackwardVariants = (): Variant[] => [
  ...activations.flatMap(({ ACTIVATION }) => [
    { family, entry: "sums", constants: { WG: 16, ACTIVATION } },
    { family, entry: "sums", constants: { WG: 64, ACTIVATION } },
    { family, entry: "sums_wide", constants: { WG: 16, ACTIVATION } },
    { family, entry: "sums_shared", constants: { ACTIVATION } },
    ...SHARERS.map((lanes) => {
      return { family, entry: "whole", constants: { SHARERS: lanes, ACTIVATION } };
    }),
    ...CUT_CONSTANTS.flatMap((lanes) =>
      ["backward_input", "backward_input_wide"].map((entry) => {
        return { family, entry, constants: { ...lanes, ACTIVATION } };
      }),
    ),
  ]),
  ...[16, 64].map((WG) => ({ family, entry: "totals", constants: { WG } })),
];

/**
 * The gradients of groupNorm. With dh = f'(h)·dy, ĝ = γ (1 + scale) dh and means over a group:
 *   dx = r·(ĝ − mean ĝ − x̂·mean(ĝ·x̂)) + pending
 *   dweight = Σ (1 + scale) dh·x̂     dbias = Σ (1 + scale) dh      over n, h, w
 *   dscale = Σ dh·(γ x̂ + β)          dshift = Σ dh                 over h, w
 *
 * @param targets  of their inputs' shapes; dx is none of the inputs
 * @throws ShapeError unless the shapes fit; OptionError for an unknown activation
 */
export function groupNormBackward(
  graph: Graph,
  inputs: GroupNormBackwardInputs,
  options: GroupNormBackwardOptions,
  targets: GroupNormTargets,
): void {
  const { groups, activation } = options;
  const ACTIVATION = activationIndex("groupNormBackward", activation);
  const [N, C, H, W] = requireBackward(inputs, groups, targets);
  const { x, scaleShift, pending } = inputs;
  const flags = { has_pending: Number(!!pending), ...scaleColumns(scaleShift) };
  const size = { batch: N, channels: C, groups, pixels: H * W, ...flags };
  const flops = (6 + flopsOf(activation)) * sizeOf(x.shape);

  const ways = normWays(graph.targetOf("groupnorm_backward"), x.shape, groups);
  const fitting = scaleShift || !targets.dx ? ways.filter(({ sharers }) => sharers === 0) : ways;
  const candidates = fitting.map((way) => ({ family, ...way }));
  const added = Object.entries({ scaled: scaleShift, pending, ...targets });
  const names = added.flatMap(([name, tensor]) => (tensor ? [name] : []));
  const work = `backward ${x.dtype} [${x.shape}], ${groups} groups, ${activation}: ${names.join(" + ")}`;
  graph.choose("groupnorm_backward", work, candidates, ({ sharers, cut: kind }) => {
    const cut = cutOf(kind, x.shape, groups);
    const { part, parts } = sharers > 0 ? { part: H * W, parts: 1 } : cut;
    const dims = { ...size, part, parts };
    recordBackward(graph, { inputs, dims, cut, ACTIVATION, flops }, sharers, targets);
  });
}

function recordBackward(graph: Graph, call: Call, sharers: number, targets: GroupNormTargets) {
  const { dx } = targets;
  if (sharers > 0 && dx) {
    recordTotals(graph, call, recordWhole(graph, call, sharers, dx), targets);
    return;
  }
  const sums = recordSums(graph, call);
  const means = recordTotals(graph, call, sums, targets);
  if (dx) recordInput(graph, call, means, dx);
}

type Dims = Record<
  | "batch"
  | "channels"
  | "groups"
  | "pixels"
  | "part"
  | "parts"
  | "has_pending"
  | "scale_step"
  | "scale_first",
  number
>;

interface Call {
  inputs: GroupNormBackwardInputs;
  dims: Dims;
  cut: Cut;
  ACTIVATION: number;
  flops: number;
}

/** dx, and Σ dh and Σ dh·x̂ of every row with its group's μ and r, [N, C, 1, 4]. */
function recordWhole(graph: Graph, call: Call, sharers: number, dx: Tensor): Tensor {
  const { inputs, dims, ACTIVATION, flops } = call;
  const { x, dy, weight, bias, stats } = inputs;
  const sums = graph.alloc([dims.batch, dims.channels, 1, 4], "groupnorm.sums");
  const pending4 = inputs.pending ?? unread(dy);
  const args = { dims, weight, bias, stats, sums_out: sums, x4: x, dy4: dy, pending4, dx4: dx };
  const options = { constants: { SHARERS: sharers, ACTIVATION }, flops: 2 * flops };
  graph.dispatch([family, "whole"], args, foldWorkgroups(dims.batch * dims.groups, 1), options);
  return sums;
}

/** Σ dh and Σ dh·x̂ of every part, and its group's μ and r. */
function recordSums(graph: Graph, { inputs, dims, cut, ACTIVATION, flops }: Call): Tensor {
  const { x, dy, weight, bias, scaleShift, stats } = inputs;
  const { batch, channels, parts } = dims;
  const sums = graph.alloc([batch, channels, parts, 4], "groupnorm.sums");
  const scale_shift = scaleShift?.of ?? unread(weight);
  const args = { dims, weight, bias, scale_shift, stats, sums_out: sums };
  const wide = { ...args, x4: x, dy4: dy };
  const { WG } = cut.constants;
  const workgroups = foldWorkgroups(batch * channels * parts, cut.isShared ? 1 : WG);
  const options = { constants: { WG, ACTIVATION }, flops };
  if (cut.isShared) {
    const constants = { ACTIVATION };
    graph.dispatch([family, "sums_shared"], wide, workgroups, { constants, flops });
  } else if (cut.isWide) graph.dispatch([family, "sums_wide"], wide, workgroups, options);
  else graph.dispatch([family, "sums"], { ...args, x, dy }, workgroups, options);
  return sums;
}

/** The parameters' gradients, and every group's means. */
function recordTotals(
  graph: Graph,
  { inputs, dims, cut }: Call,
  sums: Tensor,
  { dweight, dbias, dscaleShift }: GroupNormTargets,
): Tensor {
  const { weight, bias, scaleShift } = inputs;
  const { batch, channels, groups, parts } = dims;
  const means = graph.alloc([batch, groups, 4], "groupnorm.means");
  const unwanted = (shape: Shape) => graph.alloc(shape, "groupnorm.unwanted");
  const args = {
    dims,
    weight,
    bias,
    scale_shift: scaleShift?.of ?? unread(weight),
    row_sums: sums,
    means_out: means,
    dweight: dweight ?? unwanted([channels]),
    dbias: dbias ?? unwanted([channels]),
    dscale_shift: dscaleShift?.of ?? unwanted(scaleShift?.of.shape ?? [1]),
  };
  const count = batch * groups + channels + (scaleShift ? batch * channels : 0);
  const { WG } = cut.constants;
  const options = { constants: { WG }, flops: 8 * batch * channels * parts };
  graph.dispatch([family, "totals"], args, foldWorkgroups(count, WG), options);
  return means;
}

function recordInput(graph: Graph, call: Call, means: Tensor, dx: Tensor): void {
  const { inputs, dims, cut, ACTIVATION, flops } = call;
  const { x, dy, weight, bias, scaleShift } = inputs;
  const pending = inputs.pending ?? unread(dy);
  const args = { dims, weight, bias, scale_shift: scaleShift?.of ?? unread(weight), means };
  const { WG, LANES } = cut.constants;
  const workgroups = foldWorkgroups(dims.batch * dims.channels * dims.parts * LANES, WG);
  const options = { constants: { WG, LANES, ACTIVATION }, flops };
  if (cut.isWide) {
    const wide = { ...args, x4: x, dy4: dy, pending4: pending, dx4: dx };
    graph.dispatch([family, "backward_input_wide"], wide, workgroups, options);
  } else {
    const single = { ...args, x, dy, pending, dx };
    graph.dispatch([family, "backward_input"], single, workgroups, options);
  }
}

function requireBackward(
  inputs: GroupNormBackwardInputs,
  groups: number,
  targets: GroupNormTargets,
): [number, number, number, number] {
  const operation = "groupNormBackward";
  const [N, C, H, W] = requireGroupNorm(operation, inputs, groups);
  const { x, dy, stats, pending } = inputs;
  requireShape(operation, "dy", dy.shape, x.shape);
  requireShape(operation, "stats", stats.shape, [N, groups, 2]);
  if (pending) requireShape(operation, "pending", pending.shape, x.shape);
  const { dx, dweight, dbias, dscaleShift } = targets;
  if (dx) requireShape(operation, "dx", dx.shape, x.shape);
  if (dweight) requireShape(operation, "dweight", dweight.shape, [C]);
  if (dbias) requireShape(operation, "dbias", dbias.shape, [C]);
  if (dscaleShift) requireColumns(operation, "dscaleShift", dscaleShift, [N, 2 * C]);
  return [N, C, H, W];
}
