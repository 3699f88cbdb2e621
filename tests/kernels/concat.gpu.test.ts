import { describe, expect, test } from "vitest";
import { concatRule } from "../../src/autograd/rules/concat.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";
import { scattered } from "../reference/agreement.ts";
import { concatChannelsBackward } from "../reference/concat.ts";
import { mapArray, type NdArray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate } from "../support/gpu.ts";

/** y, da and db on the GPU, by the rule. */
function onGpu(inputs: { a: NdArray; b: NdArray; dy: NdArray }) {
  return evaluate(inputs, (graph, { a, b, dy }) => {
    const leaves = [a, b].map((leaf) => [leaf, undefined] as const);
    const tape = new Tape(graph, new Map(leaves));
    const y = tape.apply(concatRule, { a, b }, {});
    const gradients = tape.backward(y, dy);
    return { y, da: gradients.get(a)!, db: gradients.get(b)! };
  });
}

const float32 = (shape: readonly number[], seed: number) =>
  mapArray(scattered(shape, seed), Math.fround);

describe("y = a's channels, then b's; da, db = those of dy", () => {
  test.each(goldenCases("concat"))("$name of PyTorch", async (golden) => {
    const role = (name: string) => goldenTensor(golden, name);
    const actual = await onGpu({ a: role("a"), b: role("b"), dy: role("dy") });
    expect(actual).toEqual({ y: role("y"), da: role("da"), db: role("db") });
  });
});

describe("the rule of a concatenation", () => {
  test("gives the gradients that are wanted, and no others", () => {
    const graph = new Graph();
    const [a, b] = [graph.alloc([1, 4, 2, 2], "a"), graph.alloc([1, 4, 2, 2], "b")];
    const tape = new Tape(graph, new Map([[b, undefined]]));
    const y = tape.apply(concatRule, { a, b }, {});
    const gradients = tape.backward(y, graph.alloc(y.shape, "dy"));
    expect([...gradients.keys()]).toEqual([b]);
    expect(graph.dispatches).toHaveLength(2);
  });

  test("sums both halves where one tensor was given twice", async () => {
    const inputs = { a: float32([2, 3, 2, 2], 1), dy: float32([2, 6, 2, 2], 2) };
    const { da } = await evaluate(inputs, (graph, { a, dy }) => {
      const tape = new Tape(graph, new Map([[a, undefined]]));
      const y = tape.apply(concatRule, { a, b: a }, {});
      return { da: tape.backward(y, dy).get(a)! };
    });
    const halves = concatChannelsBackward(inputs.dy, 3);
    const sum = mapArray(halves.da, (value, i) => Math.fround(value + halves.db.data[i]!));
    expect(da).toEqual(sum);
  });
});
