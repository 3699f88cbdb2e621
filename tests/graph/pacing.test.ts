import { describe, expect, test } from "vitest";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import { cutsOf, guessedMs, ownMs } from "../../src/graph/pacing.ts";

const work = (flops: number, bytes = 0) => ({ flops, bytes });
const even = Array.from({ length: 10 }, () => work(1e9));

describe("a run is cut into submissions of at most the longest time", () => {
  test("a short run is one", () => {
    expect(cutsOf(even, 399)).toEqual([0]);
  });

  test("a long one is cut evenly where its work is even", () => {
    expect(cutsOf(even, 1000, 250)).toEqual([0, 2, 4, 6, 8]);
  });

  test("a dispatch that is longer by itself stands alone", () => {
    const uneven = [work(1e9), work(8e9), work(1e9)];
    expect(cutsOf(uneven, 1000, 400)).toEqual([0, 1, 2]);
  });

  test("bytes count as work, too", () => {
    const moved = [work(0, 1e9), work(0, 1e9), work(1e6)];
    expect(cutsOf(moved, 1000, 500.1)).toEqual([0, 1]);
  });

  test("an empty program is one submission of nothing", () => {
    expect(cutsOf([], 0)).toEqual([0]);
  });
});

describe("before a run was measured", () => {
  test("a software adapter is taken to be a hundred times slower", () => {
    const software = { ...PLAIN_TARGET, software: "swiftshader" } as const;
    expect(guessedMs(even, software) / guessedMs(even, PLAIN_TARGET)).toBeCloseTo(100, 9);
  });
});

describe("what a run takes by itself", () => {
  const even = Array.from({ length: 8 }, () => ({ flops: 1e9, bytes: 0 }));

  test("is the sum of its pieces, where nothing came in between", () => {
    expect(ownMs(even, [0, 2, 4, 6], [10, 10, 10, 10])).toBeCloseTo(40, 9);
    expect(ownMs(even, [0, 6], [30, 10])).toBeCloseTo(40, 9);
  });

  test("without the frames that a page drew in between", () => {
    expect(ownMs(even, [0, 2, 4, 6], [10, 60, 60, 60])).toBeCloseTo(40, 9);
  });

  test("of no dispatches is nothing", () => {
    expect(ownMs([], [0], [1])).toBe(0);
  });
});
