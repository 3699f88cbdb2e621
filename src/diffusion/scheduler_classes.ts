// diffusers' scheduler classes: the keys of each one's scheduler_config.json, with their defaults.
//
// For writing: a file that says everything, and one class's file made of another's. What plans read
// of a file is in scheduler_config.ts; there each sampler knows its own defaults.
import { OptionError } from "../core/errors.ts";
import { DIFFUSERS_VERSION } from "../formats/unet_config.ts";

const FORWARD = {
  num_train_timesteps: 1000,
  beta_start: 0.0001,
  beta_end: 0.02,
  beta_schedule: "linear",
  trained_betas: null,
  prediction_type: "epsilon",
  timestep_spacing: "leading",
  steps_offset: 0,
};

const THRESHOLDING = {
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  sample_max_value: 1,
};

const CLIPPING = { clip_sample: true, clip_sample_range: 1 };

const SIGMAS = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
};

const CLASSES = {
  DDPMScheduler: {
    ...{ ...FORWARD, ...CLIPPING, ...THRESHOLDING },
    variance_type: "fixed_small",
    rescale_betas_zero_snr: false,
  },
  DDIMScheduler: {
    ...{ ...FORWARD, ...CLIPPING, ...THRESHOLDING },
    set_alpha_to_one: true,
    rescale_betas_zero_snr: false,
  },
  DPMSolverMultistepScheduler: {
    ...{ ...FORWARD, ...THRESHOLDING, ...SIGMAS },
    timestep_spacing: "linspace",
    solver_order: 2,
    algorithm_type: "dpmsolver++",
    solver_type: "midpoint",
    lower_order_final: true,
    euler_at_final: false,
    use_lu_lambdas: false,
    use_flow_sigmas: false,
    flow_shift: 1,
    final_sigmas_type: "zero",
    lambda_min_clipped: Number.NEGATIVE_INFINITY,
    variance_type: null,
    rescale_betas_zero_snr: false,
    use_dynamic_shifting: false,
    time_shift_type: "exponential",
  },
  EulerDiscreteScheduler: {
    ...{ ...FORWARD, ...SIGMAS },
    timestep_spacing: "linspace",
    interpolation_type: "linear",
    sigma_min: null,
    sigma_max: null,
    timestep_type: "discrete",
    rescale_betas_zero_snr: false,
    final_sigmas_type: "zero",
  },
  HeunDiscreteScheduler: {
    ...{ ...FORWARD, ...CLIPPING, ...SIGMAS },
    beta_start: 0.00085,
    beta_end: 0.012,
    clip_sample: false,
    timestep_spacing: "linspace",
  },
} satisfies Record<string, Record<string, unknown>>;

export type SchedulerClass = keyof typeof CLASSES;

export const SCHEDULER_CLASSES = Object.keys(CLASSES) as readonly SchedulerClass[];

/**
 * A whole scheduler_config.json.
 *
 * What `from` says is kept, keys of other classes too (so that the way back loses nothing); the rest
 * is the class's default: what Python's `Class.from_config(from)` gives.
 *
 * @param from       a scheduler's file, of any class; undefined: all defaults
 * @param className  default: that of `from`, else DDPMScheduler
 * @throws OptionError for a class that is not one of SCHEDULER_CLASSES
 * @see diffusers 0.42, `ConfigMixin.from_config`
 */
export function schedulerJson(
  from: Readonly<Record<string, unknown>> | undefined,
  className: unknown = from?._class_name ?? "DDPMScheduler",
): Record<string, unknown> {
  const known = SCHEDULER_CLASSES.find((name) => name === className);
  if (!known) {
    throw new OptionError(
      "option/scheduler",
      `scheduler: the class must be one of ${SCHEDULER_CLASSES.join(", ")}, got ${String(className)}.`,
      "Name one of them: it takes over the schedule.",
    );
  }
  return {
    ...CLASSES[known],
    ...from,
    _class_name: known,
    _diffusers_version: DIFFUSERS_VERSION,
  };
}
