import { describe, expect, test } from "vitest";
import { addRule } from "../../src/autograd/rules/elementwise.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { affine } from "../../src/kernels/elementwise.ts";
import { scattered } from "../reference/agreement.ts";
import { addScale } from "../reference/elementwise.ts";
import { absolute, mapArray, type NdArray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

const float32 = (shape: readonly number[], seed: number) =>
  mapArray(scattered(shape, seed), Math.fround);

const times = (factor: number, x: NdArray) => mapArray(x, (value) => factor * value);

describe("y = (a + b) · scale", () => {
  test.each(goldenCases<{ scale: number }>("add_scale"))("$name of PyTorch", async (golden) => {
    const role = (name: string) => goldenTensor(golden, name);
    const inputs = { a: role("a"), b: role("b"), g: role("dy") };
    const scale = 1 / golden.options.scale;
    const { y, da, db } = await evaluate(inputs, (graph, { a, b, g }) => {
      const tape = new Tape(graph, leavesOf(a, b));
      const dy = affine(graph, { x: g }, { a: 1 }); // for where dy itself is the gradient, some kernel must have bound it
      const y = tape.apply(addRule, { a, b }, { scale });
      const gradients = tape.backward(y, dy);
      return { y, da: gradients.get(a)!, db: gradients.get(b)! };
    });
    const bound = addScale(absolute(inputs.a), absolute(inputs.b), golden.options.scale);
    expectWithin("y", y, { expected: role("y"), bound });
    expectWithin("da", da, { expected: role("da"), bound: times(scale, absolute(inputs.g)) });
    expect(db).toEqual(da);
  });

  test("da and db are dy itself where nothing scales them", () => {
    const graph = new Graph();
    const [a, b] = [graph.alloc([2], "a"), graph.alloc([2], "b")];
    const tape = new Tape(graph, leavesOf(a, b));
    const dy = graph.alloc([2], "dy");
    const gradients = tape.backward(tape.apply(addRule, { a, b }, {}), dy);
    expect([gradients.get(a), gradients.get(b)]).toEqual([dy, dy]);
    expect(graph.dispatches).toHaveLength(1);
  });

  test("x + x has twice the gradient", async () => {
    const inputs = { x: float32([7], 1), dy: float32([7], 2) };
    const { dx } = await evaluate(inputs, (graph, { x, dy }) => {
      const tape = new Tape(graph, leavesOf(x));
      return { dx: tape.backward(tape.apply(addRule, { a: x, b: x }, {}), dy).get(x)! };
    });
    expect(dx).toEqual(times(2, inputs.dy));
  });
});

const leavesOf = (...leaves: Tensor[]) =>
  new Map(leaves.map((leaf): [Tensor, undefined] => [leaf, undefined]));
