// The record of diffusion_timesteps.wgsl. Draws, the ring and refusals: ../diffusion_timesteps.gpu.test.ts.
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "diffusion_timesteps",
  shaders: ["diffusion_timesteps"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "sums of squares in the order of timesteps; words are exact" },
  samples: () => selfTestSamples("diffusion_timesteps"),
  refusals: [],
};
