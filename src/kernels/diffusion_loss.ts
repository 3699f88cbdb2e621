// Launches shaders/diffusion_loss.wgsl: the training loss of a batch and its gradient, in one.
//
// L_simple with weights needs the table of levels alone; terms of the variational bound a second
// table, `packBounds`. What the tables hold is decided in src/train/objective.ts.
import { OptionError } from "../core/errors.ts";
import { requireShape, type Shape, shape4, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Batches, batchOf, givenOf, LEVEL_FIELDS, NORMAL_FLOPS } from "./diffusion.ts";
import { diffusion_loss as family } from "./generated/diffusion_loss.ts";

/** l(d): d², |d|, or ½ d² where |d| < 1, else |d| − ½. */
export const LOSSES = ["mse", "l1", "huber"] as const;
export type DiffusionLoss = (typeof LOSSES)[number];

/** One term L_t of the bound, in units of the posterior's deviation √β̃_t. */
export interface TrainedTerm {
  /** (μ̃ − μ_θ) / √β̃ where prediction − target is 1 */
  deviation: number;
  /** ln σ² − ln β̃ where the learned variance v is 0 */
  gap: number;
  /** its derivative by v; 0 where the variance is fixed */
  slope: number;
  /** at t = 0, whose term is −ln P of a pixel's bin: half the bin's width over √β̃; else 0 */
  bin: number;
}

/** Fields of `BoundLevel` in diffusion_loss.wgsl: the last three of a level, then those of a row. */
export const BOUND_FIELDS = [
  ...LEVEL_FIELDS.slice(-3),
  ...(["deviation", "gap", "slope", "bin"] as const),
] as const;

/**
 * Levels with their terms of the bound.
 *
 * @param levels  f32 [T, 5], of `packLevels`
 * @param rows    [T]
 * @returns       f32 [T, 7]
 */
export function packBounds(
  levels: Float32Array,
  rows: readonly TrainedTerm[],
): Float32Array<ArrayBuffer> {
  const width = LEVEL_FIELDS.length;
  const values = rows.map(({ deviation, gap, slope, bin }, t) => {
    const level = levels.subarray(t * width + 2, (t + 1) * width);
    return [...level, deviation, gap, slope, bin];
  });
  return Float32Array.from(values.flat());
}

/** The part of the bound in a loss. */
export interface BoundPart {
  /** f32 [T, 7], see `packBounds` */
  bounds: Tensor;
  /** multiplies the terms, nats */
  scale: number;
  /** the terms have no gradient by the mean, only by the variance */
  detachMean: boolean;
}

export interface LossOptions {
  /** l; default mse */
  loss?: DiffusionLoss;
  /** adds scale · L_t of the bound */
  bound?: BoundPart | undefined;
}

/** Lanes that share an image's loss: fewer on software adapters, whose barriers cost by the lane. */
const HARDWARE = { ROWS: 16, LANES: 256 };
const SOFTWARE = { ROWS: 8, LANES: 64 };
const lanesOf = (graph: Graph) => ({
  constants: graph.targetOf("diffusion_loss").software ? SOFTWARE : HARDWARE,
});
const BOUND_FLOPS = 40; // of an element's term

export const diffusionLossVariants = (): Variant[] =>
  [HARDWARE, SOFTWARE].flatMap((constants) =>
    plainVariants(family).map((variant) => ({ ...variant, constants })),
  );

/**
 * The training loss of the batch that `qSample` made at this step, and its gradient.
 *
 *   per_image_n = mean over c, h, w of w_t · l(d) + scale · L_t(d, v)        d = prediction − target
 *   dprediction = its derivative by d and v, over N
 *
 * @param timesteps   u32 [N], of `qSample`
 * @param prediction  [N, C, H, W], or [N, 2C, H, W] with a learned variance v, which has gradient 0
 *                    unless there is a bound
 * @param shape       [N, C, H, W]
 * @returns           dprediction in the prediction's shape; perImage [N], whose mean is the loss
 * @throws ShapeError unless the tensors fit the shape
 * @see DDPM (arXiv:2006.11239) eq. 5, 14; Improved DDPM (arXiv:2102.09672) eq. 15, 16
 */
