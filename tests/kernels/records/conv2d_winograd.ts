// The record of conv2d_winograd.wgsl: y and dx by Winograd's products, few channels or many.
import { launchWinograd, type WinogradTensors } from "../../../src/inspect/cases/winograd.ts";
import { conv2d } from "../../../src/kernels/conv2d.ts";
import { winogradTwin } from "../../inspect/twins/winograd.ts";
import { type KernelInfo, numbers, type Sample, selfTestSamples } from "./record.ts";

type Padding = [top: number, bottom: number, left: number, right: number];

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  padding?: Padding;
  /** without bias, rows, residual and pending */
  bare?: boolean;
}

/** 1×1 images, odd sizes, N = 1, channels and tiles one past a block, every padding below the kernel. */
const CASES: Case[] = [
  { x: [1, 1, 1, 1], O: 1 },
  { x: [2, 3, 1, 1], O: 5, bare: true },
  { x: [1, 1, 5, 3], O: 33 },
  { x: [1, 17, 3, 33], O: 1 },
  { x: [3, 7, 9, 8], O: 15, bare: true },
  { x: [1, 33, 5, 17], O: 65 },
  { x: [33, 4, 4, 3], O: 31 },
  { x: [1, 5, 33, 18], O: 17 },
  { x: [2, 3, 5, 7], O: 4, padding: [0, 0, 0, 0] },
  { x: [2, 3, 5, 7], O: 4, padding: [2, 0, 1, 2] },
  { x: [1, 3, 3, 4], O: 4, padding: [0, 1, 2, 2], bare: true },
];

function sampleOf({ x, O, padding = [1, 1, 1, 1], bare = false }: Case): Sample {
  const [N, C, H, W] = x;
  const [top, bottom, left, right] = padding;
  const [outH, outW] = [H + top + bottom - 2, W + left + right - 2];
  const c = { N, C, H, W, O, K: 3, outH, outW, stride: 1, upsample: false };
  const convolution = { ...c, padding: { top, bottom, left, right } };
  const needed = {
    x: numbers(x, 1),
    weight: numbers([O, C, 3, 3], 2),
    dy: numbers([N, O, outH, outW], 6),
  };
  const added = {
    bias: numbers([O], 3),
    rows: numbers([N, O], 4),
    residual: numbers([N, O, outH, outW], 5),
    pending: numbers(x, 7),
  };
  return {
    name: `[${x}] → ${O}, padding ${padding}${bare ? ", bare" : ""}`,
    inputs: bare ? needed : { ...needed, ...added },
    launch: (graph, tensors) =>
      launchWinograd(graph, tensors as unknown as WinogradTensors, convolution),
    expected: winogradTwin(convolution),
  };
}

export const info: KernelInfo = {
  family: "conv2d_winograd",
  shaders: ["conv2d_winograd"],
  dtypes: ["f32", "f16"],
  tolerance: {
    factor: 8,
    reason: "float32 sums in any order stay below it, of Σ|terms| through all three transforms",
  },
  samples: () => [...selfTestSamples("conv2d_winograd"), ...CASES.map(sampleOf)],
  refusals: [
    {
      what: "channels that differ",
      launch: (graph, tensor) =>
        conv2d(graph, { x: tensor(2, 128, 5, 7), weight: tensor(128, 64, 3, 3) }),
      message: "weight [128, 64, 3, 3] and x [2, 128, 5, 7]",
    },
  ],
};
