// The record of derivation.wgsl. Trajectories and refusals: ../derivation.gpu.test.ts, ../../evaluate.
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "derivation",
  shaders: ["derivation"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "sums of squares of differences, whose terms are counted" },
  samples: () => selfTestSamples("derivation"),
  refusals: [],
};
