import { describe, expect, test } from "vitest";
import { concatRule } from "../../src/autograd/rules/concat.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";
import { concat } from "../../src/kernels/concat.ts";
import { scattered } from "../reference/agreement.ts";
import { concatChannels, concatChannelsBackward } from "../reference/concat.ts";
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
  test.each([
    { N: 1, C: [1, 1], size: [1, 1] },
    { N: 2, C: [3, 5], size: [5, 7] },
    { N: 3, C: [4, 6], size: [4, 4] },
    { N: 2, C: [2, 4], size: [1, 2] },
    { N: 2, C: [4, 3], size: [1, 1] },
  ])("$N images of $C channels, $size pixels: copied bit by bit", async ({ N, C, size }) => {
    const [Ca, Cb] = C as [number, number];
    const [a, b] = [float32([N, Ca, ...size], 1), float32([N, Cb, ...size], 2)];
    const dy = float32([N, Ca + Cb, ...size], 3);
    const expected = { y: concatChannels(a, b), ...concatChannelsBackward(dy, Ca) };
    expect(await onGpu({ a, b, dy })).toEqual(expected);
  });

  test.each(goldenCases("concat"))("$name of PyTorch", async (golden) => {
    const role = (name: string) => goldenTensor(golden, name);
    const actual = await onGpu({ a: role("a"), b: role("b"), dy: role("dy") });
    expect(actual).toEqual({ y: role("y"), da: role("da"), db: role("db") });
  });
});

describe("the rule of a concatenation", () => {
  test("writes the gradients that are wanted, and no others", () => {
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

  test("refuses images of different sizes", () => {
    const graph = new Graph();
    const [a, b] = [graph.alloc([1, 4, 2, 2], "a"), graph.alloc([1, 4, 2, 3], "b")];
    expect(() => concat(graph, { a, b })).toThrow(
      "concat: a and b may differ in their channels alone, got a [1, 4, 2, 2] and b [1, 4, 2, 3].",
    );
  });
});
