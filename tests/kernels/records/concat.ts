// The record of concat.wgsl.
import { concatRule } from "../../../src/autograd/rules/concat.ts";
import { concat } from "../../../src/kernels/concat.ts";
import { concatChannels, concatChannelsBackward } from "../../reference/concat.ts";
import { differentiable, type KernelInfo, numbers, selfTestSamples } from "./record.ts";

/** N, channels of a and b, H, W: single pixels, odd and even sizes. */
const SHAPES = [
  [1, 1, 1, 1, 1],
  [2, 3, 5, 5, 7],
  [3, 4, 6, 4, 4],
  [2, 2, 4, 1, 2],
  [2, 4, 3, 1, 1],
] as const;

export const info: KernelInfo = {
  family: "concat",
  shaders: ["concat"],
  dtypes: ["f32", "f16"],
  tolerance: { factor: 0, reason: "copies" },
  samples: () => [
    ...selfTestSamples("concat"),
    ...SHAPES.map(([N, Ca, Cb, H, W]) =>
      differentiable({
        name: `${N} images of ${Ca} + ${Cb} channels, ${H}×${W}`,
        rule: concatRule,
        inputs: { a: numbers([N, Ca, H, W], 1), b: numbers([N, Cb, H, W], 2) },
        options: () => ({}),
        forward: ({ a, b }) => concatChannels(a!, b!),
        backward: (_, dy) => concatChannelsBackward(dy, Ca),
      }),
    ),
  ],
  refusals: [
    {
      what: "images of different sizes",
      launch: (graph, tensor) => concat(graph, { a: tensor(1, 4, 2, 2), b: tensor(1, 4, 2, 3) }),
      message:
        "concat: a and b may differ in their channels alone, got a [1, 4, 2, 2] and b [1, 4, 2, 3].",
    },
  ],
};
