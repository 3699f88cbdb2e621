// DPM-Solver++(2M): the probability-flow ODE in λ = −ln σ, second order from two predictions of
// x_0.

import { OptionError } from "../core/errors.ts";
import { roundHalfEven } from "../core/rounding.ts";
import { processOf, type SchedulerConfig } from "../diffusion/scheduler_config.ts";
import { clipOf, givenTimesteps, type Plan, type PlanOptions, planRow, refuse } from "./plan.ts";
import {
  alphaBarOf,
  finalSigma,
  karrasLevels,
  type Level,
  levelsAt,
  signalAndNoise,
  trainingSigmas,
} from "./sigmas.ts";
import { requireStepCount, spacedTimesteps } from "./spacing.ts";

const FEW_STEPS = 15; // below, lower_order_final makes the last step first order

/**
 * DPM-Solver++(2M), from σ_s to σ_t, with σ_r one step before:
 *
 *   h = ln(σ_s / σ_t), h_0 = ln(σ_r / σ_s)
 *   x' = (√(1−ᾱ_t) / √(1−ᾱ_s)) x + B · x̂_0 + D · (h / h_0) · (x̂_0 − x̂_0 previous)
 *   B  = √ᾱ_t (1 − e^−h)
 *   midpoint  D = B / 2          heun  D = √ᾱ_t (1 − (1 − e^−h) / h)          first order  D = 0
 *
 * First order are the first step; the last if it ends at σ = 0, or is told so by euler_at_final, or
 * by lower_order_final with n < 15.
 *
 * x̂_0 is clipped only by `options.clip`; clip_sample is not read, as in diffusers. With the cosine
 * schedule and ε-prediction clip, or set lambda_min_clipped: at t = 999 √ᾱ is 5e-5, and an error of ε̂
 * makes one of x̂_0 that is 20 000 times as large.
 *
 * @param config  diffusers' DPMSolverMultistepScheduler with algorithm_type "dpmsolver++";
 *                solver_order 2 and midpoint unless told
 * @throws OptionError for options of that scheduler which are not supported, and as `processOf`,
 *         `spacedTimesteps` and `planRow` do
 * @see Lu et al. 2022 (arXiv:2211.01095) Algorithm 2; `scheduling_dpmsolver_multistep.py`
 */
export function dpmSolverPlan(config: SchedulerConfig, options: PlanOptions): Plan {
  requireSupported(config);
  const sigmas = trainingSigmas(processOf(config, options.precision));
  const levels = levelsOf(config, options, sigmas);
  const clip = clipOf(config, options, "never");
  const ends = [...levels.slice(1).map(({ sigma }) => sigma), finalSigma(config, sigmas)];

  const rows = levels.map(({ timestep, sigma }, i) => {
    const end = ends[i]!;
    const isSecond =
      i > 0 && (config.solver_order ?? 2) === 2 && !endsLower(config, levels, i, end);
    const before = isSecond ? levels[i - 1]!.sigma : undefined;
    return planRow(
      {
        prediction: config.prediction_type ?? "epsilon",
        ...signalAndNoise(sigma),
        clip,
      },
      {
        timestep,
        alphaBar: alphaBarOf(sigma),
        alphaBarNext: alphaBarOf(end),
        ...solverStep(sigma, end, { before, heun: config.solver_type === "heun" }),
      },
    );
  });
  return { sampler: "dpm-solver++", rows, initialScale: 1 };
}

/** One step from σ to `end`; second order if the σ before is given. */
function solverStep(
  sigma: number,
  end: number,
  second: { before: number | undefined; heun: boolean },
) {
  const [from, to] = [signalAndNoise(sigma), signalAndNoise(end)];
  const rest = 1 - end / sigma; //                                                1 − e^−h
  const a = to.noise / from.noise;
  const b = to.signal * rest;
  if (second.before === undefined || end === sigma) return { a, b };

  const [h, hBefore] = [Math.log(sigma / end), Math.log(second.before / sigma)];
  const bend = second.heun ? to.signal * (1 - rest / h) : b / 2;
  const slope = bend * (h / hBefore);
  return { a, b: b + slope, c: -slope };
}

/** Is the step, as the last one, to be of first order? */
function endsLower(config: SchedulerConfig, levels: readonly Level[], i: number, end: number) {
  if (i < levels.length - 1) return false;
  const few = (config.lower_order_final ?? true) && levels.length < FEW_STEPS;
  return end === 0 || few || (config.euler_at_final ?? false);
}

function levelsOf(config: SchedulerConfig, options: PlanOptions, sigmas: Float64Array): Level[] {
  const T = sigmas.length;
  if (options.timesteps) return levelsAt(givenTimesteps(options.timesteps, T), sigmas);
  if (config.use_karras_sigmas) {
    requireStepCount(options.steps, T);
    const levels = karrasLevels([sigmas[T - 1]!, sigmas[0]!], options.steps, sigmas);
    return levels.map(({ timestep, sigma }) => ({ timestep: roundHalfEven(timestep), sigma }));
  }
  const lambdaMin = config.lambda_min_clipped ?? Number.NEGATIVE_INFINITY;
  const timesteps = spacedTimesteps(config.timestep_spacing ?? "linspace", {
    trainSteps: T,
    steps: options.steps,
    stepsOffset: config.steps_offset ?? 0,
    solver: true,
    usedSteps: T - sigmas.filter((sigma) => -Math.log(sigma) < lambdaMin).length,
  });
  return levelsAt(timesteps, sigmas);
}

function requireSupported(config: SchedulerConfig): void {
  refuse(config, [
    "thresholding",
    "use_lu_lambdas",
    "use_exponential_sigmas",
    "use_beta_sigmas",
    "use_flow_sigmas",
  ]);
  const { algorithm_type: algorithm = "dpmsolver++", solver_order: order = 2 } = config;
  const { solver_type: type = "midpoint" } = config;
  const isKnown = algorithm === "dpmsolver++" && (order === 1 || order === 2);
  if (isKnown && (type === "midpoint" || type === "heun")) return;
  throw new OptionError(
    "option/scheduler",
    "dpm-solver++: algorithm_type must be dpmsolver++, solver_order 1 or 2, solver_type " +
      `midpoint or heun, got ${algorithm}, ${order} and ${type}.`,
    "The defaults are dpmsolver++, 2 and midpoint.",
  );
}
