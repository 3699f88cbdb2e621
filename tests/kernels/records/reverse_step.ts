// The record of reverse_step.wgsl. Rows of every plan and golden trajectories: ../reverse_step.gpu.test.ts.
import { reverseStep } from "../../../src/kernels/reverse_step.ts";
import { type KernelInfo, type Refusal, selfTestSamples } from "./record.ts";

const refusal = (name: string, extents: number[], message: string): Refusal => ({
  what: `${name} [${extents}]`,
  launch: (graph, tensor) => {
    const good = {
      state: tensor(8),
      rows: tensor(10, 21),
      x: tensor(2, 3, 4, 4),
      x0Previous: tensor(2, 3, 4, 4),
      output: tensor(2, 6, 4, 4),
    };
    reverseStep(graph, { ...good, [name]: tensor(...extents) });
  },
  message: `reverseStep: ${message}`,
});

export const info: KernelInfo = {
  family: "reverse_step",
  shaders: ["reverse_step"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "a normal number may be off by 1e-6, which counts as a term" },
  samples: () => selfTestSamples("reverse_step"),
  refusals: [
    refusal("rows", [10, 15], "rows must be [10, 21], got [10, 15]."),
    refusal("output", [2, 4, 4, 4], "output must be [2, 3, 4, 4], got [2, 4, 4, 4]."),
    refusal("x0Previous", [2, 3, 16], "x0Previous must be [2, 3, 4, 4], got [2, 3, 16]."),
    refusal("state", [4], "state must be [8], got [4]."),
    refusal("x", [6, 16], "needs images [N, C, H, W], got [6, 16]."),
  ],
};
