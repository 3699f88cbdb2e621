// Launches shaders/diffusion.wgsl: checks shapes, allocates outputs, records the dispatches. The loss
// is in diffusion_loss.ts, timesteps by importance in diffusion_timesteps.ts.
//
// Here is also what the GPU keeps between steps: the words of its state, and the random streams of
// a seed. A recorded program reads them, so that it can be replayed with nothing from the host.
import { OptionError, ShapeError } from "../core/errors.ts";
import { seedWords } from "../core/philox.ts";
import { ceilDiv, requireShape, type Shape, shape4, showShape, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { diffusion } from "./generated/diffusion.ts";

/**
 * Words of the state, u32 [8]: `StepState` in diffusion.wgsl, reverse_step.wgsl and adamw.wgsl. The
 * last three are free.
 */
export const STATE = {
  /** steps done: of training, or rows of a sampling plan; `advance` counts it up */
  step: 0,
  seedLow: 1,
  seedHigh: 2,
  /** training steps left out for a gradient that is not finite; `finishStep` counts it up */
  skipped: 3,
  /** where this batch begins among the images of the step, so that noise does not depend on batches */
  firstImage: 4,
} as const;

/** The shape of the state. */
export const STATE_SHAPE: Shape = [8];

/**
 * Philox streams of a seed: what numbers are for, so that no two uses share them. The data order
 * has 2³² − 1.
 */
export const STREAMS = {
  noise: 0,
  timestep: 1,
  initialNoise: 2,
  reverseStep: 3,
  /** timesteps by importance */
  importance: 4,
  /** which labels are left out */
  labelDropout: 5,
  /** how images are mirrored and shifted */
  augmentation: 6,
  /** the first layer's dropout; each layer has the next */
  dropout: 16,
} as const;

/** The state of a first step. @throws OptionError for a seed out of range, see `seedWords` */
export function initialState(
  seed: number | bigint,
  { step = 0, firstImage = 0 }: { step?: number; firstImage?: number } = {},
): Uint32Array<ArrayBuffer> {
  const state = new Uint32Array(sizeOf(STATE_SHAPE));
  const [low, high] = seedWords(seed);
  state[STATE.step] = step;
  state[STATE.seedLow] = low;
  state[STATE.seedHigh] = high;
  state[STATE.firstImage] = firstImage;
  return state;
}

/** Fields of `Level` in diffusion.wgsl, in its order. */
export const LEVEL_FIELDS = ["signal", "spread", "noiseFactor", "x0Factor", "weight"] as const;

export type DiffusionTarget = "epsilon" | "sample" | "v_prediction";

/**
 * The table that noising and loss read, a row a timestep: √ᾱ, √(1 − ᾱ), the target's parts of ε
 * and of x_0, and the loss weight.
 *
 *   epsilon  ε        sample  x_0        v_prediction  √ᾱ ε − √(1 − ᾱ) x_0
 *
 * @param alphaBars  ᾱ_t [T], float64
 * @param weights    w_t [T]; default 1
 * @returns          f32 [T, 5]
 */
export function packLevels(
  alphaBars: ArrayLike<number>,
  { target, weights }: { target: DiffusionTarget; weights?: ArrayLike<number> },
): Float32Array<ArrayBuffer> {
  const rows = Array.from(alphaBars, (bar, t) => {
    const [signal, spread] = [Math.sqrt(bar), Math.sqrt(1 - bar)];
    const [noiseFactor, x0Factor] = targetFactors(target, signal, spread);
    const row = { signal, spread, noiseFactor, x0Factor, weight: weights?.[t] ?? 1 };
    return LEVEL_FIELDS.map((field) => row[field]);
  });
  return Float32Array.from(rows.flat());
}

/** The target's parts of ε and of x_0. */
function targetFactors(
  target: DiffusionTarget,
  signal: number,
  spread: number,
): readonly [noise: number, x0: number] {
  switch (target) {
    case "epsilon":
      return [1, 0];
    case "sample":
      return [0, 1];
    case "v_prediction":
      return [signal, -spread];
  }
}

const WORKGROUP = 64; // WG in the shader
export const NORMAL_FLOPS = 25; // of one normal: its share of logarithm, root, sine and cosine

export const diffusionVariants = (): Variant[] => plainVariants(diffusion);

/**
 * Raw words of Philox4x32-10: counter i gives those of [i, stream, step, 0].
 *
 * @returns  u32 [counters, 4]
 */
export function philoxWords(
  graph: Graph,
  { state }: { state: Tensor },
  { counters: count, stream }: { counters: number; stream: number },
): Tensor {
  requireShape("philoxWords", "state", state.shape, STATE_SHAPE);
  const words = graph.alloc([count, 4], "diffusion.words", "u32");
  const args = { counters: { count, stream }, state, words };
  graph.dispatch([diffusion, "philox_words"], args, foldWorkgroups(count, WORKGROUP));
  return words;
}

/**
 * scale · N(0, I). Element i of image n is number firstElement + (firstImage + n) · size + i of its
 * stream at the state's step, where size is that of one image: as `philoxNormals` gives it.
 *
 * @param shape         [N, ...]; of rank 1, one image
 * @param stream        one of `STREAMS`, or a number from 16 on
 * @param firstElement  a multiple of 4, default 0
 * @param scale         standard deviation, default 1
 * @throws OptionError for another firstElement
 */
export function normals(
  graph: Graph,
  { state }: { state: Tensor },
  options: { shape: Shape; stream: number; firstElement?: number; scale?: number },
): Tensor {
  const { shape, stream, firstElement = 0, scale = 1 } = options;
  requireShape("normals", "state", state.shape, STATE_SHAPE);
  requireQuad(firstElement);
  const N = shape.length > 1 ? shape[0]! : 1;
  const size = sizeOf(shape) / N;

  const sampled = graph.alloc(shape, "diffusion.normals");
  const draw = { counter: firstElement / 4, stream, scale };
  const args = { draw, image: { size }, state, sampled };
  const flops = NORMAL_FLOPS * N * size;
  graph.dispatch([diffusion, "normals"], args, quadWorkgroups(N, size), { flops });
  return sampled;
}

export interface Batches {
  /** u32 [8], see `STATE` */
  state: Tensor;
  /** u32: four bytes a word, C·H·W bytes an image without gaps */
  images: Tensor;
  /** u32 [ring, N]: the images of the batch of step s, in row s modulo ring */
  order: Tensor;
  /** f32 [T, 5], see `packLevels` */
  levels: Tensor;
}

/**
 * x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε with t and ε drawn for the state's step, x_0 = byte/127.5 − 1.
 *
 * @param shape  [N, C, H, W]
 * @returns      xt [N, C, H, W]; timesteps u32 [N], uniform in 0 … T−1
 * @throws ShapeError unless the tensors fit the shape
 * @see DDPM (arXiv:2006.11239) eq. 4
 */
export function qSample(
  graph: Graph,
  { state, images, order, levels }: Batches,
  { shape }: { shape: Shape },
): { xt: Tensor; timesteps: Tensor } {
  const { N, size, source } = batchOf("qSample", { state, images, order, levels }, shape);

  const xt = graph.alloc(shape, "diffusion.xt");
  const drawn = graph.alloc([N], "diffusion.timesteps", "u32");

  const args = { image: { size }, source, state, images, order, levels, xt, drawn };
  const flops = (NORMAL_FLOPS + 5) * N * size;
  graph.dispatch([diffusion, "q_sample"], args, quadWorkgroups(N, size), { flops });
  return { xt, timesteps: drawn };
}

/** `qSample` with ε drawn, at timesteps that are given: u32 [N]. */
export function qSampleAt(
  graph: Graph,
  { state, images, order, levels, timesteps }: Batches & { timesteps: Tensor },
  { shape }: { shape: Shape },
): { xt: Tensor } {
  const { N, size, source } = batchOf("qSampleAt", { state, images, order, levels }, shape);
  requireShape("qSampleAt", "timesteps", timesteps.shape, [N]);

  const xt = graph.alloc(shape, "diffusion.xt");
  const args = { image: { size }, source, state, images, order, levels, timesteps, xt };
  const flops = (NORMAL_FLOPS + 5) * N * size;
  graph.dispatch([diffusion, "q_sample_at"], args, quadWorkgroups(N, size), { flops });
  return { xt };
}

/** `qSample` of x_0, ε and t that are given: x0, noise [N, C, H, W], timesteps u32 [N]. */
export function qSampleGiven(
  graph: Graph,
  { x0, noise, timesteps, levels }: Record<"x0" | "noise" | "timesteps" | "levels", Tensor>,
): { xt: Tensor } {
  const N = givenOf("qSampleGiven", { x0, noise, timesteps, levels });
  const size = sizeOf(x0.shape) / N;

  const xt = graph.alloc(x0.shape, "diffusion.xt");
  const args = { image: { size }, levels, timesteps, x0, noise, xt };
  const flops = 3 * N * size;
  graph.dispatch([diffusion, "q_sample_given"], args, quadWorkgroups(N, size), { flops });
  return { xt };
}

export interface LabelSource {
  /** u32 [8], see `STATE` */
  state: Tensor;
  /** u32 [ring, N]: the images of the batch of step s, in row s modulo ring */
  order: Tensor;
  /** u32: the label of every image of the data */
  dataLabels: Tensor;
}

/**
 * The labels of a step's batch, each replaced by the null class with probability p.
 *
 * @param dropout    p in [0, 1]; 0: no label is replaced
 * @param nullClass  what replaces them
 * @returns          u32 [N]
 * @throws OptionError for a probability out of range
 * @see Ho & Salimans 2022 (arXiv:2207.12598) Algorithm 1
 */
export function batchLabels(
  graph: Graph,
  { state, order, dataLabels }: LabelSource,
  { dropout, nullClass }: { dropout: number; nullClass: number },
): Tensor {
  const [ring = 0, count = 0] = order.shape;
  requireShape("batchLabels", "state", state.shape, STATE_SHAPE);
  requireShape("batchLabels", "order", order.shape, [ring, count]);
  if (!(dropout >= 0 && dropout <= 1)) {
    throw new OptionError(
      "option/training",
      `batchLabels: dropout must be a probability in 0 … 1, got ${dropout}.`,
      "0.1 is usual.",
    );
  }

  const labels = graph.alloc([count], "diffusion.labels", "u32");
  const stream = STREAMS.labelDropout;
  const labelling = { count, ring, stream, null_class: nullClass, dropout };
  const args = { labelling, state, order, data_labels: dataLabels, labels_of_batch: labels };
  graph.dispatch([diffusion, "labels"], args, [ceilDiv(count, WORKGROUP)]);
  return labels;
}

/** One lane four elements of an image; where they do not begin at a counter, one lane more. */
export const quadWorkgroups = (N: number, size: number): [number, number] => [
  ceilDiv(ceilDiv(size + 3, 4), WORKGROUP),
  N,
];

export function batchOf(
  operation: string,
  { state, images, order, levels }: Batches,
  shape: Shape,
) {
  const [N, C, H, W] = shape4(operation, shape);
  const size = C * H * W;
  const ring = order.shape[0] ?? 0;
  requireShape(operation, "state", state.shape, STATE_SHAPE);
  requireShape(operation, "order", order.shape, [ring, N]);
  requireLevels(operation, levels);
  const bytes = 4 * sizeOf(images.shape);
  if (images.dtype !== "u32" || bytes < size) {
    throw new ShapeError(
      "shape/mismatch",
      `${operation}: images must be u32 words of at least one image, ${size} bytes, ` +
        `got ${images.dtype} ${showShape(images.shape)}.`,
      "Pack four bytes a word, image after image.",
    );
  }
  const source = { ring, noise_stream: STREAMS.noise, timestep_stream: STREAMS.timestep };
  return { N, size, source };
}

export function givenOf(
  operation: string,
  { x0, noise, timesteps, levels }: Record<"x0" | "noise" | "timesteps" | "levels", Tensor>,
): number {
  const [N] = shape4(operation, x0.shape);
  requireShape(operation, "noise", noise.shape, x0.shape);
  requireShape(operation, "timesteps", timesteps.shape, [N]);
  requireLevels(operation, levels);
  return N;
}

function requireLevels(operation: string, { shape }: Tensor): void {
  requireShape(operation, "levels", shape, [shape[0] ?? 0, LEVEL_FIELDS.length]);
}

function requireQuad(firstElement: number): void {
  if (Number.isInteger(firstElement / 4) && firstElement >= 0) return;
  throw new OptionError(
    "option/random",
    `normals: firstElement must be a multiple of 4, got ${firstElement}.`,
    "One counter yields four numbers.",
  );
}
