// The record of conv2d.wgsl, conv2d_backward.wgsl, conv2d_tile.wgsl, conv2d_pointwise.wgsl and
// conv2d_general.wgsl, with every gradient.
import { conv2dRule } from "../../../src/autograd/rules/conv2d.ts";
import { conv2d, type Padding } from "../../../src/kernels/conv2d.ts";
import * as twin from "../../reference/conv2d.ts";
import { mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import {
  differentiable,
  type KernelInfo,
  numbers,
  type Refusal,
  type Sample,
  SUMS,
  selfTestSamples,
} from "./record.ts";

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  K?: 1 | 3;
  stride?: 1 | 2;
  padding?: Padding;
  upsample?: boolean;
  /** without bias, rows and residual */
  bare?: boolean;
}

const ZERO: Padding = { top: 0, bottom: 0, left: 0, right: 0 };
const SAME: Padding = { top: 1, bottom: 1, left: 1, right: 1 };
const BELOW: Padding = { top: 0, bottom: 1, left: 0, right: 1 }; // diffusers' downsampling

/** 1×1 images, odd sizes, N = 1, channels one past a tile and no multiple of four. */
const SHAPES: Case[] = [
  { x: [1, 1, 1, 1], O: 1 },
  { x: [2, 3, 1, 1], O: 5 },
  { x: [1, 1, 5, 3], O: 33 },
  { x: [1, 17, 3, 33], O: 1 },
  { x: [2, 16, 4, 4], O: 16 },
  { x: [1, 5, 33, 3], O: 17 },
  { x: [3, 7, 9, 8], O: 15 },
  { x: [1, 33, 5, 17], O: 65 },
  { x: [5, 4, 2, 2], O: 31 },
];

const CASES: Case[] = [
  ...SHAPES,
  ...SHAPES.map((one): Case => ({ ...one, bare: true })),
  ...SHAPES.map((one): Case => ({ ...one, K: 1, padding: ZERO })),
  ...SHAPES.map((one): Case => ({ ...one, stride: 2 })),
  ...SHAPES.map((one): Case => ({ ...one, upsample: true })),
  { x: [1, 8, 4, 4], O: 16, bare: true }, // a GPU makes it on a whole tile, the next in parts
  { x: [1, 20, 2, 2], O: 16, bare: true },
  { x: [1, 3, 5, 7], O: 4, padding: ZERO },
  { x: [1, 3, 5, 7], O: 4, padding: { top: 2, bottom: 0, left: 1, right: 2 } },
  { x: [5, 5, 9, 16], O: 14 }, // in wide tiles, as the next
  { x: [8, 6, 5, 16], O: 8, padding: { top: 2, bottom: 0, left: 1, right: 0 } },
  { x: [8, 6, 5, 14], O: 8, padding: { top: 2, bottom: 0, left: 1, right: 2 } },
  { x: [2, 3, 5, 7], O: 4, padding: ZERO, upsample: true },
  { x: [2, 3, 5, 7], O: 4, padding: BELOW, upsample: true },
  { x: [3, 18, 8, 16], O: 20, upsample: true }, // on a GPU's tiles, as the next two
  { x: [2, 17, 9, 5], O: 67, upsample: true },
  { x: [1, 16, 3, 6], O: 5, padding: { top: 2, bottom: 0, left: 0, right: 1 }, upsample: true },
  { x: [2, 6, 8, 8], O: 5, stride: 2, padding: BELOW },
  { x: [3, 9, 17, 16], O: 20, stride: 2, padding: BELOW }, // on a GPU's tiles, as the next
  { x: [1, 6, 18, 35], O: 67, stride: 2 },
  { x: [2, 18, 7, 9], O: 19, stride: 2, padding: BELOW },
  { x: [1, 3, 2, 2], O: 4, stride: 2, padding: BELOW },
  { x: [1, 5, 8, 6], O: 4, stride: 2, padding: ZERO, bare: true },
  { x: [2, 5, 7, 6], O: 4, K: 1, stride: 2, padding: ZERO, bare: true },
  { x: [2, 5, 3, 6], O: 4, K: 1, padding: ZERO, upsample: true, bare: true },
  { x: [1, 4, 3, 5], O: 4, stride: 2, upsample: true },
];

const nameOf = ({ x, O, K = 3, stride = 1, padding = SAME, upsample = false, bare }: Case) =>
  `[${x}] → ${O}, ${K}×${K}, stride ${stride}, padding ${Object.values(padding)}` +
  `${upsample ? ", doubled" : ""}${bare ? ", bare" : ""}`;

