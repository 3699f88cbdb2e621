// Launches shaders/derivation.wgsl: a step of a trajectory, and the squares of its densities.
import { requireShape, shape4, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { STATE_SHAPE } from "./diffusion.ts";
import { derivation } from "./generated/derivation.ts";

/** Fields of `Step` in derivation.wgsl, in its order. */
export const DERIVATION_STEP_FIELDS = [
  "signal",
  "spread",
  "stepRest",
  "jumpRest",
  "coefX0",
  "coefRest",
  "fromX",
  "fromOutput",
  "clip",
] as const;

/** What the kernels need of a step: `DerivationStep` of src/diffusion/derivation.ts is one. */
export type StepNumbers = Readonly<Record<(typeof DERIVATION_STEP_FIELDS)[number], number>>;

/** The sums of squares of a step, in their order. */
export const DERIVATION_SUMS = ["step", "posterior", "jump", "model", "means", "xt", "x0"] as const;

const LARGEST = 3.4028234663852886e38; // of float32: WGSL may assume that nothing is infinite

/** Steps as the kernels' table, f32 [T, 9]. A clip of Infinity clips nothing. */
export function packDerivationSteps(steps: readonly StepNumbers[]): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    steps.flatMap((step) => DERIVATION_STEP_FIELDS.map((name) => Math.min(step[name], LARGEST))),
  );
}

const WORKGROUP = 64; // WG in the shader
const HARDWARE = { ROWS: 16, LANES: 256 };
const SOFTWARE = { ROWS: 8, LANES: 64 };

export const derivationVariants = (): Variant[] => [
  { family: derivation, entry: "walk", constants: {} },
  ...[HARDWARE, SOFTWARE].map((constants) => ({ family: derivation, entry: "sums", constants })),
];

export interface WalkTensors {
  /** u32 [8], see `STATE`: says the step */
  state: Tensor;
  /** f32 [T, 9], see `packDerivationSteps` */
  steps: Tensor;
  /** x_{t−1} */
  previous: Tensor;
  /** N(0, I) */
  z: Tensor;
}

/**
 * x_t = √α_t · x_{t−1} + √β_t · z at step `state.step`.
 *
 * @throws ShapeError unless the tensors fit
 * @see DDPM (arXiv:2006.11239) eq. 2
 */
export function walk(graph: Graph, { state, steps, previous, z }: WalkTensors): Tensor {
  requireShape("walk", "state", state.shape, STATE_SHAPE);
  requireSteps("walk", steps);
  requireShape("walk", "z", z.shape, previous.shape);

  const count = sizeOf(previous.shape);
  const next = graph.alloc(previous.shape, "derivation.xt");
  const args = { dims: { count }, state, steps, previous, z, next };
  graph.dispatch([derivation, "walk"], args, foldWorkgroups(count, WORKGROUP), {
    flops: 3 * count,
  });
  return next;
}

export interface SumsTensors {
  state: Tensor;
  steps: Tensor;
  /** [N, C, H, W] */
  x0: Tensor;
  previous: Tensor;
  xt: Tensor;
  /** what the denoiser gives for x_t: [N, C, H, W], or [N, 2C, H, W] */
  output: Tensor;
  /** f32 [T, N, 7], by `DERIVATION_SUMS`: written in row `state.step` */
  results: Tensor;
}

/**
 * Sums of squares from which the host makes the step's log densities.
 *
 * @throws ShapeError unless the tensors fit x0
 */
export function derivationSums(graph: Graph, tensors: SumsTensors): void {
  const { state, steps, x0, previous, xt, output, results } = tensors;
  const [N, C, H, W] = shape4("derivationSums", x0.shape);
  const channels = output.shape[1] === 2 * C ? 2 * C : C;
  requireShape("derivationSums", "state", state.shape, STATE_SHAPE);
  requireSteps("derivationSums", steps);
  requireShape("derivationSums", "previous", previous.shape, x0.shape);
  requireShape("derivationSums", "xt", xt.shape, x0.shape);
  requireShape("derivationSums", "output", output.shape, [N, channels, H, W]);
  const T = steps.shape[0] ?? 0;
  requireShape("derivationSums", "results", results.shape, [T, N, DERIVATION_SUMS.length]);

  const image = { size: C * H * W, stride: sizeOf(output.shape) / N };
  const constants = graph.targetOf("derivation").software ? SOFTWARE : HARDWARE;
  const args = { image, state, steps, x0, previous, xt, output, results };
  graph.dispatch([derivation, "sums"], args, [N], { constants, flops: 30 * sizeOf(x0.shape) });
}

function requireSteps(operation: string, { shape }: Tensor): void {
  requireShape(operation, "steps", shape, [shape[0] ?? 0, DERIVATION_STEP_FIELDS.length]);
}
