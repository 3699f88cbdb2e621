// The record of embedding.wgsl.
import { embeddingRule } from "../../../src/autograd/rules/embedding.ts";
import { embedding } from "../../../src/kernels/embedding.ts";
import { embeddingBackward, embedding as twin } from "../../reference/embedding.ts";
import {
  differentiable,
  type KernelInfo,
  numbers,
  SUMS,
  selfTestSamples,
  words,
} from "./record.ts";

const SHAPES: readonly [rows: number, C: number, indices: number[]][] = [
  [1, 1, [0]],
  [3, 2, [1]], // rows that nobody asked for get 0
  [10, 7, [3, 3, 9, 0, 3]],
  [5, 130, [4, 0, 2]],
  [3, 16, Array.from({ length: 200 }, (_, i) => (i * i) % 3)],
];

export const info: KernelInfo = {
  family: "embedding",
  shaders: ["embedding"],
  dtypes: ["f32"],
  tolerance: SUMS,
  samples: () => [
    ...selfTestSamples("embedding"),
    ...SHAPES.map(([rows, C, indices]) =>
      differentiable({
        name: `${rows} rows of ${C}, asked for ${indices.length}`,
        rule: embeddingRule,
        inputs: { table: numbers([rows, C], 1) },
        fixed: { indices: words(indices) },
        options: (tensors) => ({ indices: tensors.indices! }),
        forward: ({ table }) => twin(table!, indices),
        backward: (_, dy) => ({ dtable: embeddingBackward(dy, indices, rows) }),
      }),
    ),
  ],
  refusals: [
    {
      what: "indices that are not u32",
      launch: (graph, tensor) => embedding(graph, { table: tensor(3, 2), indices: tensor(4) }),
      message:
        "embedding: needs a table [rows, C] and u32 indices [N], got table [3, 2] and f32 indices [4].",
    },
  ],
};
