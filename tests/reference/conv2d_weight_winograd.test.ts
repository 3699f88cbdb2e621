import { describe, expect, test } from "vitest";
import { expectAgreement, scattered } from "./agreement.ts";
import { conv2d, conv2dBackward } from "./conv2d.ts";
import { winogradWeight } from "./conv2d_weight_winograd.ts";
import { ABSOLUTES } from "./conv2d_winograd.ts";
import { absoluteAll, mapArray, ndarray } from "./ndarray.ts";

const inputs = { x: scattered([2, 3, 6, 7], 1), weight: scattered([4, 3, 3, 3], 2) };

describe.each([
  { padding: { top: 1, bottom: 1, left: 1, right: 1 } },
  { padding: { top: 2, bottom: 0, left: 0, right: 1 } },
])("Gᵀ [ Σ (A dY Aᵀ) ⊙ (Bᵀ d B) ] G, $padding", (options) => {
  const dy = scattered(conv2d(inputs, options).shape, 3);

  test("is the convolution's gradient by its weights", () => {
    const { dweight } = conv2dBackward(inputs, dy, options);
    expectAgreement("dweight", winogradWeight({ z: inputs.x, dy }, options), dweight);
  });

  test("has no smaller terms than the definition", () => {
    const { x, weight, ...sizes } = absoluteAll({ ...inputs, dy });
    const bound = winogradWeight({ z: x, dy: sizes.dy }, options, ABSOLUTES);
    const terms = conv2dBackward({ x, weight }, sizes.dy, options).dweight.data;
    expect(bound.data.every((value, i) => value >= terms[i]! * (1 - 1e-12))).toBe(true);
  });
});

test("of ones its terms are 9 times the definition's at a corner tap, 6 at an edge, 4 in the middle", () => {
  const ones = (shape: number[]) => mapArray(ndarray(shape), () => 1);
  const padding = { top: 0, bottom: 0, left: 0, right: 0 };
  const sizes = { z: ones([1, 1, 6, 8]), dy: ones([1, 1, 4, 6]) };
  const bound = winogradWeight(sizes, { padding }, ABSOLUTES);
  expect([...bound.data].map((terms) => terms / 24)).toEqual([9, 6, 9, 6, 4, 6, 9, 6, 9]);
});
