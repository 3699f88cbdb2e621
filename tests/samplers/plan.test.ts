// What a plan refuses, and the options that golden trajectories do not show.

import { describe, expect, test } from "vitest";
import type { SchedulerConfig } from "../../src/diffusion/scheduler_config.ts";
import type { PlanOptions, SamplerName } from "../../src/samplers/plan.ts";
import { samplerOfClass, samplingPlan } from "../../src/samplers/sampler.ts";
import { respacedTimesteps } from "../../src/samplers/spacing.ts";

const steps = 10;

describe("a plan refuses", () => {
  test.each<[string, SamplerName, object, Partial<PlanOptions>, RegExp]>([
    ["eta below 0", "ddim", {}, { eta: -0.1 }, /eta must be in 0 … 1, got -0.1/],
    ["eta above 1", "ddim", {}, { eta: 1.1 }, /eta must be in 0 … 1, got 1.1/],
    ["eta NaN", "ddim", {}, { eta: Number.NaN }, /got NaN/],
    ["0 steps", "dpm-solver++", {}, { steps: 0 }, /integer in 1 … 1000, got 0/],
    ["too many steps", "euler", {}, { steps: 1001 }, /got 1001/],
    [
      "Karras with too many",
      "dpm-solver++",
      { use_karras_sigmas: true },
      { steps: 1001 },
      /got 1001/,
    ],
    ["timesteps that rise", "ddpm", {}, { timesteps: [1, 2] }, /got 2 at place 1/],
    ["timesteps beyond T", "ddim", {}, { timesteps: [1000] }, /got 1000 at place 0/],
    ["no timesteps", "ddim", {}, { timesteps: [] }, /got none/],
    ["an unknown variance", "ddpm", { variance_type: "tiny" }, {}, /variance_type .* got tiny/],
    [
      "an unknown prediction",
      "ddim",
      { prediction_type: "noise" },
      {},
      /prediction_type .* got noise/,
    ],
    ["an unknown schedule", "ddim", { beta_schedule: "cubic" }, {}, /schedule .* got cubic/],
    ["an unknown spacing", "ddpm", { timestep_spacing: "even" }, {}, /spacing .* got even/],
    ["a clipping range of 0", "ddpm", { clip_sample_range: 0 }, {}, /clip_sample_range .* got 0/],
    ["thresholding", "ddpm", { thresholding: true }, {}, /thresholding is not supported/],
    ["lu lambdas", "dpm-solver++", { use_lu_lambdas: true }, {}, /use_lu_lambdas is not supported/],
    [
      "order 3",
      "dpm-solver++",
      { solver_order: 3 },
      {},
      /solver_order 1 or 2, .* got dpmsolver\+\+, 3/,
    ],
    ["an SDE solver", "dpm-solver++", { algorithm_type: "sde-dpmsolver++" }, {}, /got sde-dpm/],
    [
      "a final sigma",
      "dpm-solver++",
      { final_sigmas_type: "one" },
      {},
      /final_sigmas_type .* got one/,
    ],
    [
      "no room",
      "dpm-solver++",
      { timestep_spacing: "leading" },
      { steps: 1000 },
      /Take fewer steps/,
    ],
    ["linspace backwards", "ddim-inverse", { timestep_spacing: "linspace" }, {}, /got linspace/],
    ["beta sigmas", "heun", { use_beta_sigmas: true }, {}, /use_beta_sigmas is not supported/],
    [
      "sigma_max below sigma_min",
      "euler",
      { use_karras_sigmas: true, sigma_max: 1e-9 },
      {},
      /1e-9/,
    ],
  ])("%s", (_what, sampler, config, options, message) => {
    expect(() => samplingPlan(sampler, config as SchedulerConfig, { steps, ...options })).toThrow(
      message,
    );
  });

  test("unknown samplers, by either name", () => {
    const name = "toString" as SamplerName;
    expect(() => samplingPlan(name, {}, { steps })).toThrow(
      /sampler must be one of .* got toString/,
    );
    expect(() => samplerOfClass("PNDMScheduler")).toThrow(/got PNDMScheduler/);
  });

  test("ε-prediction where ᾱ is 0, and says how else", () => {
    const config: SchedulerConfig = { rescale_betas_zero_snr: true, timestep_spacing: "trailing" };
    expect(() => samplingPlan("ddim", config, { steps })).toThrow(
      /predicts "epsilon" cannot be asked at alphaBar = 0 \(timestep 999\).* predict v/,
    );
    expect(
      samplingPlan("ddim", { ...config, timestep_spacing: "leading" }, { steps }).rows,
    ).toHaveLength(steps);
  });

  test("x_0-prediction where ᾱ is 1, if ε̂ is needed", () => {
    const config: SchedulerConfig = { prediction_type: "sample" };
    expect(() => samplingPlan("ddim-inverse", config, { steps })).toThrow(
      /set_alpha_to_one to false/,
    );
  });
});

describe("options", () => {
  test("every number of every plan is finite, but a clip that is off", () => {
    for (const sampler of [
      "ddpm",
      "ddim",
      "ddim-inverse",
      "dpm-solver++",
      "euler",
      "heun",
    ] as const) {
      for (const count of [1, 2, 3, 50, 999]) {
        for (const { clip, rederiveEps, ...row } of samplingPlan(sampler, {}, { steps: count })
          .rows) {
          expect(Object.values(row).every(Number.isFinite)).toBe(true);
          expect(typeof rederiveEps).toBe("boolean");
          expect(clip).toBe(sampler === "ddpm" || sampler.startsWith("ddim") ? 1 : Infinity);
        }
      }
    }
  });

  test("the cosine's clipped λ leaves out the last 4 timesteps", () => {
    const config: SchedulerConfig = {
      beta_schedule: "squaredcos_cap_v2",
      lambda_min_clipped: -5.1,
    };
    const { rows } = samplingPlan("dpm-solver++", config, { steps });
    expect(rows[0]!.timestep).toBe(995);
  });

  test("a single step goes from the noise to x̂_0", () => {
    for (const sampler of ["ddim", "dpm-solver++", "euler", "heun"] as const) {
      const { rows } = samplingPlan(sampler, { timestep_spacing: "trailing" }, { steps: 1 });
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ timestep: 999, a: 0, b: 1, c: 0, d: 0, sigma: 0 });
    }
  });

  test("OpenAI's respacing: DDPM and DDIM on kept timesteps, each step to the next of them", () => {
    const timesteps = respacedTimesteps(1000, "10,15,20").reverse();
    for (const sampler of ["ddpm", "ddim"] as const) {
      const { rows } = samplingPlan(sampler, {}, { steps: timesteps.length, timesteps });
      expect(rows.map(({ timestep }) => timestep)).toEqual(timesteps);
      for (const [i, row] of rows.slice(1).entries()) {
        expect(row.alphaBar).toBe(rows[i]!.alphaBarNext);
      }
      expect(rows.at(-1)!.alphaBarNext).toBe(1);
    }
  });

  test("DPM-Solver++ can stand twice at one σ: Karras sigmas that end at sigma_min", () => {
    const config: SchedulerConfig = {
      use_karras_sigmas: true,
      final_sigmas_type: "sigma_min",
      solver_type: "heun",
    };
    for (const row of samplingPlan("dpm-solver++", config, { steps: 20 }).rows) {
      expect([row.a, row.b, row.c].every(Number.isFinite)).toBe(true);
    }
  });
});
