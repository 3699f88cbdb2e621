import { describe, test } from "vitest";
import { activationRule } from "../../src/autograd/rules/activation.ts";
import { Tape } from "../../src/autograd/tape.ts";
import type { ActivationName } from "../../src/kernels/activation.ts";
import type { NdArray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";
import { activationBounds } from "./records/activation.ts";

/** y and dx on the GPU, by the rule. */
function onGpu(name: ActivationName, { x, dy }: { x: NdArray; dy: NdArray }) {
  return evaluate({ x, dy }, (graph, tensors) => {
    const tape = new Tape(graph, new Map([[tensors.x, undefined]]));
    const y = tape.apply(activationRule, { x: tensors.x }, { name });
    return { y, dx: tape.backward(y, tensors.dy).get(tensors.x)! };
  });
}

describe.each(["silu", "mish", "gelu"] as const)("y = %s(x)   [PyTorch]", (name) => {
  test.each(goldenCases(name))("$name", async (golden) => {
    const [x, dy] = [goldenTensor(golden, "x"), goldenTensor(golden, "dy")];
    const { y, dx } = await onGpu(name, { x, dy });
    const bounds = activationBounds(name, x, dy);
    expectWithin("y", y, { expected: goldenTensor(golden, "y"), bound: bounds.y });
    expectWithin("dx", dx, { expected: goldenTensor(golden, "dx"), bound: bounds.dx });
  });
});
