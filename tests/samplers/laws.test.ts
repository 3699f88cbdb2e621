// Laws that need no golden data: orders of convergence, and samplers that are each other's special
// case.

import { describe, expect, test } from "vitest";
import { makeTables } from "../../src/diffusion/schedule.ts";
import type { SchedulerConfig } from "../../src/diffusion/scheduler_config.ts";
import { ddimInversePlan, ddimPlan } from "../../src/samplers/ddim.ts";
import { ddpmPlan } from "../../src/samplers/ddpm.ts";
import { dpmSolverPlan } from "../../src/samplers/dpm_solver.ts";
import { eulerPlan, heunPlan } from "../../src/samplers/euler.ts";
import type { Plan, PlanRow } from "../../src/samplers/plan.ts";
import { reverseStep, runPlan } from "../reference/reverse_step.ts";

const s = 0.5; // data x_0 ~ N(0, s²)
const one = Float64Array.of(1);

/** ε̂ of the perfect network */
const epsHat = (x: Float64Array, bar: number) =>
  x.map((xi) => (Math.sqrt(1 - bar) * xi) / (bar * s ** 2 + 1 - bar));

/** x_0 / x_t along the probability-flow ODE: marginals keep their rank */
const exactFlow = (bar: number, barEnd = 1) =>
  Math.sqrt((barEnd * s ** 2 + 1 - barEnd) / (bar * s ** 2 + 1 - bar));

const end = (plan: Plan) =>
  [...runPlan(plan, one, (x, { alphaBar }) => ({ output: epsHat(x, alphaBar) }))].at(-1)!.x[0]!;

const errorOf = (plan: Plan) => {
  const [first, last] = [plan.rows[0]!, plan.rows.at(-1)!];
  return Math.abs(end(plan) - exactFlow(first.alphaBar, last.alphaBarNext));
};

describe("with the exact denoiser of x_0 ~ N(0, s²), the ODE's end point is known", () => {
  const order = (planOf: (steps: number) => Plan, steps: number) =>
    Math.log2(errorOf(planOf(steps)) / errorOf(planOf(2 * steps)));
  const trailing: SchedulerConfig = { timestep_spacing: "trailing", clip_sample: false };
  const sigmaMin: SchedulerConfig = { final_sigmas_type: "sigma_min", lower_order_final: false };
  const karras: SchedulerConfig = { ...sigmaMin, use_karras_sigmas: true };

  test("DDIM is first order: twice the steps, half the error", () => {
    const ddim = (steps: number) => ddimPlan(trailing, { steps });
    expect(order(ddim, 20)).toBeGreaterThan(0.9);
    expect(order(ddim, 40)).toBeGreaterThan(0.9);
  });

  test("DPM-Solver++ of order 1 is DDIM", () => {
    const config: SchedulerConfig = { timestep_spacing: "trailing", solver_order: 1 };
    expect(end(dpmSolverPlan(config, { steps: 20 }))).toBeCloseTo(
      end(ddimPlan(trailing, { steps: 20 })),
      12,
    );
  });

  test("Euler's method is first order", () => {
    expect(order((steps) => eulerPlan({ use_karras_sigmas: true }, { steps }), 20)).toBeGreaterThan(
      0.9,
    );
  });

  test.each(["midpoint", "heun"])("DPM-Solver++(2M) %s is second order", (solver_type) => {
    const solver = (steps: number) => dpmSolverPlan({ ...karras, solver_type }, { steps });
    expect(order(solver, 40)).toBeGreaterThan(1.8);
  });

  test("Heun's method is second order", () => {
    expect(order((steps) => heunPlan({ use_karras_sigmas: true }, { steps }), 40)).toBeGreaterThan(
      1.8,
    );
  });

  test("on the same 100 levels, second order is ten times better than first", () => {
    const options = { steps: 100 };
    const first = errorOf(dpmSolverPlan({ ...karras, solver_order: 1 }, options));
    expect(10 * errorOf(dpmSolverPlan(karras, options))).toBeLessThan(first);
    expect(10 * errorOf(heunPlan({ use_karras_sigmas: true }, options))).toBeLessThan(first);
  });

  test("DDIM inversion, then DDIM, comes back, the better the more steps", () => {
    const config: SchedulerConfig = { clip_sample: false, set_alpha_to_one: false };
    const error = (steps: number) => {
      const noise = end(ddimInversePlan(config, { steps }));
      return Math.abs(noise * end(ddimPlan(config, { steps })) - 1); // all steps are linear in x
    };
    expect(error(200)).toBeLessThan(0.03);
    expect(error(200)).toBeLessThan(0.6 * error(100));
  });
});

