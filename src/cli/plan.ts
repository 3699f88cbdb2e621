// `plan`: prints a sampler's coefficient table.
import { Command } from "commander";
import { parseSchedulerConfig } from "../diffusion/scheduler_config.ts";
import type { PlanRow } from "../samplers/plan.ts";
import { samplerOf, samplingPlan } from "../samplers/sampler.ts";
import { printResult } from "./console.ts";
import { type PlanFlags, planOptionsOf, schedulerOf, withPlanOptions } from "./plan_options.ts";

interface Options extends PlanFlags {
  json?: boolean;
}

export const planCommand = (): Command =>
  withPlanOptions(
    new Command("plan").description(
      "Print a sampler's table of coefficients, of DDPM's schedule unless --scheduler says another.",
    ),
  )
    .option("--json", "print one JSON object")
    .action(run);

async function run(options: Options): Promise<void> {
  const scheduler = await schedulerOf(options);
  const config = parseSchedulerConfig(scheduler);
  const sampler = options.sampler ?? samplerOf(scheduler);
  const plan = samplingPlan(sampler, config, planOptionsOf(options, scheduler));
  printResult(options.json, plan, [COLUMNS.join("\t"), ...plan.rows.map(rowText)]);
}

const COLUMNS = ["timestep", "alphaBar", "a", "b", "c", "d", "sigma"] as const;

const rowText = (row: PlanRow): string =>
  COLUMNS.map((column) => Number(row[column].toPrecision(7))).join("\t");
