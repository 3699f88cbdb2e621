// Launches shaders/elementwise.wgsl: checks shapes, allocates the output, records the dispatch.
import { requireShape, sizeOf } from "../core/shape.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { elementwise } from "./generated/elementwise.ts";

const WORKGROUP = 64;

/**
 * y = (a + b) · scale, element by element.
 *
 * @param a, b   two tensors of one shape
 * @param scale  default 1
 * @throws ShapeError unless the shapes agree
 */
export function add(
  graph: Graph,
  { a, b }: { a: Tensor; b: Tensor },
  { scale = 1 }: { scale?: number },
): Tensor {
  requireShape("add", "b", b.shape, a.shape);
  const count = sizeOf(a.shape);
  const y = graph.alloc(a.shape, "add.y");
  const args = { dims: { count, scale }, a, b, y };
  const options = { flops: 2 * count };
  graph.dispatch([elementwise, "add"], args, foldWorkgroups(count, WORKGROUP), options);
  return y;
}