describe("orders of convergence, log2 of the errors at n and 2n steps", () => {
  const trailing: SchedulerConfig = { timestep_spacing: "trailing", clip_sample: false };
  const karras: SchedulerConfig = { use_karras_sigmas: true };
  const ended = { ...karras, final_sigmas_type: "sigma_min", lower_order_final: false };
  const solver = (solver_type: string) => (steps: number) =>
    dpmSolverPlan({ ...ended, solver_type }, { steps });
  const samplers: [name: string, order: number, (steps: number) => Plan][] = [
    ["ddim", 1, (steps) => ddimPlan(trailing, { steps })],
    ["euler", 1, (steps) => eulerPlan(karras, { steps })],
    ["heun", 2, (steps) => heunPlan(karras, { steps })],
    ["dpm-solver++ midpoint", 2, solver("midpoint")],
    ["dpm-solver++ heun", 2, solver("heun")],
  ];
  const table = samplers.map(([name, order, planOf]) => {
    const errors = [25, 50, 100, 200].map((steps) => errorOf(planOf(steps)));
    const slopes = errors.slice(1).map((error, i) => Math.log2(errors[i]! / error));
    return { name, order, slopes, shown: slopes.map((slope) => slope.toFixed(2)).join(", ") };
  });

  test.each(table)("$name, order $order: slopes $shown from 25, 50, 100", ({ order, slopes }) => {
    expect(slopes.at(-1)!).toBeGreaterThan(order - 0.15);
  });
});

