import { describe, test } from "vitest";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { expectGolden } from "./agreement.ts";
import { addScale, addScaleBackward } from "./elementwise.ts";

describe("y = (a + b) / scale   [PyTorch]", () => {
  test.each(goldenCases<{ scale: number }>("add_scale"))("$name: y, da, db", (golden) => {
    const { scale } = golden.options;
    const y = addScale(goldenTensor(golden, "a"), goldenTensor(golden, "b"), scale);
    expectGolden(golden, { y, ...addScaleBackward(goldenTensor(golden, "dy"), scale) });
  });
});
