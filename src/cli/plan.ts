// `plan`: prints a sampler's coefficient table.
import { Command, Option } from "commander";
import { parseSchedulerConfig } from "../diffusion/scheduler_config.ts";
import { parseJsonObject } from "../formats/json.ts";
import { readBytes } from "../platform/files.ts";
import { type PlanRow, SAMPLERS, type SamplerName } from "../samplers/plan.ts";
import { samplerOf, samplingPlan } from "../samplers/sampler.ts";
import { numberOption, positiveInteger, printResult } from "./console.ts";

interface Options {
  sampler?: SamplerName;
  steps: number;
  eta?: number;
  scheduler?: string;
  json?: boolean;
}

export const planCommand = (): Command =>
  new Command("plan")
    .description("Print a sampler's table of coefficients.")
    .addOption(new Option("--sampler <name>", "default: the scheduler's own").choices(SAMPLERS))
    .option("--steps <n>", "steps", positiveInteger, 50)
    .option(
      "--eta <x>",
      "DDIM: 0 … 1",
      numberOption("from 0 to 1", (n) => n >= 0 && n <= 1),
    )
    .option("--scheduler <file>", "scheduler_config.json; default DDPM's")
    .option("--json", "print one JSON object")
    .action(run);

async function run({ sampler, steps, eta, scheduler: path, json }: Options): Promise<void> {
  const text = path ? new TextDecoder().decode(await readBytes(path)) : undefined;
  const scheduler = text === undefined ? undefined : parseJsonObject(text, path!);
  const config = parseSchedulerConfig(scheduler);
  const plan = samplingPlan(sampler ?? samplerOf(scheduler), config, { steps, eta });
  printResult(json, plan, [COLUMNS.join("\t"), ...plan.rows.map(rowText)]);
}

const COLUMNS = ["timestep", "alphaBar", "a", "b", "c", "d", "sigma"] as const;

const rowText = (row: PlanRow): string =>
  COLUMNS.map((column) => Number(row[column].toPrecision(7))).join("\t");
