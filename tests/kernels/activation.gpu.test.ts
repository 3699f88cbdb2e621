import { describe, expect, test } from "vitest";
import { activationRule } from "../../src/autograd/rules/activation.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";
import { ACTIVATIONS, type ActivationName, activation } from "../../src/kernels/activation.ts";
import { activationBackward, CURVES, activation as twin } from "../reference/activation.ts";
import { scattered } from "../reference/agreement.ts";
import { mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

/** y and dx on the GPU, by the rule. */
function onGpu(name: ActivationName, { x, dy }: { x: NdArray; dy: NdArray }) {
  return evaluate({ x, dy }, (graph, tensors) => {
    const tape = new Tape(graph, new Map([[tensors.x, undefined]]));
    const y = tape.apply(activationRule, { x: tensors.x }, { name });
    return { y, dx: tape.backward(y, tensors.dy).get(tensors.x)! };
  });
}

/**
 * f(x) = x a(x), f'(x) = a + b. An exponential of v may be off by 3 + 2|v| ulp, v = x or, for gelu,
 * x²/2: that moves a by a part of |b|, and b by (1 + |v|) |b|. What is below 2⁻⁹⁶ may be 0.
 */
function boundsOf(name: ActivationName, x: NdArray, dy: NdArray) {
  const { value, derivative } = CURVES[name];
  const terms = (v: number) => {
    const a = v === 0 ? derivative(0) : value(v) / v;
    return [Math.abs(a), Math.abs(derivative(v) - a)] as const;
  };
  const y = mapArray(x, (v) => Math.abs(v) * (terms(v)[0] + terms(v)[1]) + 2 ** -96);
  const dx = mapArray(x, (v, i) => {
    const [a, b] = terms(v);
    const exponent = name === "gelu" ? v * v : Math.abs(v);
    return (a + b * (1 + exponent) + 2 ** -96) * Math.abs(dy.data[i]!);
  });
  return { y, dx };
}

async function expectAsTwin(name: ActivationName, x: NdArray, dy: NdArray) {
  const { y, dx } = await onGpu(name, { x, dy });
  const bounds = boundsOf(name, x, dy);
  expectWithin("y", y, { expected: twin(name, x), bound: bounds.y });
  expectWithin("dx", dx, { expected: activationBackward(name, x, dy), bound: bounds.dx });
}

describe.each(ACTIVATIONS)("y = %s(x), dx = f'(x) · dy", (name) => {
  test.each([[[1]], [[3, 65]], [[2, 5, 7, 3]]])("%j", async (shape) => {
    const x = mapArray(scattered(shape, 1), (value) => Math.fround(3 * value));
    await expectAsTwin(name, x, mapArray(scattered(shape, 2), Math.fround));
  });

  test("from −30 to 30, and far outside", async () => {
    const near = Array.from({ length: 6001 }, (_, i) => Math.fround((i - 3000) / 100));
    const far = [50, 87, 88, 89, 100, 200, 1e4, 1e30].flatMap((value) => [value, -value]);
    const x = ndarray([6018], [...near, ...far.map(Math.fround), 0]);
    const dy = mapArray(x, (_, i) => (i % 3) - 1.5);
    await expectAsTwin(name, x, dy);
  });
});

describe.each(["silu", "mish", "gelu"] as const)("y = %s(x)   [PyTorch]", (name) => {
  test.each(goldenCases(name))("$name", async (golden) => {
    const [x, dy] = [goldenTensor(golden, "x"), goldenTensor(golden, "dy")];
    const { y, dx } = await onGpu(name, { x, dy });
    const bounds = boundsOf(name, x, dy);
    expectWithin("y", y, { expected: goldenTensor(golden, "y"), bound: bounds.y });
    expectWithin("dx", dx, { expected: goldenTensor(golden, "dx"), bound: bounds.dx });
  });
});

describe("an activation's name", () => {
  test("must be known", () => {
    const graph = new Graph();
    const x = graph.alloc([1], "x");
    expect(() => activation(graph, { x }, { name: "tanh" as ActivationName })).toThrow(
      'activation: activation must be one of none, silu, mish, gelu, relu, got "tanh".',
    );
  });
});
