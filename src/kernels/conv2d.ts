// Launches shaders/conv2d.wgsl and conv2d_backward.wgsl: checks shapes, allocates the output, records the dispatch.
import { OptionError, ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, shape4, showShape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Columns, requireColumns } from "./columns.ts";
import { BACKWARD, FORWARD } from "./conv2d_kinds.ts";
import { recordConvolution } from "./conv2d_record.ts";
import type { Convolution } from "./conv2d_roles.ts";

export { conv2dVariants } from "./conv2d_record.ts";

/** Pixels of zeros on each side of z. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface Conv2dOptions {
  /** 1 or 2; default 1 */
  stride?: number;
  /** default none */
  padding?: Padding;
  /** read x with each pixel doubled both ways; default false */
  upsample?: boolean;
}

export interface Conv2dInputs {
  /** [N, C, H, W]; may be joined (`Graph.join`) where the kernel is 1×1 */
  x: Tensor;
  /** [O, C, K, K], K = 1 or 3 */
  weight: Tensor;
  /** [O] */
  bias?: Tensor | undefined;
  /** O columns of [N, all]: added to every pixel of an image */
  rows?: Columns | undefined;
  /** of y's shape: added */
  residual?: Tensor | undefined;
}

export const NO_PADDING: Padding = { top: 0, bottom: 0, left: 0, right: 0 };

/**
 * y = bias + rows + residual + Σ_{c,u,v} weight[o,c,u,v] · z[n, c, i·stride + u − top, j·stride + v − left].
 *
 * @returns  [N, O, outH, outW], outH = ⌊(H_z + top + bottom − K) / stride⌋ + 1, outW likewise
 * @throws ShapeError unless the shapes fit; OptionError for strides other than 1 and 2, kernels
 *         other than 1×1 and 3×3, and paddings that are no counts below K; Error for a joined tensor
 *         where none may be
 */
export function conv2d(
  graph: Graph,
  { x, weight, bias, rows, residual }: Conv2dInputs,
  { stride = 1, padding = NO_PADDING, upsample = false }: Conv2dOptions = {},
): Tensor {
  const options = { stride, padding, upsample };
  const convolution = convolutionOf("conv2d", x.shape, weight.shape, options);
  const { N, O, outH, outW } = convolution;
  const y = graph.alloc([N, O, outH, outW], "conv2d.y", x.dtype);
  if (bias) requireShape("conv2d", "bias", bias.shape, [O]);
  if (rows) requireColumns("conv2d", "rows", rows, [N, O]);
  if (residual) requireShape("conv2d", "residual", residual.shape, y.shape);
  const tensors = { source: x, weight, bias, rows, added: residual, result: y };
  recordConvolution(graph, FORWARD, convolution, tensors);
  return y;
}

/**
 * dx = pending + Σ weight · dy over all that read a pixel of x, written to `target`.
 *
 * @param dy       [N, O, outH, outW]
 * @param pending  of x's shape: added
 * @param target   of x's shape; neither dy, weight nor pending; may be joined (`Graph.join`) where the
 *                 kernel is 1×1, and pending then likewise
 * @throws as conv2d; Error for a joined tensor elsewhere
 */
export function conv2dBackwardInput(
  graph: Graph,
  { dy, weight, pending }: { dy: Tensor; weight: Tensor; pending?: Tensor | undefined },
  options: Required<Conv2dOptions> & { inputShape: Shape },
  target: Tensor,
): void {
  const operation = "conv2dBackwardInput";
  const { inputShape } = options;
  const convolution = convolutionOf(operation, inputShape, weight.shape, options);
  const { N, O, outH, outW } = convolution;
  requireShape(operation, "dy", dy.shape, [N, O, outH, outW]);
  requireShape(operation, "target", target.shape, inputShape);
  if (pending) requireShape(operation, "pending", pending.shape, inputShape);
  const tensors = { source: dy, weight, added: pending, result: target };
  recordConvolution(graph, BACKWARD, convolution, tensors);
}

function convolutionOf(
  operation: string,
  inputShape: Shape,
  weightShape: Shape,
  { stride, padding, upsample }: Required<Conv2dOptions>,
): Convolution {
  const [N, C, H, W] = shape4(operation, inputShape);
  const [O, weightC, K, otherK] = shape4(operation, weightShape);
  requireOptions(operation, { stride, padding, kernel: [K, otherK] });
  if (C !== weightC) {
    throw new ShapeError(
      "shape/channels",
      `${operation}: weight must have one slice a channel of x, got weight ${showShape(weightShape)} and x ${showShape(inputShape)}.`,
      "weight is [O, C, K, K], x is [N, C, H, W].",
    );
  }
  const { top, bottom, left, right } = padding;
  const scale = upsample ? 2 : 1;
  const outH = Math.floor((H * scale + top + bottom - K) / stride) + 1;
  const outW = Math.floor((W * scale + left + right - K) / stride) + 1;
  if (outH >= 1 && outW >= 1) return { N, C, H, W, O, K, outH, outW, stride, padding, upsample };
  throw new ShapeError(
    "shape/too-small",
    `${operation}: the padded image must hold the ${K} × ${K} kernel, got x ${showShape(inputShape)}.`,
    "Pad more, or use a larger image.",
  );
}

function requireOptions(
  operation: string,
  { stride, padding, kernel }: { stride: number; padding: Padding; kernel: [number, number] },
): void {
  const [K, otherK] = kernel;
  const { top, bottom, left, right } = padding;
  const isCount = (n: number) => Number.isInteger(n) && n >= 0 && n < K;
  const isKernel = K === otherK && (K === 1 || K === 3);
  const isStride = stride === 1 || stride === 2;
  if (isKernel && isStride && [top, bottom, left, right].every(isCount)) return;
  throw new OptionError(
    "option/convolution",
    `${operation}: needs a 1×1 or 3×3 kernel, stride 1 or 2 and paddings below the kernel's extent, got ` +
      `kernel = ${K}×${otherK}, stride = ${stride}, padding = ${[top, bottom, left, right].join(", ")}.`,
    "Padding is top, bottom, left, right in pixels.",
  );
}