const plus = (a: NdArray, b: NdArray | undefined): NdArray =>
  b ? mapArray(a, (value, i) => value + b.data[i]!) : a;

/** y + rows[n, o] + residual. */
function withAdditions(y: NdArray, { rows, residual }: Record<string, NdArray>): NdArray {
  if (!rows) return plus(y, residual);
  const pixels = y.data.length / rows.data.length;
  return mapArray(plus(y, residual), (value, i) => value + rows.data[Math.floor(i / pixels)]!);
}

/** Σ over the pixels of each plane: [N, O]. */
export function planeSums({ shape, data }: NdArray): NdArray {
  const [N, O] = [shape[0]!, shape[1]!];
  const pixels = data.length / (N * O);
  const sums = ndarray([N, O]);
  for (const [i, value] of data.entries()) sums.data[Math.floor(i / pixels)]! += value;
  return sums;
}

/** y = bias + rows + residual + weight ⋆ z, and the gradient of every input. */
export function convolution(one: Case): Sample {
  const { x, O, K = 3, stride = 1, padding = SAME, upsample = false } = one;
  const options = { stride, padding, upsample };
  const needed = { x: numbers(x, 1), weight: numbers([O, x[1], K, K], 2) };
  const shape = twin.conv2d(needed, options).shape;
  const added = {
    bias: numbers([O], 3),
    rows: numbers([x[0], O], 4),
    residual: numbers(shape, 5),
  };
  return differentiable({
    name: nameOf(one),
    rule: conv2dRule,
    inputs: one.bare ? needed : { ...needed, ...added },
    options: () => options,
    forward: ({ x, weight, bias, ...more }) =>
      withAdditions(twin.conv2d({ x: x!, weight: weight!, bias }, options), more),
    backward: ({ x, weight }, dy) => ({
      ...twin.conv2dBackward({ x: x!, weight: weight! }, dy, options),
      drows: planeSums(dy),
      dresidual: dy,
    }),
  });
}

export const info: KernelInfo = {
  family: "conv2d",
  shaders: ["conv2d", "conv2d_backward", "conv2d_tile", "conv2d_pointwise", "conv2d_general"],
  dtypes: ["f32", "f16"],
  tolerance: SUMS,
  samples: () => [...selfTestSamples("conv2d"), ...CASES.map(convolution)],
  refusals: [
    {
      what: "channels that differ",
      launch: (graph, tensor) =>
        conv2d(graph, { x: tensor(2, 3, 5, 7), weight: tensor(4, 2, 3, 3) }),
      message: "weight [4, 2, 3, 3] and x [2, 3, 5, 7]",
    },
    {
      what: "a kernel of 5 × 5",
      launch: (graph, tensor) =>
        conv2d(graph, { x: tensor(2, 3, 5, 7), weight: tensor(4, 3, 5, 5) }),
      message: "kernel = 5×5",
    },
    {
      what: "a stride of 3",
      launch: (graph, tensor) =>
        conv2d(graph, { x: tensor(2, 3, 5, 7), weight: tensor(4, 3, 3, 3) }, { stride: 3 }),
      message: "stride = 3",
    },
    {
      what: "a padding as wide as the kernel",
      launch: (graph, tensor) => {
        const padding = { ...SAME, left: 3 };
        return conv2d(graph, { x: tensor(2, 3, 5, 7), weight: tensor(4, 3, 3, 3) }, { padding });
      },
      message: "padding = 1, 1, 3, 1",
    },
    {
      what: "an image smaller than the kernel",
      launch: (graph, tensor) =>
        conv2d(graph, { x: tensor(1, 3, 2, 2), weight: tensor(4, 3, 3, 3) }),
      message: "conv2d: the padded image must hold the 3 × 3 kernel",
    },
    ...["bias", "residual"].map((role) => ({
      what: `a ${role} of another shape`,
      launch: ((graph, tensor) =>
        conv2d(graph, {
          x: tensor(2, 3, 5, 7),
          weight: tensor(4, 3, 3, 3),
          [role]: tensor(3),
        })) satisfies Refusal["launch"],
      message: `conv2d: ${role} must be [`,
    })),
    {
      what: "rows without columns enough",
      launch: (graph, tensor) => {
        const rows = { of: tensor(2, 6), first: 3 };
        conv2d(graph, { x: tensor(2, 3, 5, 7), weight: tensor(4, 3, 3, 3), rows });
      },
      message: "conv2d: rows must be [2, 7], got [2, 6].",
    },
  ],
};
