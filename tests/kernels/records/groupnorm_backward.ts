// The record of groupnorm_backward.wgsl. The values of AWKWARD's gradients are groupnorm's record's.
import { groupNormBackward } from "../../../src/kernels/groupnorm_backward.ts";
import { FAR, normalisation } from "./groupnorm_samples.ts";
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "groupnorm_backward",
  shaders: ["groupnorm_backward"],
  dtypes: ["f32", "f16"],
  tolerance: {
    factor: 8,
    reason: "of groupnorm_bounds.ts: what errors of μ and r do to every stage is counted",
  },
  samples: () => [...selfTestSamples("groupnorm_backward"), ...FAR.map(normalisation)],
  refusals: [
    {
      what: "a dy of another shape",
      launch: (graph, tensor) => {
        const inputs = {
          x: tensor(2, 4, 3, 3),
          affine: tensor(8),
          dy: tensor(2, 4, 3, 4),
          stats: tensor(2, 2, 2),
        };
        groupNormBackward(graph, inputs, { groups: 2, activation: "silu" }, {});
      },
      message: "groupNormBackward: dy must be [2, 4, 3, 3], got [2, 4, 3, 4].",
    },
  ],
};
