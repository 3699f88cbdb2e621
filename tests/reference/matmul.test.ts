import { describe, test } from "vitest";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import {
  centralDifferences,
  DIFFERENCES,
  expectAgreement,
  expectGolden,
  inner,
  scattered,
} from "./agreement.ts";
import { linear, linearBackward, matmul, matmulBackward } from "./matmul.ts";
import { ndarray } from "./ndarray.ts";

describe("y = x Wᵀ + bias   [PyTorch]", () => {
  test.each(goldenCases("linear"))("$name: y and every gradient", (golden) => {
    const inputs = {
      x: goldenTensor(golden, "x"),
      weight: goldenTensor(golden, "weight"),
      bias: golden.tensors.get("bias"),
    };
    const gradients = linearBackward(inputs, goldenTensor(golden, "dy"));
    expectGolden(golden, { y: linear(inputs), ...gradients });
  });
});

describe("C = A B, A [2, 3, 4], B [2, 4, 5]", () => {
  test("is the product one does by hand", () => {
    const [a, b] = [ndarray([2, 2], [1, 2, 3, 4]), ndarray([2, 2], [5, 6, 7, 8])];
    expectAgreement("C", matmul(a, b), ndarray([2, 2], [19, 22, 43, 50]));
    const aTransposed = ndarray([2, 2], [26, 30, 38, 44]);
    expectAgreement("C", matmul(a, b, { transposeA: true }), aTransposed);
    const bTransposed = ndarray([2, 2], [17, 23, 39, 53]);
    expectAgreement("C", matmul(a, b, { transposeB: true }), bTransposed);
  });

  test.each([
    { transposeA: false, transposeB: false },
    { transposeA: true, transposeB: false },
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: true },
  ])("its gradients are central differences: %o", (options) => {
    const a = scattered(options.transposeA ? [2, 4, 3] : [2, 3, 4], 1);
    const b = scattered(options.transposeB ? [2, 5, 4] : [2, 4, 5], 2);
    const dc = scattered([2, 3, 5], 3);
    const { da, db } = matmulBackward(a, b, dc, options);
    const byA = centralDifferences(a, (moved) => inner(matmul(moved, b, options), dc));
    const byB = centralDifferences(b, (moved) => inner(matmul(a, moved, options), dc));
    expectAgreement("da", da, byA, DIFFERENCES);
    expectAgreement("db", db, byB, DIFFERENCES);
  });
});
