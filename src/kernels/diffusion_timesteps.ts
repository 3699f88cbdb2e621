// Launches shaders/diffusion_timesteps.wgsl: timesteps by importance, and losses kept a timestep.
//
// What is kept lies in resident tensors of the caller, so that it outlives a step and can be saved.
import { ceilDiv, requireShape } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { STATE_SHAPE, STREAMS } from "./diffusion.ts";
import { diffusion_timesteps as family } from "./generated/diffusion_timesteps.ts";

/** Losses that are kept of every timestep: KEPT in the shader. */
export const KEPT_LOSSES = 10;

const WORKGROUP = 64; // WG in the shader

export const diffusionTimestepsVariants = (): Variant[] => plainVariants(family);

/** The last losses of every timestep. */
export interface LossRing {
  /** f32 [T, 10] */
  kept: Tensor;
  /** u32 [T]: how many there ever were */
  keptCounts: Tensor;
}

/**
 * N timesteps with probability p_t, and what makes up for it.
 *
 *   p_t = 0.999 · w_t / Σ w + 0.001 / T        w_t = √(mean of the last ten losses²)
 *   factor_n = 1 / (T · p_t)
 *
 * Until every timestep has ten losses: those of `qSample`, uniform, with factors 1.
 *
 * @returns timesteps u32 [N]; factors [N], for the gradients of the losses
 * @throws ShapeError unless the tensors fit
 * @see Improved DDPM (arXiv:2102.09672) eq. 18
 */
export function importanceTimesteps(
  graph: Graph,
  { state, kept, keptCounts }: LossRing & { state: Tensor },
  { count: images }: { count: number },
): { timesteps: Tensor; factors: Tensor } {
  const steps = requireRing("importanceTimesteps", { kept, keptCounts });
  requireShape("importanceTimesteps", "state", state.shape, STATE_SHAPE);

  const cumulative = graph.alloc([steps + 1], "importance.cumulative");
  const timesteps = graph.alloc([images], "importance.timesteps", "u32");
  const factors = graph.alloc([images], "importance.factors");

  const draws = drawsOf(steps, images);
  const weights = { draws, kept, kept_counts: keptCounts };
  graph.dispatch([family, "cumulate"], { ...weights, cumulated: cumulative }, [1]);
  const drawn = { draws, state, kept, cumulative, drawn: timesteps, factors };
  graph.dispatch([family, "draw_timesteps"], drawn, [ceilDiv(images, WORKGROUP)]);
  return { timesteps, factors };
}

/** The ring takes the losses of a batch: timesteps u32 [N], perImage [N], before any factor. */
export function keepLosses(
  graph: Graph,
  { kept, keptCounts, timesteps, perImage }: LossRing & { timesteps: Tensor; perImage: Tensor },
): void {
  const steps = requireRing("keepLosses", { kept, keptCounts });
  const images = timesteps.shape[0] ?? 0;
  requireShape("keepLosses", "perImage", perImage.shape, [images]);
  const losses = { draws: drawsOf(steps, images), timesteps, per_image: perImage };
  const args = { ...losses, ring: kept, ring_counts: keptCounts };
  graph.dispatch([family, "keep_losses"], args, [ceilDiv(steps, WORKGROUP)]);
}

/**
 * counts_t and sums_t take the losses of a batch, in place.
 *
 * @param counts     u32 [T]
 * @param sums       [T]
 * @param timesteps  u32 [N]
 * @param perImage   [N]
 */
export function tallyLosses(
  graph: Graph,
  {
    counts,
    sums,
    timesteps,
    perImage,
  }: Record<"counts" | "sums" | "timesteps" | "perImage", Tensor>,
): void {
  const [steps = 0, images = 0] = [counts.shape[0], timesteps.shape[0]];
  requireShape("tallyLosses", "sums", sums.shape, [steps]);
  requireShape("tallyLosses", "perImage", perImage.shape, [images]);
  const losses = { draws: drawsOf(steps, images), timesteps, per_image: perImage };
  graph.dispatch([family, "tally"], { ...losses, counts, sums }, [ceilDiv(steps, WORKGROUP)]);
}

const drawsOf = (steps: number, images: number) => ({
  steps,
  images,
  uniform_stream: STREAMS.timestep,
  stream: STREAMS.importance,
});

/** T. */
function requireRing(operation: string, { kept, keptCounts }: LossRing): number {
  const steps = keptCounts.shape[0] ?? 0;
  requireShape(operation, "kept", kept.shape, [steps, KEPT_LOSSES]);
  return steps;
}
