// Samplers by name: from a scheduler's configuration to a plan.

import { OptionError } from "../core/errors.ts";
import type { SchedulerConfig } from "../diffusion/scheduler_config.ts";
import { ddimInversePlan, ddimPlan } from "./ddim.ts";
import { ddpmPlan } from "./ddpm.ts";
import { dpmSolverPlan } from "./dpm_solver.ts";
import { eulerPlan, heunPlan } from "./euler.ts";
import { type Plan, type PlanOptions, SAMPLERS, type SamplerName } from "./plan.ts";

const PLANS: Record<SamplerName, (config: SchedulerConfig, options: PlanOptions) => Plan> = {
  ddpm: ddpmPlan,
  ddim: ddimPlan,
  "ddim-inverse": ddimInversePlan,
  "dpm-solver++": dpmSolverPlan,
  euler: eulerPlan,
  heun: heunPlan,
};

/** diffusers' scheduler classes and the sampler each is. */
const CLASSES: Record<string, SamplerName> = {
  DDPMScheduler: "ddpm",
  DDIMScheduler: "ddim",
  DDIMInverseScheduler: "ddim-inverse",
  DPMSolverMultistepScheduler: "dpm-solver++",
  EulerDiscreteScheduler: "euler",
  HeunDiscreteScheduler: "heun",
};

/**
 * The plan of a sampler on a scheduler's configuration.
 *
 * @param sampler  one of `SAMPLERS`
 * @param config   keys of diffusers' scheduler_config.json; those left out have that scheduler's
 *                 default
 * @returns        rows in the order they are run
 * @throws OptionError for an unknown name, and as that sampler's plan does
 */
export function samplingPlan(
  sampler: SamplerName,
  config: SchedulerConfig,
  options: PlanOptions,
): Plan {
  if (Object.hasOwn(PLANS, sampler)) return PLANS[sampler](config, options);
  throw new OptionError(
    "option/sampler",
    `sampling: the sampler must be one of ${SAMPLERS.join(", ")}, got ${String(sampler)}.`,
    "Names are those of the command line.",
  );
}

/**
 * The sampler that a diffusers scheduler class is.
 *
 * @param className  `_class_name` of scheduler_config.json
 * @throws OptionError for classes that have no plan here
 */
export function samplerOfClass(className: string): SamplerName {
  if (Object.hasOwn(CLASSES, className)) return CLASSES[className]!;
  throw new OptionError(
    "option/sampler",
    `sampling: the scheduler must be one of ${Object.keys(CLASSES).join(", ")}, got ${className}.`,
    "Choose a sampler by name; it reads the schedule from the same configuration.",
  );
}

/** The sampler that a scheduler_config.json names; ddpm where it names none. */
export function samplerOf(json: Record<string, unknown> | undefined): SamplerName {
  const className = json?._class_name;
  return typeof className === "string" ? samplerOfClass(className) : "ddpm";
}
