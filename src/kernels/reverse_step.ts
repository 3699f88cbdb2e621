// Launches shaders/reverse_step.wgsl: one row of a sampling plan, what inpainting keeps, what the
// network is told of the time, and the count of rows done.
//
// Packs a plan's numbers as the kernel reads them. Which numbers they are is not known here: that
// is src/samplers.
import { ceilDiv, requireShape, shape4, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
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
  "guidance",
  "knownSignal",
  "knownSpread",
  "againSignal",
  "againSpread",
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

const WORKGROUP = 64; // lanes; WG in the shader
const NO_CLIP = 3.4028234663852886e38; // the largest float32: WGSL may assume that nothing is infinite

/**
 * A plan as the kernel's table.
 *
 * @param plan  its rows in the order they are run; a clip of Infinity clips nothing
 * @returns     f32 [rows, 21]
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

export const reverseStepVariants = (): Variant[] => plainVariants(reverse_step);

export interface ReverseStepTensors {
  /** u32 [8], see `STATE`: says the row */
  state: Tensor;
  /** f32 [rows, 21], see `packRows` */
  rows: Tensor;
  /** [N, C, H, W], stepped in place; with guidance [2N, C, H, W], both halves alike */
  x: Tensor;
  /** [N, C, H, W]: in, x̂_0 of the row before (anything at the first row); out, x̂_0 of this one */
  x0Previous: Tensor;
  /** [N, C, H, W]: out, ε̂ of this row; default memory that nobody reads */
  epsHat?: Tensor | undefined;
  /**
   * what the network gave for x: N images of C channels, or 2C with a learned variance; with
   * guidance 2N, those with their class before those with none
   */
  output: Tensor;
}

/**
 * x ← a x + b x̂_0 + c x̂_0 previous + d ε̂ + σ z by row `state.step` of a plan, in place.
 *
 * z is number (firstImage + n) · C·H·W + i of its stream at that step, as `philoxNormals` gives it.
 * Guidance is what twice as many images in x as in x0Previous mean.
 *
 * @param stream  default `STREAMS.reverseStep`
 * @throws ShapeError unless the tensors fit x
 * @see DDPM (arXiv:2006.11239) Algorithm 2; src/samplers/plan.ts for what rows there are
 */
export function reverseStep(
  graph: Graph,
  { state, rows, x, x0Previous, output, ...rest }: ReverseStepTensors,
  { stream = STREAMS.reverseStep }: { stream?: number } = {},
): void {
  const [B, C, H, W] = shape4("reverseStep", x.shape);
  const isGuided = 2 * (x0Previous.shape[0] ?? 0) === B;
  const N = isGuided ? B / 2 : B;
  const isLearned = output.shape[1] === 2 * C;
  const epsHat = rest.epsHat ?? graph.alloc([N, C, H, W], "reverseStep.epsHat");
  requireTable("reverseStep", { state, rows });
  requireShape("reverseStep", "x0Previous", x0Previous.shape, [N, C, H, W]);
  requireShape("reverseStep", "epsHat", epsHat.shape, [N, C, H, W]);
  requireShape("reverseStep", "output", output.shape, [B, isLearned ? 2 * C : C, H, W]);

  const size = C * H * W;
  const stride = sizeOf(output.shape) / B;
  const halves = isGuided ? N : 0;
  const dims = { size, stride, stream, copies: halves * size, unconditional: halves * stride };
  const args = { dims, state, rows, output, xt: x, x0_previous: x0Previous, eps_hat: epsHat };
  const flops = 40 * N * size; // of which 25 the noise
  graph.dispatch([reverse_step, "apply"], args, quadWorkgroups(N, size), { flops });
}

/** Streams of what inpainting draws: the known part's noise, and that of noising again. */
export const BLEND_STREAMS = { known: 8, again: 9 } as const;

export interface BlendTensors {
  state: Tensor;
  rows: Tensor;
  /** [N, C, H, W] after the row's step, in place; with guidance [2N, C, H, W] */
  x: Tensor;
  /** [N, C, H, W] in [−1, 1] */
  known: Tensor;
  /** [N, C, H, W]: 1 where the image is known, 0 where it is to be made */
  mask: Tensor;
}

/**
 * x ← mask · q(x' | known) + (1 − mask) · x at the level after row `state.step`, noised again where
 * the row says so. Follows `reverseStep`.
 *
 * @throws ShapeError unless the tensors fit
 * @see Lugmayr et al. 2022 (RePaint, arXiv:2201.09865) eq. 8, Algorithm 1
 */
export function blend(graph: Graph, { state, rows, x, known, mask }: BlendTensors): void {
  const [N, C, H, W] = shape4("blend", known.shape);
  const isGuided = x.shape[0] === 2 * N;
  requireTable("blend", { state, rows });
  requireShape("blend", "x", x.shape, [isGuided ? 2 * N : N, C, H, W]);
  requireShape("blend", "mask", mask.shape, known.shape);

  const size = C * H * W;
  const { known: known_stream, again: again_stream } = BLEND_STREAMS;
  const blending = { size, known_stream, again_stream, copies: isGuided ? N * size : 0 };
  const args = { blending, state, rows, known, mask, xt: x };
  graph.dispatch([reverse_step, "blend"], args, quadWorkgroups(N, size), { flops: 60 * N * size });
}

/**
 * Row `state.step` of a table for each of N images: what the network is told of the time.
 *
 * @param table  [rows, …] of f32 or u32
 * @param N      images
 * @returns      [N, …] of its type
 */
export function spreadRow(
  graph: Graph,
  { state, table }: { state: Tensor; table: Tensor },
  N: number,
): Tensor {
  requireShape("spreadRow", "state", state.shape, STATE_SHAPE);
  const shape = [N, ...table.shape.slice(1)];
  const y = graph.alloc(shape, `row of ${table.label}`, table.dtype);
  const width = sizeOf(table.shape.slice(1));
  const args = { spreading: { count: N * width, width }, state, table, y };
  graph.dispatch([reverse_step, "spread"], args, [ceilDiv(N * width, WORKGROUP)]);
  return y;
}

/** state.step ← state.step + 1: the last dispatch of a step. */
export function advance(graph: Graph, { state }: { state: Tensor }): void {
  requireShape("advance", "state", state.shape, STATE_SHAPE);
  graph.dispatch([reverse_step, "advance"], { progress: state }, [1]);
}

function requireTable(operation: string, { state, rows }: { state: Tensor; rows: Tensor }): void {
  requireShape(operation, "state", state.shape, STATE_SHAPE);
  requireShape(operation, "rows", rows.shape, [rows.shape[0] ?? 0, ROW_FIELDS.length]);
}
