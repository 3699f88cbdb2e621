// Launches shaders/concat.wgsl: checks shapes, allocates the output, records the dispatches.
import { ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, sameShape, shape4, showShape, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { concat_forward, concat as family } from "./generated/concat.ts";

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const concatVariants = (): Variant[] =>
  plainVariants(family).flatMap((variant) =>
    variant.entry.endsWith("_wide")
      ? [1, 4].map((RUN) => ({ ...variant, constants: { RUN } }))
      : [variant],
  );

/**
 * y = the channels of a, then those of b.
 *
 * @param a, b  [N, Ca, H, W] and [N, Cb, H, W]
 * @returns     [N, Ca + Cb, H, W]
 * @throws ShapeError unless a and b differ in their channels alone
 */
export function concat(graph: Graph, { a, b }: { a: Tensor; b: Tensor }): Tensor {
  const y = graph.alloc(concatShape("concat", a.shape, b.shape), "concat.y", a.dtype);
  const { dims, isWide, constants, workgroups } = extentsOf(graph, a.shape, b.shape);
  const wide = { dims, a4: a, b4: b, y4: y };
  if (isWide) graph.dispatch([concat_forward, "forward_wide"], wide, workgroups, { constants });
  else graph.dispatch([concat_forward, "forward"], { dims, a, b, y }, workgroups);
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
  const { dims, isWide, constants, workgroups } = extentsOf(graph, da.shape, db.shape);
  const wide = { dims, dy4: dy, da4: da, db4: db };
  if (isWide) graph.dispatch([family, "backward_wide"], wide, workgroups, { constants });
  else graph.dispatch([family, "backward"], { dims, dy, da, db }, workgroups);
}

/**
 * In elements, or in fours of them where they can be moved so. On a software adapter a lane takes four
 * fours: there what comes before an access costs more than the access.
 */
function extentsOf(graph: Graph, a: Shape, b: Shape) {
  const [first, second] = [sizeOf(a) / a[0]!, sizeOf(b) / b[0]!];
  const divides = (size: number) => first % size === 0 && second % size === 0;
  const isWide = divides(4);
  const unit = isWide ? 4 : 1;
  const RUN = graph.targetOf("concat").software && divides(16) ? 4 : 1;
  const dims = {
    count: (a[0]! * (first + second)) / unit,
    first: first / unit,
    second: second / unit,
  };
  const workgroups = foldWorkgroups(dims.count / RUN, WORKGROUP);
  return { dims, isWide, constants: { RUN }, workgroups };
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