export function diffusionLoss(
  graph: Graph,
  inputs: Batches & { timesteps: Tensor; prediction: Tensor },
  { shape, ...options }: LossOptions & { shape: Shape },
): { dprediction: Tensor; perImage: Tensor } {
  const { state, images, order, levels, timesteps, prediction } = inputs;
  const batch = batchOf("diffusionLoss", { state, images, order, levels }, shape);
  const { N, size } = batch;
  requireShape("diffusionLoss", "timesteps", timesteps.shape, [N]);
  const shapes = { shape, prediction: prediction.shape, levels: levels.shape };
  const objective = objectiveOf("diffusionLoss", shapes, options);

  const outputs = lossOutputs(graph, prediction);
  const source = { ring: batch.source.ring, noise_stream: batch.source.noise_stream };
  const drawn = { image: { size }, source, objective, state, images, order, levels };
  const args = { ...drawn, timesteps, prediction, ...outputs };
  const flops = (NORMAL_FLOPS + 10) * N * size;
  if (options.bound) {
    const { bounds } = options.bound;
    const { levels: _, ...rest } = args;
    const dispatch = { ...lanesOf(graph), flops: flops + BOUND_FLOPS * N * size };
    graph.dispatch([family, "bound_loss"], { ...rest, bounds }, [N], dispatch);
  } else graph.dispatch([family, "loss"], args, [N], { ...lanesOf(graph), flops });
  return { dprediction: outputs.dprediction, perImage: outputs.per_image };
}

/** `diffusionLoss` of x_0, ε and t that are given: x0, noise [N, C, H, W], timesteps u32 [N]. */
export function diffusionLossGiven(
  graph: Graph,
  inputs: Record<"x0" | "noise" | "timesteps" | "levels" | "prediction", Tensor>,
  options: LossOptions = {},
): { dprediction: Tensor; perImage: Tensor } {
  const { x0, noise, timesteps, levels, prediction } = inputs;
  const N = givenOf("diffusionLossGiven", { x0, noise, timesteps, levels });
  const shapes = { shape: x0.shape, prediction: prediction.shape, levels: levels.shape };
  const objective = objectiveOf("diffusionLossGiven", shapes, options);

  const outputs = lossOutputs(graph, prediction);
  const image = { size: sizeOf(x0.shape) / N };
  const args = { image, objective, levels, timesteps, x0, noise, prediction, ...outputs };
  const flops = 9 * sizeOf(x0.shape);
  if (options.bound) {
    const { bounds } = options.bound;
    const { levels: _, ...rest } = args;
    const dispatch = { ...lanesOf(graph), flops: flops + BOUND_FLOPS * sizeOf(x0.shape) };
    graph.dispatch([family, "bound_loss_given"], { ...rest, bounds }, [N], dispatch);
  } else graph.dispatch([family, "loss_given"], args, [N], { ...lanesOf(graph), flops });
  return { dprediction: outputs.dprediction, perImage: outputs.per_image };
}

function lossOutputs(graph: Graph, prediction: Tensor) {
  return {
    dprediction: graph.alloc(prediction.shape, "diffusion.dprediction"),
    per_image: graph.alloc([prediction.shape[0]!], "diffusion.perImage"),
  };
}

function objectiveOf(
  operation: string,
  { shape, prediction, levels }: { shape: Shape; prediction: Shape; levels: Shape },
  { loss = "mse", bound }: LossOptions,
) {
  const [N, C, H, W] = shape4(operation, shape);
  const isLearned = prediction[1] === 2 * C;
  requireShape(operation, "prediction", prediction, [N, isLearned ? 2 * C : C, H, W]);
  if (!LOSSES.includes(loss)) {
    throw new OptionError(
      "option/loss",
      `${operation}: the loss must be one of ${LOSSES.join(", ")}, got ${loss}.`,
      "DDPM's is mse.",
    );
  }
  if (bound) {
    requireShape(operation, "bounds", bound.bounds.shape, [levels[0] ?? 0, BOUND_FIELDS.length]);
  }
  return {
    stride: sizeOf(prediction) / N,
    kind: LOSSES.indexOf(loss),
    gradient_scale: 1 / sizeOf(shape),
    scale: bound?.scale ?? 0,
    mean_scale: bound && !bound.detachMean ? bound.scale : 0,
  };
}
