// The record of ceilings.wgsl.

import { copyVectors, shareVectors } from "../../../src/kernels/ceilings.ts";
import { type KernelInfo, SUMS, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "ceilings",
  shaders: ["ceilings"],
  dtypes: ["f32"],
  tolerance: SUMS,
  samples: () => selfTestSamples("ceilings"),
  refusals: [
    {
      what: "what four does not divide",
      launch: (graph, tensor) => copyVectors(graph, { x: tensor(3, 5) }),
      message: "copyVectors: 4 must divide the elements of x, got 15. Vectors of four are moved.",
    },
    {
      what: "a workgroup's vectors of another number",
      launch: (graph, tensor) => shareVectors(graph, { x: tensor(32, 4) }, { lanes: 1, rounds: 1 }),
      message: "shareVectors: x must be [64, 4], got [32, 4].",
    },
  ],
};
