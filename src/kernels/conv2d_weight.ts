// The gradient of a convolution by its weights, bias and rows: checks shapes, then leaves the dispatches
// to conv2d_weight_record.ts.
import { OptionError, ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, shape4, showShape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { requireColumns } from "./columns.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import type { Convolution } from "./conv2d_roles.ts";
import { recordWeightGradient, type WeightGradients } from "./conv2d_weight_record.ts";

export { conv2dWeightVariants, type WeightGradients } from "./conv2d_weight_record.ts";

/** The options of the convolution, and its weight's shape [O, C, K, K], K = 1 or 3. */
export type WeightPlace = Required<Conv2dOptions> & { weightShape: Shape };

/**
 * With z = x, or x with each pixel doubled both ways, and zeros around:
 *   dweight[o,c,u,v] = Σ_{n,i,j} dy[n,o,i,j] · z[n, c, i·stride + u − top, j·stride + v − left]
 *   drows[n,o]       = Σ_{i,j} dy[n,o,i,j]        dbias[o] = Σ_n drows[n,o]
 *
 * @param x          [N, C, H, W]; may be joined (`Graph.join`) where the kernel is 1×1
 * @param dy         [N, O, outH, outW], as `conv2d` gives y
 * @param gradients  where to write: dweight [O, C, K, K] and, if wanted, dbias [O] and
 *                   drows, O columns of [N, all]
 * @throws ShapeError unless the shapes fit; OptionError for strides other than 1 and 2, kernels
 *         other than 1×1 and 3×3, and paddings that are no counts below K; Error for a joined tensor
 *         where none may be
 */
export function conv2dBackwardWeight(
  graph: Graph,
  { x, dy }: { x: Tensor; dy: Tensor },
  place: WeightPlace,
  gradients: WeightGradients,
): void {
  const c = convolutionOf(x.shape, place);
  const { dweight, dbias, drows } = gradients;
  requireShape("conv2dBackwardWeight", "dy", dy.shape, [c.N, c.O, c.outH, c.outW]);
  requireShape("conv2dBackwardWeight", "dweight", dweight.shape, place.weightShape);
  if (dbias) requireShape("conv2dBackwardWeight", "dbias", dbias.shape, [c.O]);
  if (drows) requireColumns("conv2dBackwardWeight", "drows", drows, [c.N, c.O]);

  recordWeightGradient(graph, c, { x, dy }, gradients);
}

function convolutionOf(inputShape: Shape, place: WeightPlace): Convolution {
  const { weightShape, stride, padding, upsample } = place;
  const [N, C, H, W] = shape4("conv2dBackwardWeight", inputShape);
  const [O, weightC, K, otherK] = shape4("conv2dBackwardWeight", weightShape);
  requireOptions(place, [K, otherK]);
  if (C !== weightC) {
    throw new ShapeError(
      "shape/channels",
      `conv2dBackwardWeight: weight must have one slice a channel of x, got weight ${showShape(weightShape)} and x ${showShape(inputShape)}.`,
      "weight is [O, C, K, K], x is [N, C, H, W].",
    );
  }
  const { top, bottom, left, right } = padding;
  const scale = upsample ? 2 : 1;
  const outH = Math.floor((H * scale + top + bottom - K) / stride) + 1;
  const outW = Math.floor((W * scale + left + right - K) / stride) + 1;
  return { N, C, H, W, O, K, outH, outW, stride, padding, upsample };
}

function requireOptions({ stride, padding }: WeightPlace, [K, otherK]: [number, number]): void {
  const { top, bottom, left, right } = padding;
  const isCount = (n: number) => Number.isInteger(n) && n >= 0 && n < K;
  const isKernel = K === otherK && (K === 1 || K === 3);
  const isStride = stride === 1 || stride === 2;
  if (isKernel && isStride && [top, bottom, left, right].every(isCount)) return;
  throw new OptionError(
    "option/convolution",
    `conv2dBackwardWeight: needs a 1×1 or 3×3 kernel, stride 1 or 2 and paddings below the kernel's extent, got ` +
      `kernel = ${K}×${otherK}, stride = ${stride}, padding = ${[top, bottom, left, right].join(", ")}.`,
    "Padding is top, bottom, left, right in pixels.",
  );
}
