// The record of steer.wgsl. Steered sampling and refusals: ../steer.gpu.test.ts.
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "steer",
  shaders: ["steer"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "two products and a sum" },
  samples: () => selfTestSamples("steer"),
  refusals: [],
};
