// Launches shaders/adamw.wgsl: the gradient norm, the end of a step, and the update of the weights.
//
// Parameters, gradients, both moments and the running average are one flat buffer each. What changes
// from step to step lies on the GPU: `schedule` holds rows for the steps to come, formed here in
// float64, and `history` those of the steps done.
import { OptionError, ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, showShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { STATE_SHAPE } from "./diffusion.ts";
import { adamw as family } from "./generated/adamw.ts";

/** Fields of `ScheduleRow` in adamw.wgsl, in its order. */
export const SCHEDULE_FIELDS = [
  "stepSize",
  "rootScale",
  "decay",
  "firstGain",
  "secondGain",
  "eps",
  "emaGain",
  "l2",
] as const;

/** Fields of `Record` in adamw.wgsl, in its order; `step` is a u32, the others f32. */
export const RECORD_FIELDS = ["step", "loss", "gradientNorm", "clipFactor", "lossScale"] as const;

/** What a dynamic loss scale is: S, and the steps of finite gradients since it last changed. */
export const LOSS_SCALE_SHAPE = [2] as const;

export type StepRecord = Record<(typeof RECORD_FIELDS)[number], number>;

export interface AdamWOptions {
  /** of this step, ≥ 0 */
  learningRate: number;
  /** β₁, β₂ in [0, 1) */
  betas: readonly [number, number];
  /** added to the root of the second moment, > 0 */
  eps: number;
  /** λ ≥ 0; the learning rate multiplies it */
  weightDecay: number;
  /** Adam's weight decay, added to the clipped gradient as l2 · w; default 0 */
  l2?: number;
  /** of the running average at this step, in [0, 1]; 0 makes it the weights */
  emaDecay: number;
}

/** Flat buffers hold a multiple of this many numbers; the rest is zeros, and stays so. */
const PADDING = 64;
const WORKGROUP = 64; // WG in the shader
const UPDATE_FLOPS = 18; // a parameter

/**
 * How the work is cut. `norm` has at most `normGroups` workgroups, each lane of which gives a part of
 * Σ g²; `finish` sums them with LANES lanes; `update` does VECTORS vec4 a lane.
 */
const HARDWARE = { normGroups: 1024, finish: { ROWS: 16, LANES: 256 }, update: { VECTORS: 4 } };
/** Software adapters have few lanes at once; barriers and what is read once a lane cost them more. */
const SOFTWARE = { normGroups: 16, finish: { ROWS: 8, LANES: 64 }, update: { VECTORS: 16 } };

const cutOf = (graph: Graph) => (graph.targetOf("adamw").software ? SOFTWARE : HARDWARE);

export const adamwVariants = (): Variant[] => [
  { family, entry: "norm", constants: {} },
  ...[HARDWARE, SOFTWARE].flatMap(({ finish, update }) => [
    { family, entry: "finish", constants: finish },
    { family, entry: "update", constants: update },
    { family, entry: "update_alone", constants: update },
  ]),
];

/**
 * The numbers of one step, formed in float64.
 *
 * @param step  as the state counts: 0 is the first, so that s = step + 1 corrects the moments
 * @returns     [lr / (1 − β₁ˢ), 1 / √(1 − β₂ˢ), lr · λ, 1 − β₁, 1 − β₂, eps, 1 − emaDecay, l2]: row
 *              step % ring of the schedule
 * @throws OptionError for options out of range
 * @see Loshchilov & Hutter 2017 (arXiv:1711.05101) Algorithm 2. Departs from it as PyTorch does: the
 *      learning rate multiplies the weight decay.
 */
export function scheduleRow(step: number, options: AdamWOptions): number[] {
  requireOptions(options);
  const { learningRate, betas, eps, weightDecay, emaDecay, l2 = 0 } = options;
  const s = step + 1;
  const row: Record<(typeof SCHEDULE_FIELDS)[number], number> = {
    stepSize: learningRate / (1 - betas[0] ** s),
    rootScale: 1 / Math.sqrt(1 - betas[1] ** s),
    decay: learningRate * weightDecay,
    firstGain: 1 - betas[0],
    secondGain: 1 - betas[1],
    eps,
    emaGain: 1 - emaDecay,
    l2,
  };
  return SCHEDULE_FIELDS.map((field) => row[field]);
}

/**
 * Σ g² of a flat buffer, in parts.
 *
 * @param gradients  [count], a multiple of 64
 * @returns          [parts], for `finishStep`
 */
export function gradientNorm(graph: Graph, { gradients }: { gradients: Tensor }): Tensor {
  const vectors = requireFlat("gradientNorm", gradients) / 4;
  const groups = Math.min(cutOf(graph).normGroups, ceilDiv(vectors, WORKGROUP));
  const lanes = groups * WORKGROUP;
  const squares = graph.alloc([lanes], "adamw.squares");
  const args = { reduction: { vectors, trips: ceilDiv(vectors, lanes) }, gradients, squares };
  graph.dispatch([family, "norm"], args, [groups], { flops: 8 * vectors });
  return squares;
}

export interface FinishTensors {
  /** u32 [8], see `STATE`; `skipped` is counted up. It may not share a buffer with what is read. */
  state: Tensor;
  /** [parts], of `gradientNorm` */
  squares: Tensor;
  /** [N], of `diffusionLoss` */
  perImage: Tensor;
  /** [ring, 5], see `unpackRecords`: row step % ring is written */
  history: Tensor;
  /** [2], see LOSS_SCALE_SHAPE; it may not share a buffer with what is read */
  lossScale: Tensor;
}

export interface FinishOptions {
  /** the largest norm; Infinity (default) or ≤ 0: no clipping */
  clip?: number;
  /** S doubles after so many steps of finite gradients; 0 (default): S stays as it is */
  growthInterval?: number;
}

/**
 * The gradient norm, what clips it, and the record of the step.
 *
 *   norm = √ Σ squares / S      factor = min(1, clip / (norm + 1e-6)) / S      loss = mean of perImage
 *
 * Where a gradient or a loss is not finite, or S · norm exceeds 10¹⁹, the factor is 0: `adamw` then
 * changes nothing, and S is halved. Such a step still counts as a step.
 *
 * @returns  factor [1]
 * @see PyTorch's `clip_grad_norm_` and `GradScaler`; that counts no skipped step
 */
export function finishStep(
  graph: Graph,
  { state, squares, perImage, history, lossScale }: FinishTensors,
  { clip = Number.POSITIVE_INFINITY, growthInterval = 0 }: FinishOptions = {},
): Tensor {
  const ring = history.shape[0] ?? 0;
  requireShape("finishStep", "state", state.shape, STATE_SHAPE);
  requireShape("finishStep", "history", history.shape, [ring, RECORD_FIELDS.length]);

  requireShape("finishStep", "lossScale", lossScale.shape, LOSS_SCALE_SHAPE);

  const factor = graph.alloc([1], "adamw.factor");
  const most = Number.isFinite(clip) ? Math.max(clip, 0) : 0;
  const finishing = { clip: most, ring, growth_interval: growthInterval };
  const read = { finishing, squares_bits: squares, per_image_bits: perImage };
  const args = { ...read, progress: state, history, factor, loss_scale: lossScale };
  graph.dispatch([family, "finish"], args, [1], { constants: cutOf(graph).finish });
  return factor;
}

export interface AdamWTensors {
  /** u32 [8], see `STATE` */
  state: Tensor;
  /** [ring, 8], see `scheduleRow` */
  schedule: Tensor;
  /** [1], of `finishStep` */
  factor: Tensor;
  /** [count], a multiple of 64; it may not share a buffer with what is updated */
  gradients: Tensor;
  /** [count], as all below; updated in place */
  parameters: Tensor;
  /** m */
  expAvg: Tensor;
  /** v */
  expAvgSq: Tensor;
  /** running average of the parameters, where there is one */
  ema?: Tensor | undefined;
}

/**
 * One step of AdamW on flat buffers, in place, by row step % ring of the schedule.
 *
 *   g = factor · gradient + l2 w        m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *   w ← w (1 − lr λ) − lr / (1 − β₁ˢ) · m / (√v / √(1 − β₂ˢ) + eps)
 *   ema ← emaDecay · ema + (1 − emaDecay) w
 *
 * @throws ShapeError unless the flat buffers agree and hold a multiple of 64 numbers
 */
export function adamw(graph: Graph, tensors: AdamWTensors): void {
  const { state, schedule, factor, gradients, parameters, expAvg, expAvgSq, ema } = tensors;
  const count = requireFlat("adamw", gradients);
  const ring = schedule.shape[0] ?? 0;
  requireShape("adamw", "state", state.shape, STATE_SHAPE);
  requireShape("adamw", "schedule", schedule.shape, [ring, SCHEDULE_FIELDS.length]);
  const flat = { parameters, expAvg, expAvgSq, ...(ema && { ema }) };
  for (const [name, { shape }] of Object.entries(flat)) {
    requireShape("adamw", name, shape, gradients.shape);
  }

  const dims = { vectors: count / 4, ring };
  const read = { state, schedule, applied: factor, gradients };
  const updated = { parameters, exp_avg: expAvg, exp_avg_sq: expAvgSq };
  const args = { dims, ...read, ...updated };
  const constants = cutOf(graph).update;
  const groups = foldWorkgroups(count / 4, WORKGROUP * constants.VECTORS);
  const options = { constants, flops: UPDATE_FLOPS * count };
  if (ema) graph.dispatch([family, "update"], { ...args, ema }, groups, options);
  else graph.dispatch([family, "update_alone"], args, groups, options);
}

/** Rows of `history` as they are read back: slot step % ring holds the record of that step. */
export function unpackRecords(values: Float32Array<ArrayBuffer>): StepRecord[] {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const width = RECORD_FIELDS.length;
  return Array.from({ length: values.length / width }, (_, slot) => {
    const at = slot * width;
    const [loss, norm, clipFactor, lossScale] = values.subarray(at + 1, at + width);
    const numbers = { loss: loss!, gradientNorm: norm!, clipFactor: clipFactor! };
    return { step: words[at]!, ...numbers, lossScale: lossScale! };
  });
}

/** Count of a flat buffer. @throws ShapeError unless it is [a multiple of 64] */
function requireFlat(operation: string, { shape }: Tensor): number {
  const count = sizeOf(shape);
  if (shape.length === 1 && count > 0 && count % PADDING === 0) return count;
  throw new ShapeError(
    "shape/flat",
    `${operation}: flat buffers must hold a multiple of ${PADDING} numbers, got ${showShape(shape)}.`,
    "Pad them with zeros, which stay zeros.",
  );
}

function requireOptions(options: AdamWOptions): void {
  const { learningRate, betas, eps, weightDecay, emaDecay, l2 = 0 } = options;
  const LEAST = 2 ** -126; // smaller numbers may be 0 on a GPU
  const rules: [string, number, boolean][] = [
    ["learningRate must be ≥ 0", learningRate, learningRate >= 0],
    ["beta1 must be in [0, 1)", betas[0], betas[0] >= 0 && betas[0] < 1],
    ["beta2 must be in [0, 1)", betas[1], betas[1] >= 0 && betas[1] < 1],
    ["eps must be above 0", eps, eps >= LEAST],
    ["weightDecay must be ≥ 0", weightDecay, weightDecay >= 0],
    ["l2 must be ≥ 0", l2, l2 >= 0],
    ["emaDecay must be in [0, 1]", emaDecay, emaDecay >= 0 && emaDecay <= 1],
  ];
  const broken = rules.find(([, value, holds]) => !(holds && Number.isFinite(value)));
  if (!broken) return;
  throw new OptionError(
    "option/optimiser",
    `adamw: ${broken[0]}, got ${broken[1]}.`,
    "PyTorch's defaults: 1e-3, 0.9, 0.999, 1e-8, 0.01.",
  );
}
