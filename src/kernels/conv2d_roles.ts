// A convolution as its kernels see it, in either direction: so many channels are read of a source, so
// many written of a result.
import { unread } from "../graph/graph.ts";
import { type Dtype, requireAlike, splitOf, type Tensor } from "../graph/tensor.ts";
import type { Columns } from "./columns.ts";

/** Extents and options of a convolution: x [N, C, H, W] to y [N, O, outH, outW]. */
export interface Convolution {
  N: number;
  C: number;
  H: number;
  W: number;
  O: number;
  K: number;
  outH: number;
  outW: number;
  stride: number;
  padding: { top: number; bottom: number; left: number; right: number };
  upsample: boolean;
}

export interface ConvolutionTensors {
  /** x, or dy */
  source: Tensor;
  weight: Tensor;
  bias?: Tensor | undefined;
  rows?: Columns | undefined;
  /** the residual, or what other consumers gave to dx */
  added?: Tensor | undefined;
  /** y, or dx */
  result: Tensor;
}

export type Direction = "forward" | "backward";

/** Whether there are so many rows and columns of zeros on every side. */
export const isFramed = ({ padding }: Convolution, width: number): boolean =>
  Object.values(padding).every((n) => n === width);

/** Who is read and who is written: forward y from x, backward dx from dy. */
export function rolesOf(direction: Direction, c: Convolution) {
  const taps = c.K ** 2;
  const x = { channels: c.C, height: c.H, width: c.W, step: taps };
  const y = { channels: c.O, height: c.outH, width: c.outW, step: c.C * taps };
  const [read, written] = direction === "forward" ? [x, y] : [y, x];
  return {
    images: c.N,
    reads: read.channels,
    writes: written.channels,
    height: read.height,
    width: read.width,
    out_height: written.height,
    out_width: written.width,
    read_step: read.step,
    write_step: written.step,
  };
}

/** Where channels lie in source and result, either of which may be joined (`Graph.join`). */
export const splitsOf = ({ source, result }: ConvolutionTensors) => ({
  source_split: splitOf(source),
  result_split: splitOf(result),
});

/** What a kernel binds that normalises what it reads, where a norm has left that to it; NORMED as in its shader. */
export function throughNorm(tensor: Tensor) {
  const { normed } = tensor;
  if (!normed) return { NORMED: 0, source: tensor, lines: unread(tensor) };
  return { NORMED: 1 + normed.activation, source: normed.x, lines: normed.lines };
}

/** All values of NORMED. */
export const NORMS = [0, 1, 2];

/** Rows and columns of zeros before the source, and how the taps lie; the gradient, at stride 1, turns them round. */
export function placeOf(direction: Direction, { K, padding: { top, left } }: Convolution) {
  return direction === "forward"
    ? { top, left, first_tap: 0, tap_step: 1 }
    : { top: K - 1 - top, left: K - 1 - left, first_tap: K ** 2 - 1, tap_step: 2 ** 32 - 1 };
}

/** What a kernel binds: tensors that are not given as the weight, unread. */
export function argsOf<Dims>(
  dims: Dims,
  { source, weight, result, ...optional }: ConvolutionTensors,
) {
  const { bias, rows, added } = optional;
  requireAlike(added, result);
  const has = {
    has_bias: Number(bias !== undefined),
    has_added: Number(added !== undefined),
    ...rowColumns(rows),
  };
  const any = unread(weight);
  const optionals = { bias: bias ?? any, rows: rows?.of ?? any, added: added ?? any };
  return { dims: { ...dims, ...has }, source, weight, ...optionals, result };
}

/** Where a kernel finds columns of rows; of none, the step is 0. */
export const rowColumns = (rows: Columns | undefined) => ({
  rows_step: rows?.of.shape[1] ?? 0,
  rows_first: rows?.first ?? 0,
});

/** A convolution in words, as a tuning's choices name it. */
export function worded(c: Convolution, dtype: Dtype): string {
  const { N, C, H, W, O, K, stride, upsample, padding } = c;
  const options = `stride ${stride}, padding ${Object.values(padding)}${upsample ? ", doubled" : ""}`;
  return `${dtype} [${[N, C, H, W]}] by [${[O, C, K, K]}], ${options}`;
}

/** Those of the definition, a multiply-add counted as two. */
export const flopsOf = ({ N, C, O, K, outH, outW }: Convolution) =>
  2 * N * O * outH * outW * C * K * K;

/** What a kernel of the 3×3 gradient by weights is told of its maps. */
export const weightSizesOf = ({ N, C, O, H, W, outH, outW, padding }: Convolution) => ({
  images: N,
  in_channels: C,
  out_channels: O,
  rows: outH,
  columns: outW,
  x_rows: H,
  x_columns: W,
  top: padding.top,
  left: padding.left,
});

/**
 * What a kernel of the 3×3 gradient by weights is told that walks one map, p, and reads around it in the
 * other, q: dy and x or, turned, x and dy. Turned, the taps come in reverse.
 */
export function walkedSizesOf(c: Convolution, isTurned: boolean) {
  const { N, C, H, W, O, outH, outW } = c;
  const { top, left } = placeOf(isTurned ? "backward" : "forward", c);
  const x = { channels: C, height: H, width: W, step: 9 };
  const dy = { channels: O, height: outH, width: outW, step: C * 9 };
  const [p, q] = isTurned ? [x, dy] : [dy, x];
  return {
    images: N,
    a_channels: p.channels,
    b_channels: q.channels,
    rows: p.height,
    columns: p.width,
    q_rows: q.height,
    q_columns: q.width,
    top,
    left,
    a_step: p.step,
    b_step: q.step,
    weights: O * C * 9,
  };
}
