// The record of conv2d_weight.wgsl, conv2d_weight_pointwise.wgsl and conv2d_weight_sums.wgsl.
import type { Graph } from "../../../src/graph/graph.ts";
import { type Conv2dOptions, NO_PADDING, type Padding } from "../../../src/kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../../../src/kernels/conv2d_weight.ts";
import { conv2d, conv2dBackward } from "../../reference/conv2d.ts";
import { absolute, mapArray, ndarray } from "../../reference/ndarray.ts";
import { planeSums } from "./conv2d.ts";
import {
  type KernelInfo,
  numbers,
  type Refusal,
  type Sample,
  SUMS,
  selfTestSamples,
} from "./record.ts";

const SAME = { top: 1, bottom: 1, left: 1, right: 1 };
const DOWN = { top: 0, bottom: 1, left: 0, right: 1 }; // diffusers' stride-2 convolutions

interface Case {
  input: [number, number, number, number];
  O: number;
  K?: number;
  stride?: number;
  padding?: Padding;
  upsample?: boolean;
  /** all products of one sign: long sums stay exact */
  positive?: boolean;
}

const CASES: Case[] = [
  { input: [1, 1, 1, 1], O: 1 },
  { input: [1, 1, 1, 1], O: 1, K: 1 },
  { input: [1, 3, 1, 1], O: 5 },
  { input: [2, 3, 2, 2], O: 5 },
  { input: [1, 8, 9, 3], O: 4 },
  { input: [3, 5, 7, 9], O: 9 },
  { input: [2, 17, 5, 17], O: 33 },
  { input: [1, 33, 8, 8], O: 9 },
  { input: [2, 16, 16, 16], O: 16 },
  { input: [2, 9, 33, 8], O: 17 },
  { input: [2, 3, 9, 16], O: 10 },
  { input: [2, 10, 9, 16], O: 3 },
  { input: [4, 1, 32, 32], O: 32 },
  { input: [4, 32, 32, 32], O: 1 },
  { input: [2, 2, 65, 1], O: 3 },
  { input: [2, 2, 1, 65], O: 3 },
  { input: [1, 8, 6, 10], O: 8, padding: NO_PADDING },
  { input: [1, 8, 6, 10], O: 8, padding: { top: 2, bottom: 0, left: 2, right: 1 } },
  { input: [2, 8, 16, 16], O: 16, stride: 2, padding: DOWN },
  { input: [1, 5, 9, 7], O: 7, stride: 2, padding: DOWN },
  { input: [3, 9, 9, 17], O: 5, stride: 2 },
  { input: [1, 3, 2, 2], O: 5, stride: 2 },
  { input: [2, 4, 3, 3], O: 4, stride: 2, padding: NO_PADDING },
  { input: [1, 9, 5, 6], O: 1, stride: 2 },
  { input: [2, 18, 9, 17], O: 33, stride: 2, padding: DOWN }, // on tiles, as the next
  { input: [1, 33, 10, 6], O: 17, stride: 2 },
  { input: [3, 16, 16, 16], O: 16, stride: 2, padding: DOWN },
  { input: [2, 8, 8, 8], O: 8, upsample: true },
  { input: [2, 18, 5, 9], O: 33, upsample: true }, // on tiles, as the next
  { input: [1, 33, 8, 4], O: 17, upsample: true, padding: DOWN },
  { input: [1, 5, 3, 5], O: 9, upsample: true },
  { input: [1, 1, 1, 1], O: 1, upsample: true },
  { input: [1, 3, 5, 9], O: 4, upsample: true, padding: DOWN },
  { input: [1, 3, 5, 3], O: 4, upsample: true, padding: NO_PADDING },
  { input: [1, 3, 5, 4], O: 4, upsample: true, stride: 2 },
  { input: [2, 5, 6, 9], O: 9, upsample: true, stride: 2, padding: DOWN },
  { input: [2, 65, 5, 7], O: 33, K: 1 },
  { input: [1, 7, 1, 1], O: 9, K: 1 },
  { input: [3, 64, 16, 16], O: 64, K: 1 },
  { input: [2, 5, 7, 5], O: 17, K: 1, stride: 2 },
  { input: [2, 5, 3, 5], O: 3, K: 1, upsample: true },
  { input: [3, 4, 64, 64], O: 4, positive: true },
  { input: [3, 4, 64, 64], O: 4, K: 1, positive: true },
];

/** dweight[o,c,u,v] = Σ dy[n,o,i,j] · z[n,c, i·stride + u − top, j·stride + v − left], dbias = Σ dy */
function gradients(one: Case): Sample {
  const { input, O, K = 3, stride = 1, padding = SAME, upsample = false } = one;
  const options = { stride, padding: K === 1 ? NO_PADDING : padding, upsample };
  const weight = ndarray([O, input[1], K, K]);
  const sign = one.positive ? absolute : (x: typeof weight) => x;
  const x = sign(numbers(input, 1));
  const dy = sign(numbers(conv2d({ x, weight }, options).shape, 2));
  const place = { ...options, weightShape: weight.shape };
  return {
    name: JSON.stringify(one),
    inputs: { x, dy },
    launch: (graph, { x, dy }) => {
      const dweight = graph.alloc(weight.shape, "dweight");
      const dbias = graph.alloc([O], "dbias");
      conv2dBackwardWeight(graph, { x: x!, dy: dy! }, place, { dweight, dbias });
      return { dweight, dbias };
    },
    expected: (given) => {
      const [x, dy] = [given.x!, given.dy!];
      const exact = conv2dBackward({ x, weight }, dy, options);
      const bound = conv2dBackward({ x: absolute(x), weight }, absolute(dy), options);
      return {
        dweight: { expected: exact.dweight, bound: bound.dweight },
        dbias: { expected: exact.dbias, bound: bound.dbias },
      };
    },
  };
}

