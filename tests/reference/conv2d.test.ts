import { describe, expect, test } from "vitest";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import {
  centralDifferences,
  DIFFERENCES,
  expectAgreement,
  expectGolden,
  inner,
  scattered,
} from "./agreement.ts";
import { type Conv2dInputs, conv2d, conv2dBackward, type Padding } from "./conv2d.ts";
import { absolute, absoluteAll, type NdArray, ndarray } from "./ndarray.ts";

interface Options {
  stride: number;
  padding: Padding;
  prologue: "none" | "upsample_nearest2x" | "concat";
}

const inputsOf = (golden: GoldenCase<Options>): Conv2dInputs => ({
  x: goldenTensor(golden, "x"),
  x2: golden.tensors.get("x2"),
  weight: goldenTensor(golden, "weight"),
  bias: golden.tensors.get("bias"),
});

const optionsOf = ({ options: { stride, padding, prologue } }: GoldenCase<Options>) => ({
  stride,
  padding,
  upsample: prologue === "upsample_nearest2x",
});

const largest = (x: NdArray) => x.data.reduce((most, value) => Math.max(most, value), 0);

describe("y = conv(prologue(x), weight) + bias   [PyTorch]", () => {
  test.each(goldenCases<Options>("conv2d"))("$name: y and every gradient", (golden) => {
    const [inputs, options] = [inputsOf(golden), optionsOf(golden)];
    const y = conv2d(inputs, options);
    expectGolden(golden, { y, ...conv2dBackward(inputs, goldenTensor(golden, "dy"), options) });
  });

  test.each(goldenCases<Options>("conv2d"))("$name: the largest Σ|terms|", (golden) => {
    const [inputs, options] = [absoluteAll(inputsOf(golden)), optionsOf(golden)];
    const dy = absolute(goldenTensor(golden, "dy"));
    const gradients = conv2dBackward(inputs, dy, options);
    const sums: Record<string, NdArray> = { y: conv2d(inputs, options), ...gradients };
    for (const [role, expected] of Object.entries(golden.largestSums)) {
      expect(largest(sums[role]!) / expected, role).toBeCloseTo(1, 12);
    }
  });

  test("a 3×5 kernel on its own extents is one dot product", () => {
    const [x, weight] = [scattered([1, 2, 3, 5], 1), scattered([1, 2, 3, 5], 2)];
    const expected = ndarray([1, 1, 1, 1], [inner(x, weight)]);
    expectAgreement("y", conv2d({ x, weight }), expected, { rtol: 1e-14 });
  });

  test("each side has its own padding", () => {
    const one = ndarray([1, 1, 1, 1], [1]);
    const padding = { top: 1, bottom: 0, left: 2, right: 1 };
    const expected = ndarray([1, 1, 2, 4], [0, 0, 0, 0, 0, 0, 1, 0]);
    expect(conv2d({ x: one, weight: one }, { padding })).toEqual(expected);
  });

  test("with everything uneven at once, every gradient is a central difference", () => {
    const padding = { top: 2, bottom: 0, left: 1, right: 3 };
    const options = { stride: 2, padding, upsample: true };
    const inputs = {
      x: scattered([2, 1, 2, 3], 1),
      x2: scattered([2, 2, 2, 3], 2),
      weight: scattered([2, 3, 3, 5], 3),
      bias: scattered([2], 4),
    };
    const dy = scattered(conv2d(inputs, options).shape, 5);
    const gradients: Partial<Record<string, NdArray>> = {
      ...conv2dBackward(inputs, dy, options),
    };
    for (const [role, x] of Object.entries(inputs)) {
      const expected = centralDifferences(x, (moved) =>
        inner(conv2d({ ...inputs, [role]: moved }, options), dy),
      );
      expectAgreement(`d${role}`, gradients[`d${role}`], expected, DIFFERENCES);
    }
  });
});
