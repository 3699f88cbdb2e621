// Launches shaders/conv2d_weight.wgsl: checks shapes, allocates the partial sums, records two dispatches.
import { ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, shape4, showShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { conv2d_weight as family } from "./generated/conv2d_weight.ts";

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const conv2dWeightVariants: Variant[] = ["partial", "finish", "sum_pixels"].map((entry) => ({
  family,
  entry,
  constants: {},
}));

export interface WeightGradients {
  /** [O, C, K, K] */
  dweight: Tensor;
  /** [O] */
  dbias?: Tensor;
}

/**
 * dweight[o,c,u,v] = Σ_{n,i,j} dy[n,o,i,j] · z[n, c, i·stride + u − top, j·stride + v − left] and
 * dbias[o] = Σ_{n,i,j} dy[n,o,i,j], written to the given tensors.
 *
 * @throws ShapeError unless the shapes fit
 */
export function conv2dBackwardWeight(
  graph: Graph,
  { x, dy }: { x: Tensor; dy: Tensor },
  options: Required<Conv2dOptions> & { weightShape: Shape },
  { dweight, dbias }: WeightGradients,
): void {
  const { weightShape, stride, padding, upsample } = options;
  const [N, C, H, W] = shape4("conv2dBackwardWeight", x.shape);
  const [O, weightC, K] = shape4("conv2dBackwardWeight", weightShape);
  if (C !== weightC) {
    throw new ShapeError(
      "shape/channels",
      `conv2dBackwardWeight: weight must have one slice a channel of x, got weight ${showShape(weightShape)} and x ${showShape(x.shape)}.`,
      "weight is [O, C, K, K], x is [N, C, H, W].",
    );
  }
  const scale = upsample ? 2 : 1;
  const outH = Math.floor((H * scale + padding.top + padding.bottom - K) / stride) + 1;
  const outW = Math.floor((W * scale + padding.left + padding.right - K) / stride) + 1;
  requireShape("conv2dBackwardWeight", "dy", dy.shape, [N, O, outH, outW]);
  requireShape("conv2dBackwardWeight", "dweight", dweight.shape, weightShape);
  if (dbias) requireShape("conv2dBackwardWeight", "dbias", dbias.shape, [O]);

  const weights = sizeOf(weightShape);
  const partials = graph.alloc([N, weights + O], "conv2d_weight.partials");
  const unread = dbias ?? graph.alloc([O], "conv2d_weight.unread");
  const dims = {
    images: N,
    in_channels: C,
    out_channels: O,
    height: H,
    width: W,
    out_height: outH,
    out_width: outW,
    kernel: K,
    stride,
    top: padding.top,
    left: padding.left,
    doubled: Number(upsample),
  };
  const flops = 2 * weights * N * outH * outW;
  graph.dispatch(
    [family, "partial"],
    { dims, x, dy, partials },
    foldWorkgroups(sizeOf(partials.shape), WORKGROUP),
    { flops },
  );
  graph.dispatch(
    [family, "finish"],
    { finish_dims: { parts: N, weights, biases: O }, parts: partials, dweight, dbias: unread },
    foldWorkgroups(weights + O, WORKGROUP),
    { flops: sizeOf(partials.shape) },
  );
}

/**
 * y[n,c] = Σ_{h,w} x[n,c,h,w].
 *
 * @param target  [N, C]: where to write; default a new tensor
 * @throws ShapeError unless x is [N, C, H, W] and target [N, C]
 */
export function sumPixels(graph: Graph, { x }: { x: Tensor }, target?: Tensor): Tensor {
  const [N, C, H, W] = shape4("sumPixels", x.shape);
  const sums = target ?? graph.alloc([N, C], "sum_pixels.y");
  requireShape("sumPixels", "target", sums.shape, [N, C]);
  const plane_dims = { planes: N * C, rows: H, columns: W };
  graph.dispatch(
    [family, "sum_pixels"],
    { plane_dims, x, sums },
    foldWorkgroups(N * C, WORKGROUP),
    {
      flops: sizeOf(x.shape),
    },
  );
  return sums;
}
