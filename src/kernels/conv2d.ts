// Launches shaders/conv2d.wgsl: checks shapes, allocates the output, records the dispatch.
import { OptionError, ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, shape4, showShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { conv2d as family } from "./generated/conv2d.ts";

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
  /** [N, C, H, W] */
  x: Tensor;
  /** [O, C, K, K], K = 1 or 3 */
  weight: Tensor;
  /** [O] */
  bias?: Tensor | undefined;
  /** [N, O]: added to every pixel of an image */
  rows?: Tensor | undefined;
  /** of y's shape: added */
  residual?: Tensor | undefined;
}

export const NO_PADDING: Padding = { top: 0, bottom: 0, left: 0, right: 0 };

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const conv2dVariants: Variant[] = ["forward", "backward_input"].map((entry) => ({
  family,
  entry,
  constants: {},
}));

/**
 * y = bias + rows + residual + Σ_{c,u,v} weight[o,c,u,v] · z[n, c, i·stride + u − top, j·stride + v − left].
 *
 * @returns  [N, O, outH, outW], outH = ⌊(H_z + top + bottom − K) / stride⌋ + 1, outW likewise
 * @throws ShapeError unless the shapes fit; OptionError for strides other than 1 and 2, kernels
 *         other than 1×1 and 3×3, and paddings that are no counts below K
 */
export function conv2d(
  graph: Graph,
  { x, weight, bias, rows, residual }: Conv2dInputs,
  { stride = 1, padding = NO_PADDING, upsample = false }: Conv2dOptions = {},
): Tensor {
  const extents = extentsOf("conv2d", x.shape, weight.shape, { stride, padding, upsample });
  const { N, O, outH, outW } = extents;
  const y = graph.alloc([N, O, outH, outW], "conv2d.y");
  if (bias) requireShape("conv2d", "bias", bias.shape, [O]);
  if (rows) requireShape("conv2d", "rows", rows.shape, [N, O]);
  if (residual) requireShape("conv2d", "residual", residual.shape, y.shape);

  const count = sizeOf(y.shape);
  const flags = {
    has_bias: Number(!!bias),
    has_rows: Number(!!rows),
    has_residual: Number(!!residual),
  };
  const dims = { ...dimsOf(extents, { stride, padding, upsample }), ...flags, count };
  const given = { bias: bias ?? weight, rows: rows ?? weight, residual: residual ?? weight };
  const options = { flops: flopsOf(extents) };
  graph.dispatch(
    [family, "forward"],
    { dims, x, weight, ...given, y },
    foldWorkgroups(count, WORKGROUP),
    options,
  );
  return y;
}

/**
 * dx = pending + Σ weight · dy over all that read a pixel of x, written to `target`.
 *
 * @param dy       [N, O, outH, outW]
 * @param pending  of x's shape: added
 * @param target   of x's shape; neither dy, weight nor pending
 * @throws as conv2d
 */
export function conv2dBackwardInput(
  graph: Graph,
  { dy, weight, pending }: { dy: Tensor; weight: Tensor; pending?: Tensor | undefined },
  options: Required<Conv2dOptions> & { inputShape: Shape },
  target: Tensor,
): void {
  const { inputShape } = options;
  const extents = extentsOf("conv2dBackwardInput", inputShape, weight.shape, options);
  const { N, O, outH, outW } = extents;
  requireShape("conv2dBackwardInput", "dy", dy.shape, [N, O, outH, outW]);
  requireShape("conv2dBackwardInput", "target", target.shape, inputShape);
  if (pending) requireShape("conv2dBackwardInput", "pending", pending.shape, inputShape);

  const count = sizeOf(inputShape);
  const flags = { has_bias: 0, has_rows: 0, has_residual: Number(!!pending) };
  const dims = { ...dimsOf(extents, options), ...flags, count };
  const args = { dims, dy, weight, pending: pending ?? weight, dx: target };
  graph.dispatch([family, "backward_input"], args, foldWorkgroups(count, WORKGROUP), {
    flops: flopsOf(extents),
  });
}

interface Extents {
  N: number;
  C: number;
  H: number;
  W: number;
  O: number;
  K: number;
  outH: number;
  outW: number;
}

function extentsOf(
  operation: string,
  inputShape: Shape,
  weightShape: Shape,
  { stride, padding, upsample }: Required<Conv2dOptions>,
): Extents {
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
  if (outH >= 1 && outW >= 1) return { N, C, H, W, O, K, outH, outW };
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

function dimsOf(
  { C, H, W, O, K, outH, outW }: Extents,
  { stride, padding, upsample }: Required<Conv2dOptions>,
) {
  return {
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
}

/** Those of the definition, a multiply-add counted as two. */
const flopsOf = ({ N, C, O, K, outH, outW }: Extents) => 2 * N * O * outH * outW * C * K * K;
