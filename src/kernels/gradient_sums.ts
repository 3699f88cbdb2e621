// Launches shaders/gradient_sums.wgsl: gradients summed over the batches of a step, and where one is
// not finite.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, showShape, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { STATE_SHAPE } from "./diffusion.ts";
import { gradient_sums as family } from "./generated/gradient_sums.ts";

const WORKGROUP = 64; // WG in the shader
/** Workgroups of `locate` at most: its lanes take turns, so that a good step costs next to nothing. */
const HARDWARE_GROUPS = 1024;
const SOFTWARE_GROUPS = 16;

export const gradientSumsVariants = (): Variant[] => plainVariants(family);

/**
 * sum ← scale · x at the first batch of a step, sum + scale · x at those after it.
 *
 * @param state  u32 [8], see `STATE`: its first_image is 0 at the first batch
 * @param x      [...]
 * @param sum    of x's shape, in place; it may not share a buffer with x or the state
 * @throws ShapeError unless the shapes agree
 */
export function accumulate(
  graph: Graph,
  { state, x, sum }: { state: Tensor; x: Tensor; sum: Tensor },
  { scale }: { scale: number },
): void {
  requireShape("accumulate", "state", state.shape, STATE_SHAPE);
  requireShape("accumulate", "sum", sum.shape, x.shape);
  const count = sizeOf(x.shape);
  const args = { adding: { count, scale }, state, x, sum };
  const flops = 2 * count;
  graph.dispatch([family, "accumulate"], args, foldWorkgroups(count, WORKGROUP), { flops });
}

/**
 * The state's first_image ← that of the step's next batch; after the last, of the next step's first.
 *
 * @param images   of a batch
 * @param batches  of a step
 */
export function nextBatch(
  graph: Graph,
  { state }: { state: Tensor },
  { images, batches }: { images: number; batches: number },
): void {
  requireShape("nextBatch", "state", state.shape, STATE_SHAPE);
  const args = { batches: { images, total: images * batches }, progress: state };
  graph.dispatch([family, "next_batch"], args, [1]);
}

/**
 * Where the gradient of a step that was left out is not finite: slot step % ring of `found` gets
 * 1 + the largest such index, or 0. Follows `finishStep`, precedes `advance`.
 *
 * @param factor  [1], of `finishStep`: 0 where the step is left out; else nothing is read
 * @param gradients   [count], a multiple of 4
 * @param found       u32 [ring], ring ≥ 2; it may not share a buffer with the others
 * @throws ShapeError unless the tensors fit
 */
export function locateNotFinite(
  graph: Graph,
  {
    state,
    factor,
    gradients,
    found,
  }: Record<"state" | "factor" | "gradients", Tensor> & {
    found: Tensor;
  },
): void {
  requireShape("locateNotFinite", "state", state.shape, STATE_SHAPE);
  requireShape("locateNotFinite", "factor", factor.shape, [1]);
  const count = sizeOf(gradients.shape);
  if (count % 4 !== 0 || count === 0) {
    throw new ShapeError(
      "shape/flat",
      `locateNotFinite: gradients must hold a multiple of 4 numbers, got ${showShape(gradients.shape)}.`,
      "Pad them with zeros.",
    );
  }
  const [vectors, ring] = [count / 4, found.shape[0] ?? 0];
  const most = graph.targetOf("gradient_sums").software ? SOFTWARE_GROUPS : HARDWARE_GROUPS;
  const groups = Math.min(most, ceilDiv(vectors, WORKGROUP));
  const locating = { vectors, trips: ceilDiv(vectors, groups * WORKGROUP), ring };
  const read = { locating, state, applied: factor, gradient_bits: gradients };
  graph.dispatch([family, "locate"], { ...read, found }, [groups]);
}
