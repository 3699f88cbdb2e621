// The record of conv2d_weight_winograd.wgsl and conv2d_weight_winograd_quads.wgsl: dweight by Winograd's products, few channels or many.
import { launchWeightWinograd } from "../../../src/inspect/cases/weight_winograd.ts";
import { conv2dBackwardWeight } from "../../../src/kernels/conv2d_weight.ts";
import { weightWinogradTwin } from "../../inspect/twins/weight_winograd.ts";
import { type KernelInfo, numbers, type Sample, selfTestSamples } from "./record.ts";

type Padding = [top: number, bottom: number, left: number, right: number];

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  padding?: Padding;
}

/**
 * 1×1 images, odd sizes, rows of eights, N = 1, channels one past a workgroup's, parts of several turns, every
 * padding below the kernel.
 */
const CASES: Case[] = [
  { x: [1, 1, 1, 1], O: 1 },
  { x: [2, 3, 1, 1], O: 5 },
  { x: [3, 2, 4, 4], O: 3 },
  { x: [1, 1, 5, 3], O: 33 },
  { x: [1, 33, 3, 33], O: 1 },
  { x: [3, 7, 9, 8], O: 15 },
  { x: [1, 33, 5, 17], O: 65 },
  { x: [33, 4, 4, 3], O: 31 },
  { x: [1, 9, 33, 18], O: 17 },
  { x: [17, 2, 33, 18], O: 3 },
  { x: [65, 1, 9, 9], O: 2 },
  { x: [1, 1, 1, 8], O: 1 },
  { x: [2, 33, 5, 24], O: 65 },
  { x: [3, 4, 8, 16], O: 31, padding: [2, 0, 1, 1] },
  { x: [2, 9, 7, 8], O: 17, padding: [0, 1, 1, 1] },
  { x: [2, 3, 5, 7], O: 4, padding: [0, 0, 0, 0] },
  { x: [2, 3, 5, 7], O: 4, padding: [2, 0, 1, 2] },
  { x: [1, 3, 3, 4], O: 4, padding: [0, 1, 2, 2] },
];

function sampleOf({ x, O, padding: around = [1, 1, 1, 1] }: Case): Sample {
  const [N, C, H, W] = x;
  const [top, bottom, left, right] = around;
  const padding = { top, bottom, left, right };
  const [outH, outW] = [H + top + bottom - 2, W + left + right - 2];
  const convolution = { N, C, H, W, O, K: 3, outH, outW, stride: 1, upsample: false, padding };
  return {
    name: `[${x}] → ${O}, padding ${around}`,
    inputs: { x: numbers(x, 1), dy: numbers([N, O, outH, outW], 2) },
    launch: (graph, { x, dy }) => launchWeightWinograd(graph, { x: x!, dy: dy! }, convolution),
    expected: weightWinogradTwin(convolution),
  };
}

export const info: KernelInfo = {
  family: "conv2d_weight_winograd",
  shaders: ["conv2d_weight_winograd", "conv2d_weight_winograd_quads"],
  dtypes: ["f32", "f16"],
  tolerance: {
    factor: 8,
    reason: "float32 sums in any order stay below it, of Σ|terms| through all three transforms",
  },
  samples: () => [...selfTestSamples("conv2d_weight_winograd"), ...CASES.map(sampleOf)],
  refusals: [
    {
      what: "channels that differ",
      launch: (graph, tensor) => {
        const padding = { top: 1, bottom: 1, left: 1, right: 1 };
        const place = { stride: 1, padding, upsample: false, weightShape: [64, 65, 3, 3] };
        const inputs = { x: tensor(2, 64, 8, 8), dy: tensor(2, 64, 8, 8) };
        conv2dBackwardWeight(graph, inputs, place, { dweight: tensor(64, 65, 3, 3) });
      },
      message: "got weight [64, 65, 3, 3] and x [2, 64, 8, 8]",
    },
  ],
};
