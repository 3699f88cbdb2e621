import { describe, expect, test } from "vitest";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { activation, activationBackward } from "./activation.ts";
import {
  centralDifferences,
  DIFFERENCES,
  expectAgreement,
  expectGolden,
  inner,
} from "./agreement.ts";
import { erf, erfc } from "./erf.ts";
import { ndarray } from "./ndarray.ts";

describe.each(["silu", "mish", "gelu"] as const)("y = %s(x)   [PyTorch]", (name) => {
  test.each(goldenCases(name))("$name: y and dx", (golden) => {
    const x = goldenTensor(golden, "x");
    const dx = activationBackward(name, x, goldenTensor(golden, "dy"));
    expectGolden(golden, { y: activation(name, x), dx });
  });
});

describe("y = max(x, 0)", () => {
  const x = ndarray([6], [-100, -0.25, -1e-3, 1e-3, 0.25, 100]);
  const dy = ndarray([6], [1, -2, 3, -4, 5, -6]);

  test("keeps what is positive", () => {
    expect([...activation("relu", x).data]).toEqual([0, 0, 0, 1e-3, 0.25, 100]);
  });

  test("dx is a central difference off 0", () => {
    const expected = centralDifferences(x, (moved) => inner(activation("relu", moved), dy));
    expectAgreement("dx", activationBackward("relu", x, dy), expected, DIFFERENCES);
  });

  test("its derivative at 0 is 0, as in PyTorch", () => {
    const zero = ndarray([1]);
    expect([...activationBackward("relu", zero, ndarray([1], [1])).data]).toEqual([0]);
  });
});

describe("erf and erfc [Abramowitz & Stegun 7.1]", () => {
  const ERF = { rtol: 1e-13 /* the digits of the table, and some rounding */ };

  test.each([
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [1, 0.8427007929497149, 0.15729920705028513],
    [2, 0.9953222650189527, 0.004677734981047266],
    [3, 0.9999779095030014, 2.209049699858544e-5],
    [5, 0.9999999999984626, 1.5374597944280349e-12],
    [10, 1, 2.088487583762545e-45],
  ])("at %d", (x, below, above) => {
    expectAgreement("erf", ndarray([1], [erf(x)]), ndarray([1], [below]), ERF);
    expectAgreement("erfc", ndarray([1], [erfc(x)]), ndarray([1], [above]), ERF);
    expect(erf(-x)).toBe(-erf(x));
    expect(erfc(-x)).toBeCloseTo(1 + below, 14);
  });
});
