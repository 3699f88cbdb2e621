import { describe, test } from "vitest";
import { add } from "../../src/kernels/elementwise.ts";
import { scattered } from "../reference/agreement.ts";
import { addScale } from "../reference/elementwise.ts";
import { absolute } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

describe("y = (a + b) · scale", () => {
  test.each([[[1]], [[3, 65]], [[2, 5, 7, 3]], [[1 << 16, 65]]])("%j", async (shape) => {
    const [a, b] = [scattered(shape, 1), scattered(shape, 2)];
    const { y } = await evaluate({ a, b }, (graph, inputs) => ({
      y: add(graph, inputs, { scale: 0.75 }),
    }));
    const bound = addScale(absolute(a), absolute(b), 1 / 0.75);
    expectWithin("y", y, { expected: addScale(a, b, 1 / 0.75), bound });
  });

  test.each(goldenCases<{ scale: number }>("add_scale"))("$name of PyTorch", async (golden) => {
    const [a, b] = [goldenTensor(golden, "a"), goldenTensor(golden, "b")];
    const { scale } = golden.options;
    const { y } = await evaluate({ a, b }, (graph, inputs) => ({
      y: add(graph, inputs, { scale: 1 / scale }),
    }));
    const bound = addScale(absolute(a), absolute(b), scale);
    expectWithin("y", y, { expected: goldenTensor(golden, "y"), bound });
  });
});
