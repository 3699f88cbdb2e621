import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ancestralStep,
  DENOISED_AT,
  levelsOf,
  timeFeatures as peerFeatures,
} from "../../bench/peers/engines/job.ts";
import { parseSchedulerConfig, tablesOf } from "../../src/diffusion/scheduler_config.ts";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import { timeFeatures } from "../../src/nn/time_features.ts";
import { ddpmPlan } from "../../src/samplers/ddpm.ts";

const FLOAT64 = 1e-12; // absolute, numbers of size ≤ 4 after ≤ 1000 products
const FLOAT32 = 2 ** -24; // absolute, one rounding of numbers in [−1, 1]

describe("the numbers that the peers are given are ours", () => {
  test("√ᾱ_t and √(1 − ᾱ_t), at both ends and between", () => {
    const timesteps = [0, 1, 500, 999];
    const { signal, noise } = levelsOf(timesteps);
    const { alphaBars } = tablesOf(parseSchedulerConfig(undefined));
    for (const [i, t] of timesteps.entries()) {
      expect(Math.abs(signal[i]! - Math.sqrt(alphaBars[t]!))).toBeLessThanOrEqual(FLOAT32);
      expect(Math.abs(noise[i]! - Math.sqrt(1 - alphaBars[t]!))).toBeLessThanOrEqual(FLOAT32);
    }
  });

  test("features of the timesteps", () => {
    const file = new URL("../../bench/peers/job/config.json", import.meta.url);
    const config = parseUNetConfig(JSON.parse(readFileSync(file, "utf8")));
    const ours = timeFeatures(config, [0, 7, 999]);
    const theirs = peerFeatures([0, 7, 999], config.block_out_channels[0]!);
    expect(theirs).toHaveLength(ours.length);
    const errors = ours.map((value, i) => Math.abs(value - theirs[i]!));
    expect(Math.max(...errors)).toBeLessThanOrEqual(2 * FLOAT32);
  });

  test("the ancestral step at t = 500 [DDPM eq. 6–7]", () => {
    const { rows } = ddpmPlan(parseSchedulerConfig(undefined), { steps: 1000 });
    const row = rows.find(({ timestep }) => timestep === DENOISED_AT)!;
    const { signal, noise, fromX, fromX0, sigma } = ancestralStep();
    expect(row.clip).toBe(1);
    const pairs = [
      [1 / signal, row.x0FromX],
      [-noise / signal, row.x0FromOutput],
      [fromX, row.a],
      [fromX0, row.b],
      [sigma, row.sigma],
    ] as const;
    const errors = pairs.map(([theirs, ours]) => Math.abs(theirs - ours));
    expect(Math.max(...errors)).toBeLessThan(FLOAT64);
  });
});
