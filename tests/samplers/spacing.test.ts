// Timesteps of diffusers and OpenAI, number by number.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { roundHalfEven } from "../../src/core/rounding.ts";
import type { TimestepSpacing } from "../../src/diffusion/scheduler_config.ts";
import {
  respacedTimesteps,
  type SpacingOptions,
  spacedTimesteps,
} from "../../src/samplers/spacing.ts";

interface GoldenSpacing {
  scheduler: string;
  timestep_spacing: TimestepSpacing;
  steps_offset: number;
  num_inference_steps: number;
  lambda_min_clipped?: number;
  timesteps?: number[];
  first?: number[];
  last?: number[];
  sum?: number;
  distinct?: number;
  note?: string;
}
interface GoldenRespacing {
  num_train_timesteps: number;
  respacing: string;
  kept: number[];
}
const golden: { timesteps: GoldenSpacing[]; respacing: GoldenRespacing[] } = JSON.parse(
  readFileSync(new URL("../fixtures/schedules/spacing.json", import.meta.url), "utf8"),
);

const optionsOf = (row: GoldenSpacing): SpacingOptions => ({
  trainSteps: 1000,
  steps: row.num_inference_steps,
  stepsOffset: row.steps_offset,
  solver: row.scheduler.startsWith("DPM"),
  // with the cosine, λ < −5.1 at the last 4 timesteps: tested in plan.test.ts
  usedSteps: row.lambda_min_clipped === undefined ? 1000 : 996,
});

/** What diffusers cannot run: a timestep of T, or the same one again and again. */
const isBroken = ({ first = [0], num_inference_steps: n, distinct = n, note }: GoldenSpacing) =>
  first[0] === 1000 || (distinct < n && note !== undefined) || distinct === n - 1;

const title = "$scheduler $timestep_spacing, $num_inference_steps steps, offset $steps_offset";

describe("spacedTimesteps, as diffusers", () => {
  test.each(golden.timesteps.filter((row) => row.timesteps))(title, (row) => {
    expect(spacedTimesteps(row.timestep_spacing, optionsOf(row))).toEqual(row.timesteps);
  });

  const long = golden.timesteps.filter((row) => row.first && !isBroken(row));
  test.each(long)(title, (row) => {
    const timesteps = spacedTimesteps(row.timestep_spacing, optionsOf(row));
    const last = row.last!.filter((t) => t >= 0); // diffusers' one too many is left out
    expect(timesteps).toHaveLength(row.num_inference_steps);
    expect(timesteps.slice(0, 8)).toEqual(row.first);
    expect(timesteps.slice(-last.length)).toEqual(last);
    expect(timesteps.reduce((a, b) => a + b)).toBe(row.sum! + row.last!.length - last.length);
  });

  test.each(golden.timesteps.filter(isBroken))(`${title} is refused`, (row) => {
    expect(() => spacedTimesteps(row.timestep_spacing, optionsOf(row))).toThrow(
      /timesteps must fall and stay below 1000/,
    );
  });

  test("every number of steps gives that many, falling, in range", () => {
    for (const spacing of ["leading", "trailing", "linspace"] as const) {
      for (let steps = 1; steps <= 1000; steps++) {
        expect(spacedTimesteps(spacing, { trainSteps: 1000, steps })).toHaveLength(steps);
      }
    }
  });

  test.each([0, -1, 1.5, 1001, Number.NaN])("%s steps are refused", (steps) => {
    expect(() => spacedTimesteps("leading", { trainSteps: 1000, steps })).toThrow(
      /number of steps must be an integer in 1 … 1000, got/,
    );
  });

  test("an unknown spacing is refused by name", () => {
    const spacing = "even" as TimestepSpacing;
    expect(() => spacedTimesteps(spacing, { trainSteps: 10, steps: 2 })).toThrow(/got even\./);
  });
});

describe("respacedTimesteps, as OpenAI's space_timesteps", () => {
  test.each(golden.respacing)("$num_train_timesteps by $respacing", (row) => {
    expect(respacedTimesteps(row.num_train_timesteps, row.respacing)).toEqual(row.kept);
  });

  test("what cannot be kept is refused", () => {
    expect(() => respacedTimesteps(1000, "ddim7000")).toThrow(/no integer stride keeps 7000/);
    expect(() => respacedTimesteps(10, "6,6")).toThrow(/section of 5 timesteps .* got 6/);
    expect(() => respacedTimesteps(10, "some")).toThrow(/got NaN/);
  });
});

test.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [2.4999, 2],
  [-0.5, 0],
  [-1.5, -2],
])("roundHalfEven(%f) = %i", (x, expected) => expect(roundHalfEven(x) + 0).toBe(expected));