describe("special cases", () => {
  const options = { steps: 20 };
  /** [weight of x, weight of x̂_0] once ε̂ = (x − √ᾱ x̂_0) / √(1 − ᾱ) */
  const weights = ({ a, b, d, epsOfX, epsOfX0 }: PlanRow) => [a + d * epsOfX, b + d * epsOfX0];

  test("DDIM at eta = 1 is DDPM with fixed_small on the same stride", () => {
    const ddpm = ddpmPlan({ variance_type: "fixed_small" }, options).rows;
    const ddim = ddimPlan({}, { ...options, eta: 1 }).rows;
    for (const [i, row] of ddim.entries()) {
      expect(row.timestep).toBe(ddpm[i]!.timestep);
      expect(row.sigma).toBeCloseTo(ddpm[i]!.sigma, 9); // DDPM floors β̃ at 1e-20
      expect(weights(row)[0]).toBeCloseTo(weights(ddpm[i]!)[0]!, 12);
      expect(weights(row)[1]).toBeCloseTo(weights(ddpm[i]!)[1]!, 12);
    }
  });

  test("Euler's steps are DDIM's between the same levels", () => {
    const { rows } = eulerPlan({ timestep_spacing: "trailing" }, options);
    const ddim = ddimPlan({ timestep_spacing: "trailing" }, options).rows;
    for (const [i, row] of rows.entries()) {
      expect(row.alphaBar).toBeCloseTo(ddim[i]!.alphaBar, 12);
      expect(weights(row)[0]).toBeCloseTo(weights(ddim[i]!)[0]!, 12);
      expect(weights(row)[1]).toBeCloseTo(weights(ddim[i]!)[1]!, 12);
    }
  });

  test("Euler to a last σ above 0 leaves X = x / √ᾱ, as diffusers does", () => {
    const trailing: SchedulerConfig = { timestep_spacing: "trailing", clip_sample: false };
    const euler = eulerPlan({ ...trailing, final_sigmas_type: "sigma_min" }, options);
    const x = end(ddimPlan({ ...trailing, set_alpha_to_one: false }, options)); // ends at ᾱ_0
    expect(euler.rows.at(-1)!.alphaBarNext).toBeCloseTo(makeTables().alphaBars[0]!, 12);
    expect(end(euler)).toBeCloseTo(x / Math.sqrt(makeTables().alphaBars[0]!), 12);
  });

  test("learned_range is fixed_small at v = −1 and fixed_large at v = 1", () => {
    const stepOf = (variance_type: string, v: number) => {
      const row = ddpmPlan({ variance_type }, options).rows[5]!;
      const varianceOutput = Float64Array.of(v);
      return reverseStep(row, { x: one, output: one, noise: one, varianceOutput }).x[0]!;
    };
    expect(stepOf("learned_range", -1)).toBeCloseTo(stepOf("fixed_small", 0), 12);
    expect(stepOf("learned_range", 1)).toBeCloseTo(stepOf("fixed_large", 0), 12);
  });

  test("learned takes the output as ln σ²", () => {
    const row = ddpmPlan({ variance_type: "learned" }, options).rows[0]!;
    const step = (v: number, z: number) =>
      reverseStep(row, {
        x: one,
        output: one,
        noise: Float64Array.of(z),
        varianceOutput: Float64Array.of(v),
      }).x[0]!;
    expect(step(-2, 1) - step(-2, 0)).toBeCloseTo(Math.exp(-1), 12);
  });

  test("the three predictions of one (x_0, ε) give the same x̂_0 and ε̂", () => {
    const [x0, noise] = [0.3, -1.2];
    for (const prediction_type of ["epsilon", "sample", "v_prediction"] as const) {
      const row = ddimPlan({ prediction_type }, options).rows[7]!;
      const [signal, spread] = [Math.sqrt(row.alphaBar), Math.sqrt(1 - row.alphaBar)];
      const x = signal * x0 + spread * noise;
      const v = signal * noise - spread * x0;
      const output = { epsilon: noise, sample: x0, v_prediction: v }[prediction_type];
      expect(row.x0FromX * x + row.x0FromOutput * output).toBeCloseTo(x0, 12);
      expect(row.epsFromX * x + row.epsFromOutput * output).toBeCloseTo(noise, 12);
      expect(row.epsOfX * x + row.epsOfX0 * x0).toBeCloseTo(noise, 12);
    }
  });

  test("all T steps of DDPM, told x_0, keep the mean and variance of q(x_t | x_0)", () => {
    const { alphaBars } = makeTables();
    const x0 = 0.7;
    let [mean, variance] = [Math.sqrt(alphaBars[999]!) * x0, 1 - alphaBars[999]!];
    for (const { timestep, a, b, sigma } of ddpmPlan({}, { steps: 1000 }).rows.slice(0, -1)) {
      mean = a * mean + b * x0;
      variance = a ** 2 * variance + sigma ** 2;
      expect(mean).toBeCloseTo(Math.sqrt(alphaBars[timestep - 1]!) * x0, 10);
      expect(variance).toBeCloseTo(1 - alphaBars[timestep - 1]!, 10);
    }
  });

  test("rows join: the level after a step is the level before the next", () => {
    const plans = [
      ddpmPlan({}, options),
      ddimPlan({}, options),
      ddimInversePlan({}, options),
      dpmSolverPlan({ use_karras_sigmas: true }, options),
      heunPlan({}, options),
    ];
    for (const { rows } of plans) {
      for (const [i, row] of rows.slice(1).entries()) {
        expect(row.alphaBar).toBeCloseTo(rows[i]!.alphaBarNext, 12);
      }
    }
  });
});
