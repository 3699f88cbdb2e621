import { describe, expect, test } from "vitest";
import { expectAgreement, scattered } from "./agreement.ts";
import { conv2d, conv2dBackward } from "./conv2d.ts";
import { ABSOLUTES, winograd, winogradBackward } from "./conv2d_winograd.ts";
import { absoluteAll } from "./ndarray.ts";

const inputs = { x: scattered([2, 3, 6, 7], 1), weight: scattered([4, 3, 3, 3], 2) };

describe.each([
  { padding: { top: 1, bottom: 1, left: 1, right: 1 } },
  { padding: { top: 2, bottom: 0, left: 0, right: 1 } },
])("Aᵀ [ Σ_c (G g Gᵀ) ⊙ (Bᵀ d B) ] A, $padding", (options) => {
  const y = conv2d(inputs, options);
  const dy = scattered(y.shape, 3);

  test("is the convolution, and its gradient by the images", () => {
    expectAgreement("y", winograd(inputs, options), y);
    const { dx } = conv2dBackward(inputs, dy, options);
    expectAgreement("dx", winogradBackward({ ...inputs, dy }, options), dx);
  });

  test("has no smaller terms than the definition", () => {
    const sizes = absoluteAll({ ...inputs, dy });
    const bound = winograd(sizes, options, ABSOLUTES);
    const terms = conv2d(sizes, options).data;
    expect(bound.data.every((value, i) => value >= terms[i]! * (1 - 1e-12))).toBe(true);
  });
});
