import { describe, expect, test } from "vitest";
import { embeddingRule } from "../../src/autograd/rules/embedding.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";
import { embedding as launch } from "../../src/kernels/embedding.ts";
import { scattered } from "../reference/agreement.ts";
import { embedding, embeddingBackward } from "../reference/embedding.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

/** y and dtable on the GPU, by the rule. */
function onGpu(table: NdArray, indices: number[], dy: NdArray) {
  const words = { ...ndarray([indices.length], indices), dtype: "u32" as const };
  return evaluate({ table, indices: words, dy }, (graph, tensors) => {
    const tape = new Tape(graph, new Map([[tensors.table, undefined]]));
    const { table, indices } = tensors;
    const y = tape.apply(embeddingRule, { table }, { indices });
    return { y, dtable: tape.backward(y, tensors.dy).get(table)! };
  });
}

describe("y[n] = table[indices[n]], dtable[r] = Σ dy[n] over the n whose index is r", () => {
  test.each([
    { rows: 1, C: 1, indices: [0] },
    { rows: 10, C: 7, indices: [3, 3, 9, 0, 3] },
    { rows: 5, C: 130, indices: [4, 0, 2] },
    { rows: 3, C: 16, indices: Array.from({ length: 200 }, (_, i) => (i * i) % 3) },
  ])("$rows rows of $C, asked for $indices", async ({ rows, C, indices }) => {
    const table = mapArray(scattered([rows, C], 1), Math.fround);
    const dy = mapArray(scattered([indices.length, C], 2), Math.fround);
    const { y, dtable } = await onGpu(table, indices, dy);
    expect(y).toEqual(embedding(table, indices)); // copies
    const expected = embeddingBackward(dy, indices, rows);
    const bound = embeddingBackward(absolute(dy), indices, rows);
    expectWithin("dtable", dtable, { expected, bound });
  });

  test("rows that nobody asked for get 0", async () => {
    const dy = ndarray([1, 2], [5, 6]);
    const { dtable } = await onGpu(ndarray([3, 2]), [1], dy);
    expect([...dtable.data]).toEqual([0, 0, 5, 6, 0, 0]);
  });

  test("indices must be u32", () => {
    const graph = new Graph();
    const [table, indices] = [graph.alloc([3, 2], "table"), graph.alloc([4], "indices")];
    expect(() => launch(graph, { table, indices })).toThrow(
      "embedding: needs a table [rows, C] and u32 indices [N], got table [3, 2] and f32 indices [4].",
    );
  });
});
