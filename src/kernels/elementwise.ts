// Launches shaders/elementwise.wgsl: checks shapes, allocates the output, records the dispatch.
//
// A `target` is a tensor to write to instead of a new one; it is never one of the inputs.
import { requireShape, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { elementwise } from "./generated/elementwise.ts";

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const elementwiseVariants = (): Variant[] => plainVariants(elementwise);

/**
 * y = (a + b) · scale, element by element.
 *
 * @param a, b    two tensors of one shape
 * @param scale   default 1
 * @param target  of their shape
 * @throws ShapeError unless the shapes agree
 */
export function add(
  graph: Graph,
  { a, b }: { a: Tensor; b: Tensor },
  { scale = 1 }: { scale?: number },
  target?: Tensor,
): Tensor {
  requireShape("add", "b", b.shape, a.shape);
  const count = sizeOf(a.shape);
  const y = target ?? graph.alloc(a.shape, "add.y", a.dtype);
  requireShape("add", "target", y.shape, a.shape);
  const options = { flops: 2 * count };
  if (count % 4 === 0) {
    const dims = { count: count / 4, row: 1, scale, offset: 0 };
    const workgroups = foldWorkgroups(count / 4, WORKGROUP);
    graph.dispatch([elementwise, "add_wide"], { dims, a4: a, b4: b, y4: y }, workgroups, options);
    return y;
  }
  const dims = { count, row: 1, scale, offset: 0 };
  const workgroups = foldWorkgroups(count, WORKGROUP);
  graph.dispatch([elementwise, "add"], { dims, a, b, y }, workgroups, options);
  return y;
}

/**
 * y = a · x + b, element by element, of two numbers.
 *
 * @param b       default 0
 * @param target  of x's shape
 * @throws ShapeError unless the shapes agree
 */
export function affine(
  graph: Graph,
  { x }: { x: Tensor },
  { a, b = 0 }: { a: number; b?: number },
  target?: Tensor,
): Tensor {
  const y = target ?? graph.alloc(x.shape, "affine.y", x.dtype);
  requireShape("affine", "target", y.shape, x.shape);
  const count = sizeOf(x.shape);
  const dims = { count, row: 1, scale: a, offset: b };
  graph.dispatch([elementwise, "affine"], { dims, x, y }, foldWorkgroups(count, WORKGROUP), {
    flops: 2 * count,
  });
  return y;
}

/**
 * y[n, …] = factor[n] · x[n, …]: each row by its own number.
 *
 * @param x       [N, …]
 * @param factor  [N]
 * @param target  of x's shape
 * @throws ShapeError unless the shapes fit
 */
export function scaleRows(
  graph: Graph,
  { x, factor }: { x: Tensor; factor: Tensor },
  target?: Tensor,
): Tensor {
  const N = x.shape[0] ?? 1;
  requireShape("scaleRows", "factor", factor.shape, [N]);
  const y = target ?? graph.alloc(x.shape, "scaleRows.y", x.dtype);
  requireShape("scaleRows", "target", y.shape, x.shape);
  const count = sizeOf(x.shape);
  const dims = { count, row: count / N, scale: 1, offset: 0 };
  const workgroups = foldWorkgroups(count, WORKGROUP);
  const options = { flops: count };
  graph.dispatch([elementwise, "scale_rows"], { dims, x, factor, y }, workgroups, options);
  return y;
}
