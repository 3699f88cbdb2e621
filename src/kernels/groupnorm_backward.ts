// Launches shaders/groupnorm_backward.wgsl: checks shapes, records the dispatches.
import { requireShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ACTIVATIONS, type ActivationName, activationIndex, flopsOf } from "./activation.ts";
import { groupnorm_backward as family } from "./generated/groupnorm_backward.ts";
import {
  CUT_CONSTANTS,
  type Cut,
  cutOf,
  type GroupNormInputs,
  requireGroupNorm,
} from "./groupnorm_cut.ts";

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
  dscaleShift?: Tensor | undefined;
}

export interface GroupNormBackwardOptions {
  groups: number;
  activation: ActivationName;
}

const activations = ACTIVATIONS.map((_, ACTIVATION) => ({ ACTIVATION }));

/** Every pipeline a launcher here can ask for. */
export const groupNormBackwardVariants: Variant[] = [
  ...activations.flatMap(({ ACTIVATION }) => [
    { family, entry: "sums", constants: { WG: 16, ACTIVATION } },
    { family, entry: "sums", constants: { WG: 64, ACTIVATION } },
    { family, entry: "sums_wide", constants: { WG: 16, ACTIVATION } },
    { family, entry: "sums_shared", constants: { ACTIVATION } },
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
  const cut = cutOf(graph.target, x.shape, groups);
  const flags = { has_scale_shift: Number(!!scaleShift), has_pending: Number(!!pending) };
  const { part, parts } = cut;
  const dims = { batch: N, channels: C, groups, pixels: H * W, part, parts, ...flags };
  const flops = (6 + flopsOf(activation)) * sizeOf(x.shape);
  const call = { inputs, dims, cut, ACTIVATION, flops };

  const sums = recordSums(graph, call);
  const means = recordTotals(graph, call, sums, targets);
  if (targets.dx) recordInput(graph, call, means, targets.dx);
}

interface Call {
  inputs: GroupNormBackwardInputs;
  dims: Record<
    | "batch"
    | "channels"
    | "groups"
    | "pixels"
    | "part"
    | "parts"
    | "has_scale_shift"
    | "has_pending",
    number
  >;
  cut: Cut;
  ACTIVATION: number;
  flops: number;
}

/** Σ dh and Σ dh·x̂ of every part, and its group's μ and r. */
function recordSums(graph: Graph, { inputs, dims, cut, ACTIVATION, flops }: Call): Tensor {
  const { x, dy, weight, bias, scaleShift, stats } = inputs;
  const sums_out = graph.alloc([dims.batch, dims.channels, dims.parts, 4], "groupnorm.sums");
  const args = { dims, weight, bias, scale_shift: scaleShift ?? weight, stats, sums_out };
  const count = dims.batch * dims.channels * dims.parts;
  const { WG } = cut.constants;
  const options = { constants: { WG, ACTIVATION }, flops };
  const wide = { ...args, x4: x, dy4: dy };
  if (cut.isShared) {
    const shared = { constants: { ACTIVATION }, flops };
    graph.dispatch([family, "sums_shared"], wide, foldWorkgroups(count, 1), shared);
  } else if (cut.isWide) {
    graph.dispatch([family, "sums_wide"], wide, foldWorkgroups(count, WG), options);
  } else {
    const args1 = { ...args, x, dy };
    graph.dispatch([family, "sums"], args1, foldWorkgroups(count, WG), options);
  }
  return sums_out;
}

/** The parameters' gradients, and every group's means. */
function recordTotals(
  graph: Graph,
  { inputs, dims, cut }: Call,
  row_sums: Tensor,
  targets: GroupNormTargets,
): Tensor {
  const { weight, bias, scaleShift } = inputs;
  const means_out = graph.alloc([dims.batch, dims.groups, 4], "groupnorm.means");
  const unread = (shape: readonly number[]) => graph.alloc(shape, "groupnorm.unread");
  const rows = scaleShift ? dims.batch * dims.channels : 0;
  const args = {
    dims,
    weight,
    bias,
    scale_shift: scaleShift ?? weight,
    row_sums,
    means_out,
    dweight: targets.dweight ?? unread([dims.channels]),
    dbias: targets.dbias ?? unread([dims.channels]),
    dscale_shift: targets.dscaleShift ?? unread([Math.max(1, 2 * rows)]),
  };
  const count = dims.batch * dims.groups + dims.channels + rows;
  const { WG } = cut.constants;
  const options = { constants: { WG }, flops: 4 * dims.batch * dims.channels * dims.parts };
  graph.dispatch([family, "totals"], args, foldWorkgroups(count, WG), options);
  return means_out;
}

function recordInput(graph: Graph, call: Call, means: Tensor, dx: Tensor): void {
  const { inputs, dims, cut, ACTIVATION, flops } = call;
  const { x, dy, weight, bias, scaleShift, pending } = inputs;
  const args = { dims, weight, bias, scale_shift: scaleShift ?? weight, means };
  const { WG, LANES } = cut.constants;
  const workgroups = foldWorkgroups(dims.batch * dims.channels * dims.parts * LANES, WG);
  const options = { constants: { WG, LANES, ACTIVATION }, flops };
  const added = pending ?? dy;
  if (cut.isWide) {
    const wide = { ...args, x4: x, dy4: dy, pending4: added, dx4: dx };
    graph.dispatch([family, "backward_input_wide"], wide, workgroups, options);
  } else {
    const single = { ...args, x, dy, pending: added, dx };
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
  if (dscaleShift) requireShape(operation, "dscaleShift", dscaleShift.shape, [N, 2 * C]);
  return [N, C, H, W];
}
