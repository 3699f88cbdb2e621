// The record of adamw.wgsl. Golden steps and numbers that are not finite: ../adamw.gpu.test.ts.
import { type AdamWOptions, adamw, gradientNorm, scheduleRow } from "../../../src/kernels/adamw.ts";
import { type KernelInfo, type Refusal, selfTestSamples } from "./record.ts";

const OPTIONS: AdamWOptions = {
  learningRate: 3e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0.02,
  emaDecay: 0.995,
};

const wrongOption = (change: Partial<AdamWOptions>, message: string): Refusal => ({
  what: JSON.stringify(change),
  launch: () => scheduleRow(0, { ...OPTIONS, ...change }),
  message: `adamw: ${message}`,
});

const wrongTensor = (name: string, extents: number[], message: string): Refusal => ({
  what: `${name} [${extents}]`,
  launch: (graph, tensor) => {
    const good = {
      state: tensor(8),
      schedule: tensor(4, 8),
      clipFactor: tensor(1),
      gradients: tensor(128),
      parameters: tensor(128),
      expAvg: tensor(128),
      expAvgSq: tensor(128),
      ema: tensor(128),
    };
    adamw(graph, { ...good, [name]: tensor(...extents) });
  },
  message: `adamw: ${message}`,
});

export const info: KernelInfo = {
  family: "adamw",
  shaders: ["adamw"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "ten roundings a step, of which the update has few" },
  samples: () => selfTestSamples("adamw"),
  refusals: [
    {
      what: "flat buffers that are not a multiple of 64",
      launch: (graph, tensor) => gradientNorm(graph, { gradients: tensor(96) }),
      message:
        "gradientNorm: flat buffers must hold a multiple of 64 numbers, got [96]. " +
        "Pad them with zeros, which stay zeros.",
    },
    wrongTensor("ema", [64], "ema must be [128], got [64]."),
    wrongTensor("schedule", [4, 7], "schedule must be [4, 8], got [4, 7]."),
    wrongOption({ learningRate: Number.NaN }, "learningRate must be ≥ 0, got NaN."),
    wrongOption({ betas: [0.9, 1] }, "beta2 must be in [0, 1), got 1."),
    wrongOption({ eps: 0 }, "eps must be above 0, got 0."),
    wrongOption({ weightDecay: -1 }, "weightDecay must be ≥ 0, got -1."),
    wrongOption({ l2: -1 }, "l2 must be ≥ 0, got -1."),
    wrongOption({ emaDecay: 1.5 }, "emaDecay must be in [0, 1], got 1.5."),
  ],
};
