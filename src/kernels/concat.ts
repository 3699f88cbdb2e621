// Launches shaders/concat.wgsl: checks shapes, allocates the output, records the dispatches.
import { ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, sameShape, shape4, showShape, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { concat_forward, concat as family } from "./generated/concat.ts";

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const concatVariants = (): Variant[] => plainVariants(family);

/**
 * y = the channels of a, then those of b.
 *
 * @param a, b  [N, Ca, H, W] and [N, Cb, H, W]
 * @returns     [N, Ca + Cb, H, W]
 * @throws ShapeError unless a and b differ in their channels alone
 */
export function concat(graph: Graph, { a, b }: { a: Tensor; b: Tensor }): Tensor {
  const y = graph.alloc(concatShape("concat", a.shape, b.shape), "concat.y", a.dtype);
  const dims = dimsOf(a.shape, b.shape);
  graph.dispatch([concat_forward, "forward"], { dims, a, b, y }, workgroupsOf(dims));
  return y;
}

/**
 * da = the first channels of dy, db = the rest.
 *
 * @param dy       [N, Ca + Cb, H, W]
 * @param targets  da and db; not dy
 * @throws ShapeError unless the shapes fit
 */
export function concatBackward(
  graph: Graph,
  { dy }: { dy: Tensor },
  { da, db }: { da: Tensor; db: Tensor },
): void {
  requireShape("concatBackward", "dy", dy.shape, concatShape("concatBackward", da.shape, db.shape));
  const dims = dimsOf(da.shape, db.shape);
  graph.dispatch([family, "backward"], { dims, dy, da, db }, workgroupsOf(dims));
}

function dimsOf(a: Shape, b: Shape) {
  const [first, second] = [sizeOf(a) / a[0]!, sizeOf(b) / b[0]!];
  return { count: a[0]! * (first + second), first, second };
}

const workgroupsOf = ({ count }: { count: number }) => foldWorkgroups(count, WORKGROUP);

function concatShape(operation: string, a: Shape, b: Shape): Shape {
  const [N, Ca, H, W] = shape4(operation, a);
  const Cb = shape4(operation, b)[1];
  if (sameShape(b, [N, Cb, H, W])) return [N, Ca + Cb, H, W];
  throw new ShapeError(
    "shape/mismatch",
    `${operation}: a and b may differ in their channels alone, got a ${showShape(a)} and b ${showShape(b)}.`,
    "Bring both to one batch, height and width.",
  );
}
