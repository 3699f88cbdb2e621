// What `sample` and `plan` ask of a plan: the same options, and the same files.
import { type Command, Option } from "commander";
import type { Precision } from "../diffusion/betas.ts";
import { parseJsonObject } from "../formats/json.ts";
import { readBytes } from "../platform/files.ts";
import { type PlanOptions, SAMPLERS, type SamplerName } from "../samplers/plan.ts";
import { respacedTimesteps } from "../samplers/spacing.ts";
import { numberOption, positiveInteger, positiveNumber } from "./console.ts";

export interface PlanFlags {
  sampler?: SamplerName;
  steps?: number;
  respacing?: string;
  eta?: number;
  useClippedModelOutput?: boolean;
  clip?: number;
  precision?: Precision;
  scheduler?: string;
}

const PRECISIONS: readonly Precision[] = ["float64", "diffusers-f32"];
const DEFAULT_STEPS = 50;
const TRAIN_STEPS = 1000; // diffusers' default of num_train_timesteps

/** Adds the options of a plan to a command. */
export const withPlanOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--sampler <name>", "default: the scheduler's own, else ddpm").choices(SAMPLERS),
    )
    .option("--steps <n>", `steps of the sampler; default ${DEFAULT_STEPS}`, positiveInteger)
    .addOption(
      new Option(
        "--respacing <sections>",
        'timesteps as OpenAI keeps them, instead of --steps: "ddim50", or counts "10,15,20"',
      ).conflicts("steps"),
    )
    .option(
      "--eta <x>",
      "DDIM: 0 deterministic … 1 as noisy as DDPM",
      numberOption("from 0 to 1", (n) => n >= 0 && n <= 1),
    )
    .option("--use-clipped-model-output", "DDIM: the noise anew from the clipped image, as OpenAI")
    .option(
      "--clip <x>",
      "clip the predicted image to [−x, x], whatever the scheduler says",
      positiveNumber,
    )
    .addOption(
      new Option("--precision <name>", "of the tables; default float64").choices(PRECISIONS),
    )
    .option("--scheduler <file>", "scheduler_config.json, instead of the model's own");

/** The scheduler's configuration that `--scheduler` names. */
export async function schedulerOf({
  scheduler,
}: PlanFlags): Promise<Record<string, unknown> | undefined> {
  if (scheduler === undefined) return undefined;
  return parseJsonObject(new TextDecoder().decode(await readBytes(scheduler)), scheduler);
}

/** The plan's options; `scheduler` says how many timesteps `--respacing` cuts up. */
export function planOptionsOf(
  flags: PlanFlags,
  scheduler: Record<string, unknown> | undefined,
): PlanOptions {
  const { respacing, eta, useClippedModelOutput, clip, precision } = flags;
  const trained = scheduler?.num_train_timesteps;
  const total = typeof trained === "number" ? trained : TRAIN_STEPS;
  const timesteps =
    respacing === undefined ? undefined : respacedTimesteps(total, respacing).reverse();
  const steps = timesteps?.length ?? flags.steps ?? DEFAULT_STEPS;
  return { steps, timesteps, eta, useClippedModelOutput, clip, precision };
}
