// Launches shaders/cast.wgsl: checks shapes, allocates the output, records the dispatch.
import { requireShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, unread } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { cast as family } from "./generated/cast.ts";

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const castVariants = (): Variant[] =>
  ["narrow", "widen"].map((entry) => ({
    family,
    entry,
    constants: {},
  }));

/**
 * y = scale[0] · x as a float16 tensor; beyond 65 504 infinity.
 *
 * @param scale   float32 [1] or more; default: x itself
 * @param target  of x's shape, float16 or float32; default: a new float16 tensor
 * @throws ShapeError unless the shapes agree
 */
export function narrow(
  graph: Graph,
  { x, scale }: { x: Tensor; scale?: Tensor | undefined },
  target?: Tensor,
): Tensor {
  const map = target ?? graph.alloc(x.shape, "narrow.y", "f16");
  requireShape("narrow", "target", map.shape, x.shape);
  const count = sizeOf(x.shape);
  const dims = { count, has_scale: Number(scale !== undefined) };
  const args = { dims, x, scale: scale ?? unread(x), map };
  graph.dispatch([family, "narrow"], args, foldWorkgroups(count, WORKGROUP), { flops: count });
  return map;
}

/**
 * y = x as a float32 tensor, exactly.
 *
 * @param target  of x's shape
 * @throws ShapeError unless the shapes agree
 */
export function widen(graph: Graph, { x }: { x: Tensor }, target?: Tensor): Tensor {
  const y = target ?? graph.alloc(x.shape, "widen.y");
  requireShape("widen", "target", y.shape, x.shape);
  const count = sizeOf(x.shape);
  const args = { dims: { count, has_scale: 0 }, source: x, y };
  graph.dispatch([family, "widen"], args, foldWorkgroups(count, WORKGROUP));
  return y;
}
