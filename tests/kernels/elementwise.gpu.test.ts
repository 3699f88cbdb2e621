import { describe, expect, test } from "vitest";
import { addRule, affineRule, scaleRowsRule } from "../../src/autograd/rules/elementwise.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, affine, scaleRows } from "../../src/kernels/elementwise.ts";
import { scattered } from "../reference/agreement.ts";
import { addScale } from "../reference/elementwise.ts";
import { absolute, mapArray, type NdArray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

const SHAPES = [[[1]], [[3, 65]], [[2, 5, 7, 3]], [[2, 4, 3, 3]]];

const float32 = (shape: readonly number[], seed: number) =>
  mapArray(scattered(shape, seed), Math.fround);

const times = (factor: number, x: NdArray) => mapArray(x, (value) => factor * value);

describe("y = (a + b) · scale", () => {
  test.each([...SHAPES, [[1 << 16, 65]]])("%j", async (shape) => {
    const [a, b] = [scattered(shape, 1), scattered(shape, 2)];
    const { y } = await evaluate({ a, b }, (graph, inputs) => ({
      y: add(graph, inputs, { scale: 0.75 }),
    }));
    const bound = addScale(absolute(a), absolute(b), 1 / 0.75);
    expectWithin("y", y, { expected: addScale(a, b, 1 / 0.75), bound });
  });

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

  test("refuses two shapes", () => {
    const graph = new Graph();
    const [a, b] = [graph.alloc([2, 3], "a"), graph.alloc([3, 2], "b")];
    expect(() => add(graph, { a, b }, {})).toThrow("add: b must be [2, 3], got [3, 2].");
  });
});

describe("y = a · x + b of two numbers, dx = a · dy", () => {
  test.each(SHAPES)("%j", async (shape) => {
    const inputs = { x: float32(shape, 1), dy: float32(shape, 2) };
    const { y, dx } = await evaluate(inputs, (graph, { x, dy }) => {
      const tape = new Tape(graph, leavesOf(x));
      const y = tape.apply(affineRule, { x }, { a: -2.5, b: 0.75 });
      return { y, dx: tape.backward(y, dy).get(x)! };
    });
    const bound = mapArray(inputs.x, (value) => 2.5 * Math.abs(value) + 0.75);
    expectWithin("y", y, { expected: mapArray(inputs.x, (v) => -2.5 * v + 0.75), bound });
    const expected = times(-2.5, inputs.dy);
    expectWithin("dx", dx, { expected, bound: absolute(expected) });
  });
});

describe("y[n, …] = factor[n] · x[n, …], dx[n, …] = factor[n] · dy[n, …]", () => {
  test.each(SHAPES)("%j", async (shape) => {
    const factor = float32([shape[0]!], 3);
    const inputs = { x: float32(shape, 1), dy: float32(shape, 2), factor };
    const { y, dx } = await evaluate(inputs, (graph, tensors) => {
      const { x, dy, factor } = tensors;
      const tape = new Tape(graph, leavesOf(x));
      const y = tape.apply(scaleRowsRule, { x }, { factor });
      return { y, dx: tape.backward(y, dy).get(x)! };
    });
    const scaled = (values: NdArray) => {
      const row = values.data.length / shape[0]!;
      return mapArray(values, (value, i) => factor.data[Math.floor(i / row)]! * value);
    };
    expectWithin("y", y, { expected: scaled(inputs.x), bound: absolute(scaled(inputs.x)) });
    expectWithin("dx", dx, { expected: scaled(inputs.dy), bound: absolute(scaled(inputs.dy)) });
  });

  test("refuses a factor of another length", () => {
    const graph = new Graph();
    const [x, factor] = [graph.alloc([2, 3], "x"), graph.alloc([3], "factor")];
    expect(() => scaleRows(graph, { x, factor })).toThrow(
      "scaleRows: factor must be [2], got [3].",
    );
  });
});

const leavesOf = (...leaves: Tensor[]) =>
  new Map(leaves.map((leaf): [Tensor, undefined] => [leaf, undefined]));
