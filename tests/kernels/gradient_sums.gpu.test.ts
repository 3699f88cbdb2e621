import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { initialState } from "../../src/kernels/diffusion.ts";
import { locateNotFinite } from "../../src/kernels/gradient_sums.ts";
import { ndarray } from "../reference/ndarray.ts";
import { evaluate, type Input } from "../support/gpu.ts";

const SOFTWARE: Target = { ...PLAIN_TARGET, software: "swiftshader" };
const ONE = 0x3f800000;

const words = (shape: number[], data: Iterable<number>): Input => ({
  ...ndarray(shape, [...data]),
  dtype: "u32",
});

async function foundIn(bits: readonly number[], target: Target) {
  const inputs = {
    state: words([8], initialState(1, { step: 5 })),
    clipFactor: ndarray([1], [0]),
    gradients: words([bits.length], bits),
    found: words([4], [1, 0, 2, 3]),
  };
  const { found } = await evaluate(
    inputs,
    (graph, tensors) => {
      locateNotFinite(graph, tensors);
      return { found: tensors.found };
    },
    target,
  );
  return [...found.data];
}

describe("the last number that is not finite is found by its bits", () => {
  const COUNT = 64 * 4 * 17; // more lanes than a software adapter's workgroups have

  test.each([
    ["+∞", 0x7f800000, true],
    ["−∞", 0xff800000, true],
    ["a quiet NaN", 0x7fc00000, true],
    ["a signalling NaN", 0x7f800001, true],
    ["the largest number", 0x7f7fffff, false],
    ["a subnormal", 0x00000001, false],
  ])("%s", async (_name, bits, isBad) => {
    for (const place of [0, 3, COUNT / 2 + 1, COUNT - 1]) {
      const gradients = Array.from({ length: COUNT }, (_, i) => (i === place ? bits : ONE));
      for (const target of [SOFTWARE, PLAIN_TARGET]) {
        expect(await foundIn(gradients, target)).toEqual([1, isBad ? place + 1 : 0, 0, 3]);
      }
    }
  });

  test("the last of many", async () => {
    const gradients = Array.from({ length: COUNT }, (_, i) => (i % 7 === 3 ? 0x7fc00000 : ONE));
    const last = 1 + 7 * Math.floor((COUNT - 4) / 7) + 3;
    expect(await foundIn(gradients, SOFTWARE)).toEqual([1, last, 0, 3]);
  });
});
