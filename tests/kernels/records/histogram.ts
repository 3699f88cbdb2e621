// The record of histogram.wgsl.
import { histogram } from "../../../src/kernels/histogram.ts";
import { type KernelInfo, selfTestSamples } from "./record.ts";

export const info: KernelInfo = {
  family: "histogram",
  shaders: ["histogram"],
  dtypes: ["f32"],
  tolerance: { factor: 8, reason: "none is used: counts are exact" },
  samples: () => selfTestSamples("histogram"),
  refusals: [
    {
      what: "a target of another size",
      launch: (graph, tensor) => histogram(graph, { x: tensor(3) }, { type: "f32" }, tensor(64)),
      message: "histogram: target must be [54], got [64].",
    },
  ],
};
