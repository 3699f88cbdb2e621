// The record of cast.wgsl.
import { narrow, widen } from "../../../src/kernels/cast.ts";
import { oneTerm } from "../../inspect/twins/twin.ts";
import * as twin from "../../reference/cast.ts";
import { type KernelInfo, numbers, type Sample, selfTestSamples } from "./record.ts";

const SHAPES = [[1], [63], [64], [65], [2, 3, 5, 7], [1, 1, 1, 1]];

/** `map` is written to: an input, so that it is stored as the maps are. */
const narrowed = (shape: readonly number[]): Sample => ({
  name: `narrow [${shape}]`,
  inputs: { x: numbers(shape, 5, 3), scale: numbers([1], 6, 64), map: numbers(shape, 7) },
  launch: (graph, { x, scale, map }) => ({ y: narrow(graph, { x: x!, scale }, map) }),
  expected: ({ x, scale }) => ({ y: oneTerm(twin.narrow(x!, scale!.data[0]!)) }),
});

const widened = (shape: readonly number[]): Sample => ({
  name: `widen [${shape}]`,
  inputs: { x: numbers(shape, 5, 3) },
  launch: (graph, { x }) => ({ y: widen(graph, { x: x! }) }),
  expected: ({ x }) => ({ y: oneTerm(twin.widen(x!)) }),
});

export const info: KernelInfo = {
  family: "cast",
  shaders: ["cast"],
  dtypes: ["f32", "f16"],
  tolerance: { factor: 8, reason: "one product, and a store" },
  samples: () => [...selfTestSamples("cast"), ...SHAPES.map(narrowed), ...SHAPES.map(widened)],
  refusals: [
    {
      what: "a target of another shape",
      launch: (graph, tensor) => narrow(graph, { x: tensor(4) }, tensor(5)),
      message: "narrow: target must be [4], got [5].",
    },
    {
      what: "a target of another shape",
      launch: (graph, tensor) => widen(graph, { x: tensor(4) }, tensor(2, 2)),
      message: "widen: target must be [4], got [2, 2].",
    },
  ],
};