const PLANES = [
  [1, 1, 1, 1],
  [1, 3, 7, 5],
  [2, 65, 1, 9],
  [3, 5, 33, 1],
  [17, 3, 3, 3],
  [2, 3, 64, 64],
];

/** Two layers write their columns of one gradient. */
function columns(shape: readonly number[]): Sample {
  const [N, O, H, W] = shape as [number, number, number, number];
  const dy = numbers(shape, 3);
  const place = { stride: 1, padding: NO_PADDING, upsample: false, weightShape: [O, 1, 1, 1] };
  const twice = (sums: typeof dy) =>
    mapArray(ndarray([N, 2 * O]), (_, i) => sums.data[Math.floor(i / (2 * O)) * O + (i % O)]!);
  return {
    name: `sums of the pixels of [${shape}], twice`,
    inputs: { x: numbers([N, 1, H, W], 4), dy },
    launch: (graph, { x, dy }) => {
      const drows = graph.alloc([N, 2 * O], "drows");
      for (const first of [0, O]) {
        const dweight = graph.alloc(place.weightShape, "dweight");
        const gradients = { dweight, drows: { of: drows, first } };
        conv2dBackwardWeight(graph, { x: x!, dy: dy! }, place, gradients);
      }
      return { drows };
    },
    expected: ({ dy }) => ({
      drows: { expected: twice(planeSums(dy!)), bound: twice(planeSums(absolute(dy!))) },
    }),
  };
}

interface Wrong extends Conv2dOptions {
  x?: number[];
  dy?: number[];
  dweight?: number[];
  dbias?: number[];
}

const refusal = (what: string, wrong: Wrong, message: string): Refusal => ({
  what,
  launch: (graph: Graph, tensor) => {
    const { x = [2, 3, 8, 8], dy = [2, 5, 8, 8], dweight = [5, 3, 3, 3], dbias = [5] } = wrong;
    const place = {
      stride: 1,
      padding: SAME,
      upsample: false,
      weightShape: [5, 3, 3, 3],
      ...wrong,
    };
    conv2dBackwardWeight(graph, { x: tensor(...x), dy: tensor(...dy) }, place, {
      dweight: tensor(...dweight),
      dbias: tensor(...dbias),
    });
  },
  message: `conv2dBackwardWeight: ${message}`,
});

export const info: KernelInfo = {
  family: "conv2d_weight",
  shaders: [
    "conv2d_weight",
    "conv2d_weight_tile",
    "conv2d_weight_pointwise",
    "conv2d_weight_pointwise_tile",
    "conv2d_weight_sums",
  ],
  dtypes: ["f32", "f16"],
  tolerance: SUMS,
  samples: () => [
    ...selfTestSamples("conv2d_weight"),
    ...CASES.map(gradients),
    ...PLANES.map(columns),
  ],
  refusals: [
    refusal(
      "channels that differ",
      { x: [2, 4, 8, 8] },
      "weight must have one slice a channel of x, got weight [5, 3, 3, 3] and x [2, 4, 8, 8].",
    ),
    refusal(
      "a stride of 3",
      { stride: 3 },
      "needs a 1×1 or 3×3 kernel, stride 1 or 2 and paddings below the kernel's extent, " +
        "got kernel = 3×3, stride = 3, padding = 1, 1, 1, 1.",
    ),
    refusal(
      "a dy of another size",
      { dy: [2, 5, 8, 7] },
      "dy must be [2, 5, 8, 8], got [2, 5, 8, 7].",
    ),
    refusal(
      "a dweight of another shape",
      { dweight: [5, 3, 1, 1] },
      "dweight must be [5, 3, 3, 3], got [5, 3, 1, 1].",
    ),
    refusal("a dbias of another shape", { dbias: [4] }, "dbias must be [5], got [4]."),
    {
      what: "rows without columns enough",
      launch: (graph, tensor) => {
        const place = { stride: 1, padding: SAME, upsample: false, weightShape: [5, 3, 3, 3] };
        const drows = { of: tensor(2, 6), first: 2 };
        const gradients = { dweight: tensor(5, 3, 3, 3), drows };
        const inputs = { x: tensor(2, 3, 8, 8), dy: tensor(2, 5, 8, 8) };
        conv2dBackwardWeight(graph, inputs, place, gradients);
      },
      message: "conv2dBackwardWeight: drows must be [2, 7], got [2, 6].",
    },
  ],
};
