import { describe, expect, test } from "vitest";
import { testGpu } from "../support/gpu.ts";
import { kernelsWithBarriers, mutationsOf, smallest } from "../support/mutations.ts";
import { racesOf } from "../support/races.ts";
import { RECORDS } from "./records/records.ts";

/**
 * Barriers between a turn's reads and the next one's writes, each the n-th of its kernel's text: the smallest
 * dispatch has no next turn, and one channel alone, which one row of lanes stages; and SwiftShader's lanes do not run
 * far enough apart to spoil values there.
 */
const LATER_TURNS: Record<string, number[]> = {
  "attention.forward": [1, 3],
  "attention.backward_query": [1, 3, 4],
  "attention.backward_key": [1, 4, 8],
  "conv2d_weight_tile.tile (STRIDE 1)": [2],
  "conv2d_weight_tile.tile (STRIDE 2)": [2],
  "conv2d_weight_pointwise_tile.tile": [2],
  "conv2d_weight_winograd.tile": [3],
  "conv2d_winograd.tile": [1],
  "matmul.backward_weight_tile (TILE 32)": [2],
};

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
      "bound",
      "ceilings",
      "conv2d_tile",
      "conv2d_weight_pointwise_tile",
      "conv2d_weight_sums",
      "conv2d_weight_tile",
      "conv2d_weight_winograd",
      "conv2d_winograd",
      "derivation",
      "diffusion_loss",
      "diffusion_timesteps",
      "groupnorm",
      "groupnorm_backward",
      "histogram",
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
      const uncaught = mutations.filter(({ caughtBy }) => caughtBy === "nothing");
      expect(uncaught.map(({ barrier }) => barrier)).toEqual(LATER_TURNS[kernel.name] ?? []);
    },
    120_000,
  );
});
