// Plans against diffusers: coefficients row by row, and whole trajectories with an analytic
// denoiser.
import { describe, expect, test } from "vitest";
import type { Precision } from "../../src/diffusion/betas.ts";
import type { Plan, PlanRow } from "../../src/samplers/plan.ts";
import { samplerOfClass, samplingPlan } from "../../src/samplers/sampler.ts";
import { runPlan } from "../reference/reverse_step.ts";
import { analyticDenoiser, cases, type GoldenCase, rowsOf } from "./golden.ts";

const planOf = (golden: GoldenCase, precision: Precision = "float64"): Plan =>
  samplingPlan(samplerOfClass(golden.scheduler), golden.config, {
    steps: golden.steps,
    eta: golden.step.eta,
    useClippedModelOutput: golden.step.use_clipped_model_output,
    precision,
  });

/** Euler and Heun of diffusers step x / √ᾱ; DDPM, DDIM and DPM-Solver++ step x, as plans do. */
const scaleOf = ({ sampler }: Plan, alphaBar: number) =>
  sampler === "euler" || sampler === "heun" ? 1 / Math.sqrt(alphaBar) : 1;

/** x after every row, in diffusers' scale. */
function trajectory(golden: GoldenCase, plan: Plan): Float64Array[] {
  const noise = rowsOf(golden.noise);
  const variance = rowsOf(golden.variance);
  const start = scaleOf(plan, plan.rows[0]!.alphaBar);
  const steps = runPlan(
    plan,
    rowsOf(golden.initial)[0]!.map((x) => x / start),
    (x, _row, i) => ({
      ...analyticDenoiser(x, golden.alphaBars[i]!, golden.config.prediction_type ?? "epsilon"),
      ...(variance[i] ? { varianceOutput: variance[i] } : {}),
    }),
    (i) => noise[golden.noiseSteps.indexOf(i)],
  );
  return [...steps].map(({ x }, i) =>
    x.map((value) => value * scaleOf(plan, plan.rows[i]!.alphaBarNext)),
  );
}

/** largest |difference| over largest |value| */
function relativeError(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(values[i]! - expected[i]!));
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return error / size;
}

/** [a, b, c, d, σ] in diffusers' scale */
const coefficientsOf = (plan: Plan, row: PlanRow) => {
  const [before, after] = [scaleOf(plan, row.alphaBar), scaleOf(plan, row.alphaBarNext)];
  return [(row.a * after) / before, row.b * after, row.c * after, row.d * after, row.sigma * after];
};

describe("diffusers' schedulers, computed in float64", () => {
  test.each(cases)("$name: timesteps", (golden) => {
    const timesteps = planOf(golden).rows.map(({ timestep }) => timestep);
    expect(relativeError(timesteps, golden.timesteps)).toBeLessThan(1e-12);
    expect(timesteps).toHaveLength(golden.timesteps.length);
  });

  test.each(cases.filter(({ coefficients }) => coefficients))("$name: coefficients", (golden) => {
    const plan = planOf(golden);
    for (const [i, row] of plan.rows.entries()) {
      const expected = golden.coefficients![i]!;
      const values = coefficientsOf(plan, row).map((value, k) =>
        expected[k] === null ? 0 : value,
      );
      for (const [k, value] of values.entries()) {
        expect(Math.abs(value - (expected[k] ?? 0))).toBeLessThan(1e-11);
      }
    }
  });

  test.each(cases)("$name: the sample after every step", (golden) => {
    const samples = trajectory(golden, planOf(golden));
    const expected = rowsOf(golden.sample);
    expect(samples).toHaveLength(expected.length);
    for (const [i, sample] of samples.entries()) {
      expect(relativeError(sample, expected[i]!)).toBeLessThan(1e-7); // stored in float32
    }
  });

  test.each(cases.filter(({ sigmas }) => sigmas))("$name: noise levels", (golden) => {
    const plan = planOf(golden);
    const sigmaOf = (bar: number) => Math.sqrt((1 - bar) / bar);
    const asked = plan.rows.map(({ alphaBar }) => sigmaOf(alphaBar));
    expect(relativeError(asked, golden.sigmas!.slice(0, -1))).toBeLessThan(1e-11);
    if (plan.sampler === "dpm-solver++") expect(plan.initialScale).toBe(1);
    else {
      const start = plan.initialScale * scaleOf(plan, plan.rows[0]!.alphaBar);
      expect(start).toBeCloseTo(golden.initNoiseSigma!, 10);
    }
  });
});

describe("diffusers' schedulers as they are, with float32 tables", () => {
  // what is left are roundings inside a step; with float64 tables it would be up to 1e-5
  test.each(cases)("$name: the final sample", (golden) => {
    const samples = trajectory(golden, planOf(golden, "diffusers-f32"));
    const [expected] = rowsOf(golden.diffusersFinal);
    expect(relativeError(samples.at(-1)!, expected!)).toBeLessThan(2e-6);
  });
});
