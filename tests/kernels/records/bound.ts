// The record of bound.wgsl. Golden bounds and refusals: ../bound.gpu.test.ts, ../../evaluate.
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "bound",
  shaders: ["bound"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "exp and ln count as sums of terms: tests/reference/bound.ts" },
  samples: () => selfTestSamples("bound"),
  refusals: [],
};
