// The record of subgroup_matrix.wgsl: the samples of its self-test, on ordinary kernels where a device has
// no matrix units. ../subgroup_matrix.gpu.test.ts runs it emulated, on the samples of its launchers.
import { type KernelInfo, SUMS, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "subgroup_matrix",
  shaders: ["subgroup_matrix"],
  dtypes: ["f32", "f16"],
  tolerance: SUMS,
  samples: () => selfTestSamples("subgroup_matrix"),
  refusals: [],
};
