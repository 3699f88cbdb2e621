import { describe, test } from "vitest";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { expectGolden } from "./agreement.ts";
import {
  averagePool2x2,
  averagePool2x2Backward,
  upsampleNearest2x,
  upsampleNearest2xBackward,
} from "./resample.ts";

describe("each pixel becomes 2×2   [PyTorch]", () => {
  test.each(goldenCases("upsample_nearest2x"))("$name: y and dx", (golden) => {
    const y = upsampleNearest2x(goldenTensor(golden, "x"));
    expectGolden(golden, { y, dx: upsampleNearest2xBackward(goldenTensor(golden, "dy")) });
  });
});

describe("2×2 mean, a last odd row or column dropped   [PyTorch]", () => {
  test.each(goldenCases("avg_pool2d"))("$name: y and dx", (golden) => {
    const x = goldenTensor(golden, "x");
    const dx = averagePool2x2Backward(goldenTensor(golden, "dy"), x.shape);
    expectGolden(golden, { y: averagePool2x2(x), dx });
  });
});
