// The record of groupnorm.wgsl. Its samples launch the gradients too: they need its statistics.
import type { Graph } from "../../../src/graph/graph.ts";
import { type GroupNormOptions, groupNorm } from "../../../src/kernels/groupnorm.ts";
import { ACTIVATED, AWKWARD, normalisation } from "./groupnorm_samples.ts";
import { type KernelInfo, type Refusal, selfTestSamples } from "./record.ts";

const refusal = (what: string, wrong: Partial<GroupNormOptions>, message: string): Refusal => ({
  what,
  launch: (graph: Graph, tensor) => {
    const inputs = { x: tensor(4, 30, 16, 16), affine: tensor(60) };
    groupNorm(graph, inputs, { groups: 2, eps: 1e-5, activation: "silu", ...wrong });
  },
  message,
});

export const info: KernelInfo = {
  family: "groupnorm",
  shaders: ["groupnorm"],
  dtypes: ["f32", "f16"],
  tolerance: {
    factor: 8,
    reason: "of groupnorm_bounds.ts: what errors of μ and r do to every stage is counted",
  },
  samples: () => [
    ...selfTestSamples("groupnorm"),
    ...[...AWKWARD, ...ACTIVATED].map(normalisation),
  ],
  refusals: [
    refusal(
      "groups that do not divide the channels, and says which do",
      { groups: 8 },
      "groupNorm: groups must divide C, got groups = 8 and C = 30 (x: [4, 30, 16, 16]). Divisors of 30: 1, 2, 3, 5, 6, 10, 15, 30.",
    ),
    refusal("an eps of 0", { eps: 0 }, "groupNorm: eps must be positive, got 0."),
    refusal(
      "an unknown activation",
      { activation: "swish" as "silu" },
      'groupNorm: activation must be one of none, silu, mish, gelu, relu, got "swish".',
    ),
  ],
};
