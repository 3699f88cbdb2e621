import { describe, expect, test } from "vitest";
import { slopeOf } from "../../src/bench/growth.ts";

describe("the slope of a straight line through logarithms", () => {
  test("is the power that y grows with", () => {
    const x = [1, 2, 4, 16];
    expect(
      slopeOf(
        x,
        x.map((value) => 3 * value ** 1.5),
      ),
    ).toBeCloseTo(1.5, 12);
  });

  test("is of least squares: noise that is even about the line leaves it", () => {
    expect(slopeOf([1, 2, 4, 8], [2, 1, 4, 2])).toBeCloseTo(0.2, 12);
  });
});
