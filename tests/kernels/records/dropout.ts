// The record of dropout.wgsl. Masks and refusals: ../dropout.gpu.test.ts.
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "dropout",
  shaders: ["dropout"],
  dtypes: ["f32", "f16"],
  tolerance: { factor: 8, reason: "one product; masks are exact" },
  samples: () => selfTestSamples("dropout"),
  refusals: [],
};
