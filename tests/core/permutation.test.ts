// Orders of an epoch: every image once, the same for the same seed, all orders alike.
import { describe, expect, test } from "vitest";
import { permutation } from "../../src/core/permutation.ts";

describe("permutation(n, seed, epoch)", () => {
  test.each([1, 2, 3, 17, 1000])("visits each of %i items once", (n) => {
    expect([...permutation(n, 5, 0)].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
  });

  test("is a pure function: same seed and epoch, same order", () => {
    expect(permutation(100, 7, 3)).toEqual(permutation(100, 7, 3));
  });

  test("another epoch or seed is another order", () => {
    expect(permutation(100, 7, 4)).not.toEqual(permutation(100, 7, 3));
    expect(permutation(100, 8, 3)).not.toEqual(permutation(100, 7, 3));
  });

  test("gives the 24 orders of 4 items equally often: χ² < 49.7, the 0.1 % point for 23", () => {
    const epochs = 24_000;
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = permutation(4, 11, epoch).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const squares = [...counts.values()].map((count) => (count - 1000) ** 2 / 1000);
    expect(squares.reduce((a, b) => a + b)).toBeLessThan(49.7);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 32])("n = %s is refused", (n) => {
    expect(() => permutation(n, 0, 0)).toThrow(/permutation: n must be in 1 … 2\^32 − 1/);
  });
});
