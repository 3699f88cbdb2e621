import { describe, expect, test } from "vitest";
import { averagePoolRule, upsampleRule } from "../../src/autograd/rules/resample.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { absolute, type NdArray } from "../reference/ndarray.ts";
import { averagePool2x2, upsampleNearest2xBackward } from "../reference/resample.ts";
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

describe("y[i,j] = x[⌊i/2⌋, ⌊j/2⌋], dx = the sum of dy over 2 × 2 pixels", () => {
  test.each(goldenCases("upsample_nearest2x"))("$name of PyTorch", async (golden) => {
    const [x, dy] = [goldenTensor(golden, "x"), goldenTensor(golden, "dy")];
    const { y, dx } = await onGpu(upsampleRule, { x, dy });
    expect(y).toEqual(goldenTensor(golden, "y"));
    const bound = upsampleNearest2xBackward(absolute(dy));
    expectWithin("dx", dx, { expected: goldenTensor(golden, "dx"), bound });
  });
});

describe("y[i,j] = mean of 2 × 2 pixels, dx = ¼ dy of their block", () => {
  test.each(goldenCases("avg_pool2d"))("$name of PyTorch", async (golden) => {
    const [x, dy] = [goldenTensor(golden, "x"), goldenTensor(golden, "dy")];
    const { y, dx } = await onGpu(averagePoolRule, { x, dy });
    expectWithin("y", y, {
      expected: goldenTensor(golden, "y"),
      bound: averagePool2x2(absolute(x)),
    });
    expect(dx).toEqual(goldenTensor(golden, "dx"));
  });
});
