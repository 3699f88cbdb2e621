// Launches shaders/reverse_step.wgsl: one row of a sampling plan, and the count of rows done.
//
// Packs a plan's numbers as the kernel reads them. Which numbers they are is not known here: that
// is src/samplers.
import { requireShape, shape4, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { quadWorkgroups, STATE_SHAPE, STREAMS } from "./diffusion.ts";
import { reverse_step } from "./generated/reverse_step.ts";

/** Fields of `Row` in reverse_step.wgsl, in its order. */
export const ROW_FIELDS = [
  "x0FromX",
  "x0FromOutput",
  "epsFromX",
  "epsFromOutput",
  "clip",
  "rederiveEps",
  "epsOfX",
  "epsOfX0",
  "a",
  "b",
  "c",
  "d",
  "sigma",
  "learned",
  "logVarianceMin",
  "logVarianceMax",
] as const;

type RowField = (typeof ROW_FIELDS)[number];
type Derived = "rederiveEps" | "learned" | "logVarianceMin" | "logVarianceMax";

/** What the kernel needs of a plan's row: `PlanRow` of src/samplers/plan.ts is one. */
export interface ReverseRow extends Readonly<Record<Exclude<RowField, Derived>, number>> {
  readonly rederiveEps: boolean;
  /** both of them, or none: without a learned variance */
  readonly logVarianceMin?: number | undefined;
  readonly logVarianceMax?: number | undefined;
}

const NO_CLIP = 3.4028234663852886e38; // the largest float32: WGSL may assume that nothing is infinite

/**
 * A plan as the kernel's table.
 *
 * @param plan  its rows in the order they are run; a clip of Infinity clips nothing
 * @returns     f32 [rows, 16]
 */
export function packRows({ rows }: { rows: readonly ReverseRow[] }): Float32Array<ArrayBuffer> {
  return Float32Array.from(rows.flatMap(rowNumbers));
}

function rowNumbers(row: ReverseRow): number[] {
  const { logVarianceMin: min, logVarianceMax: max } = row;
  const isLearned = min !== undefined && max !== undefined;
  const numbers: Record<RowField, number> = {
    ...row,
    clip: Math.min(row.clip, NO_CLIP),
    rederiveEps: row.rederiveEps ? 1 : 0,
    learned: isLearned ? 1 : 0,
    logVarianceMin: min ?? 0,
    logVarianceMax: max ?? 0,
  };
  return ROW_FIELDS.map((field) => numbers[field]);
}

export const reverseStepVariants: Variant[] = Object.keys(reverse_step.entries).map((entry) => ({
  family: reverse_step,
  entry,
  constants: {},
}));

export interface ReverseStepTensors {
  /** u32 [8], see `STATE`: says the row */
  state: Tensor;
  /** f32 [rows, 16], see `packRows` */
  rows: Tensor;
  /** [N, C, H, W], stepped in place */
  x: Tensor;
  /** [N, C, H, W]: in, x̂_0 of the row before (anything at the first row); out, x̂_0 of this one */
  x0Previous: Tensor;
  /** what the network gave for x: [N, C, H, W], or [N, 2C, H, W] with a learned variance */
  output: Tensor;
}

/**
 * x ← a x + b x̂_0 + c x̂_0 previous + d ε̂ + σ z by row `state.step` of a plan, in place.
 *
 * z is number (firstImage + n) · C·H·W + i of its stream at that step, as `philoxNormals` gives it.
 *
 * @param stream  default `STREAMS.reverseStep`
 * @throws ShapeError unless the tensors fit x
 * @see DDPM (arXiv:2006.11239) Algorithm 2; src/samplers/plan.ts for what rows there are
 */
export function reverseStep(
  graph: Graph,
  { state, rows, x, x0Previous, output }: ReverseStepTensors,
  { stream = STREAMS.reverseStep }: { stream?: number } = {},
): void {
  const [N, C, H, W] = shape4("reverseStep", x.shape);
  const isLearned = output.shape[1] === 2 * C;
  requireShape("reverseStep", "state", state.shape, STATE_SHAPE);
  requireShape("reverseStep", "rows", rows.shape, [rows.shape[0] ?? 0, ROW_FIELDS.length]);
  requireShape("reverseStep", "x0Previous", x0Previous.shape, x.shape);
  requireShape("reverseStep", "output", output.shape, [N, isLearned ? 2 * C : C, H, W]);

  const size = C * H * W;
  const dims = { size, stride: sizeOf(output.shape) / N, stream };
  const args = { dims, state, rows, output, xt: x, x0_previous: x0Previous };
  const flops = 40 * N * size; // of which 25 the noise
  graph.dispatch([reverse_step, "apply"], args, quadWorkgroups(N, size), { flops });
}

/** state.step ← state.step + 1: the last dispatch of a step. */
export function advance(graph: Graph, { state }: { state: Tensor }): void {
  requireShape("advance", "state", state.shape, STATE_SHAPE);
  graph.dispatch([reverse_step, "advance"], { progress: state }, [1]);
}
