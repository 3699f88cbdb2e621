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
  const [N] = y.shape;
  const sizes = [sizeOf(y.shape), sizeOf(a.shape) / N!, sizeOf(b.shape) / N!];
  const [isWide, [count, first, second]] = byFours(sizes);
  const dims = { count: count!, first: first!, second: second! };
  const workgroups = foldWorkgroups(dims.count, WORKGROUP);
  if (isWide)
    graph.dispatch([concat_forward, "forward_wide"], { dims, a4: a, b4: b, y4: y }, workgroups);
  else graph.dispatch([concat_forward, "forward"], { dims, a, b, y }, workgroups);
  return y;
}

/**
 * da = the first channels of dy, db = the rest; each where a target for it is given.
 *
 * @param dy       [N, Ca + Cb, H, W]
 * @param shapes   of a and b
 * @param targets  of those shapes; not dy
 * @throws ShapeError unless the shapes fit
 */
export function concatBackward(
  graph: Graph,
  { dy }: { dy: Tensor },
  { a, b }: { a: Shape; b: Shape },
  { da, db }: { da?: Tensor | undefined; db?: Tensor | undefined },
): void {
  requireShape("concatBackward", "dy", dy.shape, concatShape("concatBackward", a, b));
  if (da) slice(graph, dy, { shape: a, before: 0 }, da);
  if (db) slice(graph, dy, { shape: b, before: sizeOf(a) / a[0]! }, db);
}

/** part = the elements of every image of dy that `before` others precede. */
function slice(
  graph: Graph,
  dy: Tensor,
  { shape, before }: { shape: Shape; before: number },
  part: Tensor,
): void {
  requireShape("concatBackward", "target", part.shape, shape);
  const N = shape[0]!;
  const sizes = [sizeOf(shape), sizeOf(shape) / N, before, sizeOf(dy.shape) / N];
  const [isWide, [count, size, start, whole]] = byFours(sizes);
  const half = { count: count!, size: size!, before: start!, whole: whole! };
  const workgroups = foldWorkgroups(half.count, WORKGROUP);
  if (isWide) graph.dispatch([family, "backward_wide"], { half, dy4: dy, part4: part }, workgroups);
  else graph.dispatch([family, "backward"], { half, dy, part }, workgroups);
}

/** Whether four values can be moved at a time, and the sizes in that unit. */
function byFours(sizes: readonly number[]): [boolean, number[]] {
  const isWide = sizes.every((size) => size % 4 === 0);
  return [isWide, isWide ? sizes.map((size) => size / 4) : [...sizes]];
}

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
