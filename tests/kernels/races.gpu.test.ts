import { describe, expect, test } from "vitest";
import { testGpu } from "../support/gpu.ts";
import { kernelsWithBarriers, mutationsOf, smallest } from "../support/mutations.ts";
import { racesOf } from "../support/races.ts";
import { RECORDS } from "./records/records.ts";

const kernels = kernelsWithBarriers(RECORDS);

describe("no kernel with workgroup memory has a race [wgsl_reflect, float32]", () => {
  test.each(kernels)("$name", (kernel) => {
    expect(racesOf(smallest(kernel))).toBe(0);
  });

  test("all of them are among the records", () => {
    const shaders = new Set(kernels.map(({ variant }) => variant.family.name));
    expect([...shaders].sort()).toEqual([
      "adamw",
      "attention",
      "conv2d_weight_sums",
      "diffusion",
      "groupnorm",
      "groupnorm_backward",
      "matmul",
    ]);
  });
});

describe("each barrier is needed: without it there is a race, or wrong values", () => {
  test.each(kernels)(
    "$name",
    async (kernel) => {
      const mutations = await mutationsOf(kernel, testGpu);
      expect(mutations.length).toBeGreaterThan(0);
      expect(mutations.filter(({ caughtBy }) => caughtBy === "nothing")).toEqual([]);
    },
    120_000,
  );
});
