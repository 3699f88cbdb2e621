// Launches shaders/groupnorm.wgsl: checks shapes, allocates the outputs, records the dispatches.
import { OptionError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ACTIVATIONS, type ActivationName, activationIndex, flopsOf } from "./activation.ts";
import { groupnorm as family } from "./generated/groupnorm.ts";
import {
  CUT_CONSTANTS,
  type Cut,
  cutOf,
  type GroupNormInputs,
  requireGroupNorm,
} from "./groupnorm_cut.ts";

export type { GroupNormInputs } from "./groupnorm_cut.ts";

export interface GroupNormOptions {
  /** divides C */
  groups: number;
  /** added to the variance; > 0 */
  eps: number;
  activation: ActivationName;
}

/** Every pipeline a launcher here can ask for. */
export const groupNormVariants: Variant[] = [
  ...[16, 64].map((WG) => ({ family, entry: "moments", constants: { WG } })),
  { family, entry: "moments_wide", constants: { WG: 16 } },
  { family, entry: "moments_shared", constants: {} },
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
  const { x, weight, bias, scaleShift } = inputs;
  const cut = cutOf(graph.target, x.shape, groups);
  const y = graph.alloc(x.shape, "groupnorm.y");
  const stats = graph.alloc([N, groups, 2], "groupnorm.stats");

  const dims = dimsOf([N, C, H * W], cut, { groups, eps, has_scale_shift: Number(!!scaleShift) });
  const slice_moments = recordMoments(graph, x, dims, cut);
  const args = { dims, weight, bias, scale_shift: scaleShift ?? weight, slice_moments, stats };
  const { WG, LANES } = cut.constants;
  const workgroups = foldWorkgroups(N * C * cut.parts * LANES, WG);
  const constants = { WG, LANES, ACTIVATION };
  const options = { constants, flops: (4 + flopsOf(activation)) * sizeOf(x.shape) };
  if (cut.isWide) {
    graph.dispatch([family, "apply_wide"], { ...args, x4: x, y4: y }, workgroups, options);
  } else graph.dispatch([family, "apply"], { ...args, x, y }, workgroups, options);
  return { y, stats };
}

type Dims = ReturnType<typeof dimsOf>;

function dimsOf(
  [batch, channels, pixels]: [number, number, number],
  { slice, slices, part, parts }: Cut,
  options: { groups: number; eps: number; has_scale_shift: number },
) {
  return { batch, channels, pixels, slice, slices, part, parts, ...options };
}

/** Mean and squared deviations of every slice. */
function recordMoments(graph: Graph, x: Tensor, dims: Dims, cut: Cut): Tensor {
  const { WG } = cut.constants;
  const moments_out = graph.alloc([dims.batch, dims.groups, dims.slices, 2], "groupnorm.moments");
  const count = dims.batch * dims.groups * dims.slices;
  const options = { constants: { WG }, flops: 5 * sizeOf(x.shape) };
  const args = { dims, moments_out };
  if (cut.isShared) {
    graph.dispatch([family, "moments_shared"], { ...args, x4: x }, foldWorkgroups(count, 1), {
      flops: options.flops,
    });
  } else if (cut.isWide) {
    graph.dispatch(
      [family, "moments_wide"],
      { ...args, x4: x },
      foldWorkgroups(count, WG),
      options,
    );
  } else {
    graph.dispatch([family, "moments"], { ...args, x }, foldWorkgroups(count, WG), options);
  }
  return moments_out;
}

function requireEps(eps: number): void {
  if (eps > 0 && Number.isFinite(eps)) return;
  throw new OptionError(
    "option/eps",
    `groupNorm: eps must be positive, got ${eps}.`,
    "PyTorch's default is 1e-5, diffusers' U-Nets have 1e-5 or 1e-6.",
  );
}
