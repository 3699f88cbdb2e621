import { describe, expect, test } from "vitest";
import { narrow, widen } from "./cast.ts";
import { ndarray } from "./ndarray.ts";

describe("the twin of cast.wgsl", () => {
  test("multiplies on the way to a map, and by nothing on the way back", () => {
    const x = ndarray([3], [1, -2, 0.1]);
    expect([...narrow(x, 8).data]).toEqual([8, -16, 0.8]);
    expect([...widen(x).data]).toEqual([1, -2, 0.1]);
  });
});
