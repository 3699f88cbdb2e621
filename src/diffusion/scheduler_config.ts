// scheduler_config.json: the forward process, what the network predicts, and how samplers step.
import { OptionError } from "../core/errors.ts";
import { type BetaSchedule, makeBetas, type Precision } from "./betas.ts";
import {
  type DiffusionTables,
  diffusionTables,
  type ForwardProcess,
  forwardProcess,
} from "./schedule.ts";

export const PREDICTIONS = ["epsilon", "sample", "v_prediction"] as const;
export type Prediction = (typeof PREDICTIONS)[number];

/** What σ² is; the `_log` names are diffusers' for the same. */
export const VARIANCES = [
  "fixed_small",
  "fixed_small_log",
  "fixed_large",
  "fixed_large_log",
  "learned",
  "learned_range",
] as const;
export type Variance = (typeof VARIANCES)[number];

/** A variance by its name, for `operation`. @throws OptionError for an unknown one */
export function varianceOf(operation: string, name: string): Variance {
  const variance = VARIANCES.find((known) => known === name);
  if (variance) return variance;
  throw new OptionError(
    "option/variance",
    `${operation}: variance_type must be one of ${VARIANCES.join(", ")}, got ${name}.`,
    "DDPM's are fixed_small and fixed_large.",
  );
}

export const TIMESTEP_SPACINGS = ["leading", "trailing", "linspace"] as const;
export type TimestepSpacing = (typeof TIMESTEP_SPACINGS)[number];

/** What is read of diffusers' scheduler_config.json; keys left out have its defaults. */
export interface SchedulerConfig {
  num_train_timesteps?: number | undefined;
  beta_schedule?: BetaSchedule | undefined;
  beta_start?: number | undefined;
  beta_end?: number | undefined;
  trained_betas?: readonly number[] | null | undefined;
  rescale_betas_zero_snr?: boolean | undefined;
  prediction_type?: Prediction | undefined;
  variance_type?: string | null | undefined;
  clip_sample?: boolean | undefined;
  clip_sample_range?: number | undefined;
  thresholding?: boolean | undefined;
  timestep_spacing?: TimestepSpacing | undefined;
  steps_offset?: number | undefined;
  set_alpha_to_one?: boolean | undefined;
  algorithm_type?: string | undefined;
  solver_order?: number | undefined;
  solver_type?: string | undefined;
  lower_order_final?: boolean | undefined;
  euler_at_final?: boolean | undefined;
  final_sigmas_type?: string | undefined;
  use_karras_sigmas?: boolean | null | undefined;
  use_exponential_sigmas?: boolean | null | undefined;
  use_beta_sigmas?: boolean | null | undefined;
  use_lu_lambdas?: boolean | null | undefined;
  use_flow_sigmas?: boolean | null | undefined;
  lambda_min_clipped?: number | null | undefined;
  sigma_min?: number | null | undefined;
  sigma_max?: number | null | undefined;
}

/** DDPM's: T = 1000, linear β from 1e-4 to 0.02, the network predicts ε. */
export const DEFAULT_SCHEDULER: SchedulerConfig = {
  num_train_timesteps: 1000,
  beta_schedule: "linear",
  beta_start: 1e-4,
  beta_end: 0.02,
  prediction_type: "epsilon",
  variance_type: "fixed_small",
  clip_sample: true,
};

const betasOf = (config: SchedulerConfig, precision: Precision | undefined): Float64Array =>
  makeBetas({
    steps: config.num_train_timesteps,
    schedule: config.beta_schedule,
    betaStart: config.beta_start,
    betaEnd: config.beta_end,
    trainedBetas: config.trained_betas ?? undefined,
    rescaleZeroTerminalSnr: config.rescale_betas_zero_snr,
    precision,
  });

/** The forward process of a scheduler's configuration. @throws OptionError as `makeBetas` does */
export const processOf = (
  config: SchedulerConfig,
  precision: Precision = "float64",
): ForwardProcess => forwardProcess(betasOf(config, precision), precision);

/** All of its tables. @throws OptionError as `makeBetas` does */
export const tablesOf = (config: SchedulerConfig, precision?: Precision): DiffusionTables =>
  diffusionTables(betasOf(config, precision), precision);

type Kind = "number" | "string" | "boolean" | "numbers";

const KINDS: Record<keyof SchedulerConfig, Kind> = {
  num_train_timesteps: "number",
  beta_schedule: "string",
  beta_start: "number",
  beta_end: "number",
  trained_betas: "numbers",
  rescale_betas_zero_snr: "boolean",
  prediction_type: "string",
  variance_type: "string",
  clip_sample: "boolean",
  clip_sample_range: "number",
  thresholding: "boolean",
  timestep_spacing: "string",
  steps_offset: "number",
  set_alpha_to_one: "boolean",
  algorithm_type: "string",
  solver_order: "number",
  solver_type: "string",
  lower_order_final: "boolean",
  euler_at_final: "boolean",
  final_sigmas_type: "string",
  use_karras_sigmas: "boolean",
  use_exponential_sigmas: "boolean",
  use_beta_sigmas: "boolean",
  use_lu_lambdas: "boolean",
  use_flow_sigmas: "boolean",
  lambda_min_clipped: "number",
  sigma_min: "number",
  sigma_max: "number",
};

/**
 * The scheduler of a model folder; DDPM's where there is none.
 *
 * @param json  parsed scheduler_config.json; keys that no plan reads are passed over
 * @throws OptionError for a value of the wrong type
 */
export function parseSchedulerConfig(json: Record<string, unknown> | undefined): SchedulerConfig {
  if (!json) return DEFAULT_SCHEDULER;
  const config: Record<string, unknown> = {};
  for (const [key, kind] of Object.entries(KINDS)) {
    const value = Object.hasOwn(json, key) ? json[key] : undefined;
    if (value === undefined || value === null || value === Number.NEGATIVE_INFINITY) continue;
    requireKind(key, kind, value);
    config[key] = value;
  }
  return config as SchedulerConfig; // every value was checked above
}

function requireKind(key: string, kind: Kind, value: unknown): void {
  const isNumber = (x: unknown) => typeof x === "number" && Number.isFinite(x);
  const fits =
    kind === "numbers" ? Array.isArray(value) && value.every(isNumber) : typeof value === kind;
  if (fits) return;
  throw new OptionError(
    "option/scheduler",
    `scheduler_config.json: ${key} must be ${kind === "numbers" ? "a list of numbers" : `a ${kind}`}, got ${JSON.stringify(value)}.`,
    "Write it as diffusers does.",
  );
}
