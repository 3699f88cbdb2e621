// The record of resample.wgsl.
import { averagePoolRule, upsampleRule } from "../../../src/autograd/rules/resample.ts";
import { averagePool2x2, upsampleNearest2x } from "../../../src/kernels/resample.ts";
import * as twin from "../../reference/resample.ts";
import { differentiable, type KernelInfo, numbers, SUMS, selfTestSamples } from "./record.ts";

const SHAPES = [
  [1, 1, 2, 2],
  [2, 5, 3, 7],
  [1, 3, 5, 4],
  [3, 2, 16, 16],
];

const doubled = (shape: readonly number[]) =>
  differentiable({
    name: `doubled [${shape}]`,
    rule: upsampleRule,
    inputs: { x: numbers(shape, 1) },
    options: () => ({}),
    forward: ({ x }) => twin.upsampleNearest2x(x!),
    backward: (_, dy) => ({ dx: twin.upsampleNearest2xBackward(dy) }),
  });

const halved = (shape: readonly number[]) =>
  differentiable({
    name: `halved [${shape}]`,
    rule: averagePoolRule,
    inputs: { x: numbers(shape, 1) },
    options: () => ({}),
    forward: ({ x }) => twin.averagePool2x2(x!),
    backward: (_, dy) => ({ dx: twin.averagePool2x2Backward(dy, shape) }),
  });

export const info: KernelInfo = {
  family: "resample",
  shaders: ["resample"],
  dtypes: ["f32", "f16"],
  tolerance: SUMS,
  samples: () => [
    ...selfTestSamples("resample"),
    ...[[1, 3, 1, 1], ...SHAPES].map(doubled),
    ...SHAPES.map(halved),
  ],
  refusals: [
    {
      what: "an image of one row",
      launch: (graph, tensor) => averagePool2x2(graph, { x: tensor(1, 2, 1, 8) }),
      message: "averagePool2x2: needs images of at least 2 × 2 pixels, got [1, 2, 1, 8].",
    },
    {
      what: "what is no image",
      launch: (graph, tensor) => upsampleNearest2x(graph, { x: tensor(2, 8) }),
      message: "upsampleNearest2x: needs images [N, C, H, W], got [2, 8].",
    },
  ],
};
