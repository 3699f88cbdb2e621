// A product or a convolution as shaders/subgroup_matrix.wgsl is told of it: one C = A · B for each image.
// Nothing is checked here.
import { type Unread, unread } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  argsOf,
  type Convolution,
  type ConvolutionTensors,
  type Direction,
  flopsOf,
  placeOf,
  rolesOf,
} from "./conv2d_roles.ts";
import type { subgroup_matrix } from "./generated/subgroup_matrix.ts";
import type { Product } from "./offered.ts";

/** A product, with all that the shader is told. */
export interface Work {
  images: number;
  KERNEL: number;
  flops: number;
  dtype: Tensor["dtype"];
  args: WorkArgs;
  sums?: Tensor | undefined;
}

interface WorkArgs {
  dims: Readonly<Record<DimName, number>>;
  a: Tensor;
  b: Tensor;
  bias: Tensor | Unread;
  rows: Tensor | Unread;
  added: Tensor | Unread;
  c: Tensor;
}

type Binds = NonNullable<(typeof subgroup_matrix)["binds"]>;
type DimName = Binds["product"]["dims"];

const NO_TAPS = { first_tap: 0, tap_step: 0, height: 0, width: 0, out_width: 0, top: 0, left: 0 };

/** Of a linear layer or one of its gradients; A's sums of rows are `sums`. */
export function linearWork({ size, a, b, c, addend, sums }: Product): Work {
  const isBias = addend?.stride === 0;
  const dims = {
    ...size,
    ...NO_TAPS,
    a_m: a.strides[0],
    a_k: a.strides[1],
    b_image: 0,
    b_k: b.strides[0],
    b_n: b.strides[1],
    bias_m: 0,
    bias_n: Number(isBias),
    has_added: Number(addend !== undefined && !isBias),
    rows_step: 0,
    rows_first: 0,
    sums_rows: Number(sums !== undefined),
  };
  const any = unread(a.tensor);
  const given = addend?.tensor ?? any;
  const [bias, added] = isBias ? [given, any] : [any, given];
  const args = { dims, a: a.tensor, b: b.tensor, bias, rows: any, added, c };
  const flops = 2 * size.m * size.n * size.k;
  return { images: 1, KERNEL: 1, flops, dtype: c.dtype, args, sums };
}

/** Of a convolution or its gradient by the images, at stride 1: A is the weights, B the source. */
export function convolutionWork(
  direction: Direction,
  c: Convolution,
  tensors: ConvolutionTensors,
): Work {
  const { images, reads, writes, ...roles } = rolesOf(direction, c);
  const { height, width, out_height, out_width, read_step, write_step } = roles;
  const size = { m: writes, n: out_height * out_width, k: reads * c.K ** 2 };
  const place = {
    ...placeOf(direction, c),
    ...{ height, width, out_width, a_m: write_step, a_k: read_step },
    ...{ b_image: reads * height * width, b_k: height * width, b_n: 1, bias_n: 0, sums_rows: 0 },
  };
  const { dims, source, weight, bias, rows, added, result } = argsOf(
    { ...size, ...place },
    tensors,
  );
  const { has_bias, ...rest } = dims;
  const args = { a: weight, b: source, bias, rows, added, c: result };
  return {
    images,
    KERNEL: c.K,
    flops: flopsOf(c),
    dtype: source.dtype,
    args: { dims: { ...rest, bias_m: has_bias }, ...args },
  };
}
