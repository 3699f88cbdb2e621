import { describe, expect, test } from "vitest";
import { averagePoolRule, upsampleRule } from "../../src/autograd/rules/resample.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";
import { averagePool2x2 as launchPool } from "../../src/kernels/resample.ts";
import { scattered } from "../reference/agreement.ts";
import { absolute, mapArray, type NdArray } from "../reference/ndarray.ts";
import {
  averagePool2x2,
  averagePool2x2Backward,
  upsampleNearest2x,
  upsampleNearest2xBackward,
} from "../reference/resample.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

/** y and dx on the GPU, by a rule. */
function onGpu(rule: typeof upsampleRule, inputs: { x: NdArray; dy: NdArray }) {
  return evaluate(inputs, (graph, { x, dy }) => {
    const tape = new Tape(graph, new Map([[x, undefined]]));
    const y = tape.apply(rule, { x }, {});
    return { y, dx: tape.backward(y, dy).get(x)! };
  });
}

const float32 = (shape: readonly number[], seed: number) =>
  mapArray(scattered(shape, seed), Math.fround);

const SHAPES = [[[1, 1, 2, 2]], [[2, 5, 3, 7]], [[1, 3, 5, 4]], [[3, 2, 16, 16]]];

describe("y[i,j] = x[⌊i/2⌋, ⌊j/2⌋], dx = the sum of dy over 2 × 2 pixels", () => {
  test.each([[[1, 3, 1, 1]], ...SHAPES])("%j", async (shape) => {
    const x = float32(shape, 1);
    const expected = upsampleNearest2x(x);
    const dy = float32(expected.shape, 2);
    const { y, dx } = await onGpu(upsampleRule, { x, dy });
    expect(y).toEqual(expected); // copies
    const bound = upsampleNearest2xBackward(absolute(dy));
    expectWithin("dx", dx, { expected: upsampleNearest2xBackward(dy), bound });
  });

  test.each(goldenCases("upsample_nearest2x"))("$name of PyTorch", async (golden) => {
    const [x, dy] = [goldenTensor(golden, "x"), goldenTensor(golden, "dy")];
    const { y, dx } = await onGpu(upsampleRule, { x, dy });
    expect(y).toEqual(goldenTensor(golden, "y"));
    const bound = upsampleNearest2xBackward(absolute(dy));
    expectWithin("dx", dx, { expected: goldenTensor(golden, "dx"), bound });
  });
});

describe("y[i,j] = mean of 2 × 2 pixels, dx = ¼ dy of their block", () => {
  test.each(SHAPES)("%j", async (shape) => {
    const x = float32(shape, 1);
    const expected = averagePool2x2(x);
    const dy = float32(expected.shape, 2);
    const { y, dx } = await onGpu(averagePoolRule, { x, dy });
    expectWithin("y", y, { expected, bound: averagePool2x2(absolute(x)) });
    expect(dx).toEqual(averagePool2x2Backward(dy, shape)); // a quarter is exact
  });

  test.each(goldenCases("avg_pool2d"))("$name of PyTorch", async (golden) => {
    const [x, dy] = [goldenTensor(golden, "x"), goldenTensor(golden, "dy")];
    const { y, dx } = await onGpu(averagePoolRule, { x, dy });
    expectWithin("y", y, {
      expected: goldenTensor(golden, "y"),
      bound: averagePool2x2(absolute(x)),
    });
    expect(dx).toEqual(goldenTensor(golden, "dx"));
  });

  test("an image of one row has no block", () => {
    const graph = new Graph();
    expect(() => launchPool(graph, { x: graph.alloc([1, 2, 1, 8], "x") })).toThrow(
      "averagePool2x2: needs images of at least 2 × 2 pixels, got [1, 2, 1, 8].",
    );
  });
});
