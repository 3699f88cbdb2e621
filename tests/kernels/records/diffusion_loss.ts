// The record of diffusion_loss.wgsl. Every objective, and refusals: ../diffusion_loss.gpu.test.ts.
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "diffusion_loss",
  shaders: ["diffusion_loss"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "a normal number may be off by 1e-6, which counts as a term" },
  samples: () => selfTestSamples("diffusion_loss"),
  refusals: [],
};
