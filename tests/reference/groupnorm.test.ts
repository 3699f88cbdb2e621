import { describe, expect, test } from "vitest";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import { type Activation, CURVES } from "./activation.ts";
import {
  centralDifferences,
  DIFFERENCES,
  expectAgreement,
  expectGolden,
  expectWithinBound,
  inner,
  nudged,
  scattered,
} from "./agreement.ts";
import { type GroupNormInputs, groupNorm, groupNormBackward } from "./groupnorm.ts";
import { CURVATURE, groupNormBackwardBound, groupNormBound, SLOPE } from "./groupnorm_bounds.ts";
import type { NdArray } from "./ndarray.ts";

interface Options {
  groups: number;
  eps: number;
  silu: boolean;
}

const inputsOf = (golden: GoldenCase<Options>): GroupNormInputs => ({
  x: goldenTensor(golden, "x"),
  weight: goldenTensor(golden, "weight"),
  bias: goldenTensor(golden, "bias"),
  scale: golden.tensors.get("scale"),
  shift: golden.tensors.get("shift"),
});

const ACTIVATIONS = ["none", "silu", "mish", "gelu", "relu"] as const;

const inputs = {
  x: scattered([2, 6, 3, 1], 1),
  weight: scattered([6], 2),
  bias: scattered([6], 3),
  scale: scattered([2, 6], 4),
  shift: scattered([2, 6], 5),
};
const dy = scattered([2, 6, 3, 1], 6);

describe("y = f((γ · (x − μ) / √(σ² + eps) + β)(1 + scale) + shift)   [PyTorch]", () => {
  test.each(goldenCases<Options>("group_norm"))("$name: y, statistics, gradients", (golden) => {
    const { groups, eps, silu } = golden.options;
    const options = { groups, eps, activation: silu ? ("silu" as const) : ("none" as const) };
    const given = inputsOf(golden);
    const gradients = groupNormBackward(given, goldenTensor(golden, "dy"), options);
    expectGolden(golden, { ...groupNorm(given, options), ...gradients });
  });

  test.each(ACTIVATIONS)("every gradient with %s is a central difference", (activation) => {
    const options = { groups: 3, activation };
    const gradients: Partial<Record<string, NdArray>> = {
      ...groupNormBackward(inputs, dy, options),
    };
    for (const [role, x] of Object.entries(inputs)) {
      const expected = centralDifferences(x, (moved) =>
        inner(groupNorm({ ...inputs, [role]: moved }, options).y, dy),
      );
      expectAgreement(`d${role}`, gradients[`d${role}`], expected, DIFFERENCES);
    }
  });
});

describe("the bounds of groupnorm_bounds.ts", () => {
  test("SLOPE and CURVATURE bound every activation's derivatives", () => {
    for (const name of ACTIVATIONS.filter((candidate) => candidate !== "relu")) {
      const { derivative } = CURVES[name as Activation];
      for (let x = -8; x < 8; x += 1e-3) {
        expect(Math.abs(derivative(x))).toBeLessThan(SLOPE);
        const second = (derivative(x + 1e-4) - derivative(x - 1e-4)) / 2e-4;
        expect(Math.abs(second)).toBeLessThan(CURVATURE);
      }
    }
  });

  test.each(goldenCases<Options>("group_norm"))("$name: hold when inputs are nudged", (golden) => {
    const { groups, eps, silu } = golden.options;
    const options = { groups, eps, activation: silu ? ("silu" as const) : ("none" as const) };
    const given = inputsOf(golden);
    const upstream = goldenTensor(golden, "dy");
    const near = {
      x: nudged(given.x),
      weight: nudged(given.weight),
      bias: nudged(given.bias),
      scale: given.scale && nudged(given.scale),
      shift: given.shift && nudged(given.shift),
    };

    const bounds = groupNormBackwardBound(given, upstream, options);
    const exact = groupNormBackward(given, upstream, options);
    const ofNudged = groupNormBackward(near, nudged(upstream), options);
    for (const role of ["dx", "dweight", "dbias", "dscale", "dshift"] as const) {
      const [off, value, bound] = [ofNudged[role], exact[role], bounds[role]];
      if (off && value && bound) expectWithinBound(role, off, value, bound);
    }
    const y = groupNorm(given, options).y;
    expectWithinBound("y", groupNorm(near, options).y, y, groupNormBound(given, options));
  });
});
