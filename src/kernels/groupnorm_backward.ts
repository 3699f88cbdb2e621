// Launches shaders/groupnorm_backward.wgsl: checks shapes, records the dispatches.
import { requireShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, unread } from "../graph/graph.ts";
import { requireAlike, splitOf, type Tensor } from "../graph/tensor.ts";
import { ACTIVATIONS, type ActivationName, activationIndex, flopsOf } from "./activation.ts";
import { type Columns, requireColumns } from "./columns.ts";
import { groupnorm_backward as family } from "./generated/groupnorm_backward.ts";
import { type GroupNormInputs, requireGroupNorm, scaleColumns } from "./groupnorm.ts";
import {
  CUT_CONSTANTS,
  type Cut,
  cutOf,
  type NormWay,
  normWays,
  WHOLE_WG,
} from "./groupnorm_cut.ts";

export interface GroupNormBackwardInputs extends GroupNormInputs {
  /** [N, C, H, W] */
  dy: Tensor;
  /** [N, G, 2], as groupNorm gave them */
  stats: Tensor;
  /** [N, C, H, W], added to dx; joined where x is */
  pending?: Tensor | undefined;
}

/** Where gradients go; those left out are not computed. dx is joined where x is. */
export interface GroupNormTargets {
  dx?: Tensor | undefined;
  daffine?: Tensor | undefined;
  dscaleShift?: Columns | undefined;
}

export interface GroupNormBackwardOptions {
  groups: number;
  activation: ActivationName;
}

const ENOUGH_GROUPS = 8; // for `whole`, which has a quad a group, to keep a software adapter busy

const activations = ACTIVATIONS.map((_, ACTIVATION) => ({ ACTIVATION }));
const written = [false, true].flatMap((PENDING) => activations.map((one) => ({ PENDING, ...one })));

/** Every pipeline a launcher here can ask for. */
export const groupNormBackwardVariants = (): Variant[] => [
  ...activations.flatMap(({ ACTIVATION }) => [
    { family, entry: "sums", constants: { WG: 16, ACTIVATION } },
    { family, entry: "sums", constants: { WG: 64, ACTIVATION } },
    { family, entry: "sums_wide", constants: { WG: 16, ACTIVATION } },
    { family, entry: "sums_shared", constants: { ACTIVATION } },
  ]),
  ...written.flatMap((constants) => [
    { family, entry: "whole", constants: { WG: WHOLE_WG, ...constants } },
    ...CUT_CONSTANTS.flatMap((lanes) =>
      ["backward_input", "backward_input_wide"].map((entry) => {
        return { family, entry, constants: { ...lanes, ...constants } };
      }),
    ),
  ]),
  ...[16, 64].map((WG) => ({ family, entry: "scale_gradients", constants: { WG } })),
];

