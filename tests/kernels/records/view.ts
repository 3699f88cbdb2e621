// The record of view.wgsl. Textures and refusals: ../view.gpu.test.ts.
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "view",
  shaders: ["view"],
  dtypes: ["f32"],
  tolerance: {
    factor: 8,
    reason: "bytes of a picture are exact but where a value lies between two",
  },
  samples: () => selfTestSamples("view"),
  refusals: [],
};
