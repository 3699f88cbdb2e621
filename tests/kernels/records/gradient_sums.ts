// The record of gradient_sums.wgsl. Bits that are not finite, wherever: ../gradient_sums.gpu.test.ts.
import { accumulate, locateNotFinite } from "../../../src/kernels/gradient_sums.ts";
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "gradient_sums",
  shaders: ["gradient_sums"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "one product and one sum; words are exact" },
  samples: () => selfTestSamples("gradient_sums"),
  refusals: [
    {
      what: "a sum of another shape",
      launch: (graph, tensor) =>
        accumulate(graph, { state: tensor(8), x: tensor(6), sum: tensor(5) }, { scale: 1 }),
      message: "accumulate: sum must be [6], got [5].",
    },
    {
      what: "gradients that are not padded",
      launch: (graph, tensor) =>
        locateNotFinite(graph, {
          ...{ state: tensor(8), clipFactor: tensor(1), gradients: tensor(6), found: tensor(4) },
        }),
      message: "locateNotFinite: gradients must hold a multiple of 4 numbers, got [6].",
    },
  ],
};