/**
 * The gradients of groupNorm. With dh = f'(h)·dy, ĝ = γ (1 + scale) dh and means over a group:
 *   dx = r·(ĝ − mean ĝ − x̂·mean(ĝ·x̂)) + pending
 *   dγ = Σ (1 + scale) dh·x̂          dβ = Σ (1 + scale) dh         over n, h, w
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
  const split = splitOf(x);
  const size = { batch: N, channels: C, groups, pixels: H * W, split, ...scaleColumns(scaleShift) };
  const flops = (6 + flopsOf(activation)) * sizeOf(x.shape);

  const ways = normWays(graph.targetOf("groupnorm_backward"), x.shape, groups);
  const isWhole = !scaleShift && groups >= ENOUGH_GROUPS;
  const candidates = ways
    .filter((way) => isWhole || way !== "whole")
    .map((way) => ({ family, way }));
  const added = Object.entries({ scaled: scaleShift, pending, ...targets });
  const names = added.flatMap(([name, tensor]) => (tensor ? [name] : []));
  const work = `backward ${x.dtype} [${x.shape}], ${groups} groups, ${activation}: ${names.join(" + ")}`;
  graph.choose("groupnorm_backward", work, candidates, ({ way }) => {
    const cut = cutOf(way === "whole" ? "runs" : way, x.shape, groups);
    const dims = { ...size, part: cut.part, parts: cut.parts };
    const call = { inputs, dims, cut, ACTIVATION, flops };
    recordBackward(graph, call, way, targets);
  });
}

function recordBackward(graph: Graph, call: Call, way: NormWay, targets: GroupNormTargets) {
  const { x } = call.inputs;
  const dx = targets.dx ?? graph.like(x, "groupnorm.unwanted");
  const daffine = targets.daffine ?? graph.alloc([2 * x.shape[1]!], "groupnorm.unwanted");
  if (way === "whole") {
    recordWhole(graph, call, { dx, daffine });
    return;
  }
  const sums = recordSums(graph, call);
  recordInput(graph, call, sums, { dx, daffine });
  if (targets.dscaleShift) recordScales(graph, call, sums, targets.dscaleShift);
}

type Dims = Record<
  | "batch"
  | "channels"
  | "groups"
  | "pixels"
  | "split"
  | "part"
  | "parts"
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

type Written = Record<"dx" | "daffine", Tensor>;

/** All of it, where nothing is scaled and shifted. */
function recordWhole(graph: Graph, call: Call, { dx, daffine }: Written): void {
  const { inputs, dims, ACTIVATION, flops } = call;
  const { x, dy, affine, stats } = inputs;
  const pending16 = inputs.pending ?? unread(dy);
  const args = { dims, affine, stats, daffine, x16: x, dy16: dy, pending16, dx16: dx };
  const constants = { WG: WHOLE_WG, PENDING: !!inputs.pending, ACTIVATION };
  const options = { constants, flops: 2 * flops };
  const workgroups = foldWorkgroups(4 * dims.groups, WHOLE_WG);
  graph.dispatch([family, "whole"], args, workgroups, options);
}

/** Σ dh and Σ dh·x̂ of every part, and its group's μ and r. */
function recordSums(graph: Graph, { inputs, dims, cut, ACTIVATION, flops }: Call): Tensor {
  const { x, dy, affine, scaleShift, stats } = inputs;
  const { batch, channels, parts } = dims;
  const sums = graph.alloc([batch, channels, parts, 4], "groupnorm.sums");
  const scale_shift = scaleShift?.of ?? unread(affine);
  const args = { dims, affine, scale_shift, stats, sums_out: sums };
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

/** dx, and the parameters' gradients. */
function recordInput(graph: Graph, call: Call, row_sums: Tensor, { dx, daffine }: Written): void {
  const { inputs, dims, cut, ACTIVATION, flops } = call;
  const { x, dy, affine, scaleShift } = inputs;
  const pending = inputs.pending ?? unread(dy);
  const scale_shift = scaleShift?.of ?? unread(affine);
  const args = { dims, affine, scale_shift, row_sums, daffine };
  const { WG, LANES } = cut.constants;
  const workgroups = foldWorkgroups(dims.batch * dims.channels * dims.parts * LANES, WG);
  const options = { constants: { WG, LANES, PENDING: !!inputs.pending, ACTIVATION }, flops };
  if (cut.isWide) {
    const wide = { ...args, x4: x, dy4: dy, pending4: pending, dx4: dx };
    graph.dispatch([family, "backward_input_wide"], wide, workgroups, options);
  } else {
    const single = { ...args, x, dy, pending, dx };
    graph.dispatch([family, "backward_input"], single, workgroups, options);
  }
}

function recordScales(graph: Graph, call: Call, row_sums: Tensor, { of }: Columns): void {
  const { inputs, dims, cut } = call;
  const args = { dims, affine: inputs.affine, row_sums, dscale_shift: of };
  const { WG } = cut.constants;
  const rows = dims.batch * dims.channels;
  const options = { constants: { WG }, flops: (4 + dims.parts) * rows };
  graph.dispatch([family, "scale_gradients"], args, foldWorkgroups(rows, WG), options);
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
  const { dx, daffine, dscaleShift } = targets;
  if (dx) requireShape(operation, "dx", dx.shape, x.shape);
  requireAlike(pending, x);
  requireAlike(dx, x);
  if (daffine) requireShape(operation, "daffine", daffine.shape, [2 * C]);
  if (dscaleShift) requireColumns(operation, "dscaleShift", dscaleShift, [N, 2 * C]);
  return [N, C, H, W];
}
