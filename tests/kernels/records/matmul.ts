// The record of matmul.wgsl: the linear layer.
import { linearRule } from "../../../src/autograd/rules/linear.ts";
import { linear } from "../../../src/kernels/matmul.ts";
import { linearBackward, linear as twin } from "../../reference/matmul.ts";
import { differentiable, type KernelInfo, numbers, SUMS, selfTestSamples } from "./record.ts";

/** rows, in, out: single numbers, odd ones, whole tiles of both variants, one past them. */
const SHAPES = [
  [1, 1, 1],
  [1, 128, 32],
  [3, 1, 5],
  [8, 32, 64],
  [9, 17, 33],
  [33, 31, 7],
  [32, 64, 32],
  [65, 130, 67],
] as const;

export const info: KernelInfo = {
  family: "matmul",
  shaders: ["matmul"],
  dtypes: ["f32"],
  tolerance: SUMS,
  samples: () => [
    ...selfTestSamples("matmul"),
    ...SHAPES.map(([rows, from, to]) =>
      differentiable({
        name: `${rows} rows, ${from} numbers in, ${to} out`,
        rule: linearRule,
        inputs: {
          x: numbers([rows, from], 1),
          weight: numbers([to, from], 2),
          bias: numbers([to], 3),
        },
        options: () => ({}),
        forward: ({ x, weight, bias }) => twin({ x: x!, weight: weight!, bias }),
        backward: ({ x, weight }, dy) => linearBackward({ x: x!, weight: weight! }, dy),
      }),
    ),
  ],
  refusals: [
    {
      what: "a weight for other inputs",
      launch: (graph, tensor) => linear(graph, { x: tensor(4, 8), weight: tensor(3, 7) }),
      message: "linear: weight must be [3, 8], got [3, 7]. Check which tensor was passed.",
    },
    {
      what: "a bias of another length",
      launch: (graph, tensor) =>
        linear(graph, { x: tensor(4, 8), weight: tensor(3, 8), bias: tensor(4) }),
      message: "linear: bias must be [3], got [4].",
    },
    {
      what: "what is no matrix",
      launch: (graph, tensor) => linear(graph, { x: tensor(8), weight: tensor(3, 8) }),
      message: "linear: x must be a matrix, got [8]. Reshape the tensor to two extents.",
    },
    {
      what: "more rows than 65,535 workgroups take",
      launch: (graph, tensor) => linear(graph, { x: tensor(2 ** 22, 1), weight: tensor(1, 1) }),
      message: "matmul.forward_tile: workgroups must be integers in 1 … 65535, got 1 × 65536 × 1.",
    },
  ],
};
