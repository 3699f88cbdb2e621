// Launches shaders/resample.wgsl: checks shapes, allocates the output, records the dispatch.
import { ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, shape4, showShape, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { resample as family, resample_forward } from "./generated/resample.ts";

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const resampleVariants = (): Variant[] => plainVariants(family);

/**
 * Each pixel becomes 2 × 2: y[n,c,i,j] = x[n,c, ⌊i/2⌋, ⌊j/2⌋].
 *
 * @param x  [N, C, H, W]
 * @returns  [N, C, 2H, 2W]
 * @throws ShapeError unless x has four extents
 */
export function upsampleNearest2x(graph: Graph, { x }: { x: Tensor }): Tensor {
  const y = graph.alloc(doubled("upsampleNearest2x", x.shape), "upsample.y", x.dtype);
  const { args, workgroups } = launchOf("upsampleNearest2x", x, y);
  graph.dispatch([resample_forward, "upsample_forward"], args, workgroups);
  return y;
}

/**
 * dx = the sum of dy over the 2 × 2 pixels that each pixel of x became.
 *
 * @param dy      [N, C, 2H, 2W]
 * @param target  dx [N, C, H, W]
 * @throws ShapeError unless the shapes fit
 */
export function upsampleNearest2xBackward(
  graph: Graph,
  { dy }: { dy: Tensor },
  target: Tensor,
): void {
  const operation = "upsampleNearest2xBackward";
  requireShape(operation, "dy", dy.shape, doubled(operation, target.shape));
  const { args, workgroups, sums } = launchOf(operation, dy, target);
  graph.dispatch([family, "upsample_backward"], args, workgroups, sums);
}

/**
 * Means of 2 × 2 pixels; a last odd row or column drops out.
 *
 * @param x  [N, C, H, W], H and W at least 2
 * @returns  [N, C, ⌊H/2⌋, ⌊W/2⌋]
 * @throws ShapeError unless x has four extents and holds a 2 × 2 block
 */
export function averagePool2x2(graph: Graph, { x }: { x: Tensor }): Tensor {
  const y = graph.alloc(halved("averagePool2x2", x.shape), "averagePool.y", x.dtype);
  const { args, workgroups, sums } = launchOf("averagePool2x2", x, y);
  graph.dispatch([resample_forward, "pool_forward"], args, workgroups, sums);
  return y;
}

/**
 * dx = ¼ dy of the block a pixel belongs to, 0 in a row or column that dropped out.
 *
 * @param dy      [N, C, ⌊H/2⌋, ⌊W/2⌋]
 * @param target  dx [N, C, H, W]
 * @throws ShapeError unless the shapes fit
 */
export function averagePool2x2Backward(graph: Graph, { dy }: { dy: Tensor }, target: Tensor): void {
  const operation = "averagePool2x2Backward";
  requireShape(operation, "dy", dy.shape, halved(operation, target.shape));
  const { args, workgroups, sums } = launchOf(operation, dy, target);
  graph.dispatch([family, "pool_backward"], args, workgroups, sums);
}

/** What all entry points bind, and the workgroups: one lane an element of the result. */
function launchOf(operation: string, source: Tensor, result: Tensor) {
  const count = sizeOf(result.shape);
  const [, , height, width] = shape4(operation, result.shape);
  const [, , otherHeight, otherWidth] = shape4(operation, source.shape);
  const dims = { count, height, width, other_height: otherHeight, other_width: otherWidth };
  const workgroups = foldWorkgroups(count, WORKGROUP);
  const sums = { flops: 4 * Math.min(count, sizeOf(source.shape)) };
  return { args: { dims, source, result }, workgroups, sums };
}

function doubled(operation: string, shape: Shape): Shape {
  const [N, C, H, W] = shape4(operation, shape);
  return [N, C, 2 * H, 2 * W];
}

function halved(operation: string, shape: Shape): Shape {
  const [N, C, H, W] = shape4(operation, shape);
  if (H >= 2 && W >= 2) return [N, C, Math.floor(H / 2), Math.floor(W / 2)];
  throw new ShapeError(
    "shape/too-small",
    `${operation}: needs images of at least 2 × 2 pixels, got ${showShape(shape)}.`,
    "Use a larger image, or fewer levels.",
  );
}
