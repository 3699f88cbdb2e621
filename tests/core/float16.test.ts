import { describe, expect, test } from "vitest";
import { float16Bits, float16Value } from "../../src/core/float16.ts";

describe("float16", () => {
  test("every half is its own nearest", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = float16Value(bits);
      if (!Number.isNaN(value)) expect(float16Bits(value)).toBe(bits);
    }
    expect(float16Bits(Number.NaN)).toBe(0x7e00);
  });

  test("what lies between two is rounded to the nearer, and half way to the even one", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [float16Value(bits), float16Value(bits + 1)];
      expect(float16Bits(low + 0.49 * (high - low))).toBe(bits);
      expect(float16Bits(low + 0.51 * (high - low))).toBe(bits + 1);
      expect(float16Bits((low + high) / 2)).toBe(bits + (bits % 2));
    }
  });

  test.each([
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [1e30, 0x7c00],
    [-1e30, 0xfc00],
    [2 ** -25, 0],
    [-(2 ** -24), 0x8001],
    [-0, 0x8000],
  ])("%d has the bits %i", (value, bits) => {
    expect(float16Bits(value)).toBe(bits);
  });
});
