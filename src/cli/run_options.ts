// The options of `train` that a checkpoint remembers, so that --resume needs none of them.
//
// What the trainer itself is told (HyperParameters) is in the checkpoint's own words already.
import type { Command } from "commander";
import type { JsonObject } from "../formats/json.ts";
import type { TrainOptions } from "./train_options.ts";

const REMEMBERED = {
  data: "string",
  batches: "string",
  classes: "string",
  steps: "number",
  saveEvery: "number",
  keep: "number",
  validate: "number",
  validateEvery: "number",
  samples: "number",
  sampleEvery: "number",
  onNan: "string",
} as const satisfies Partial<Record<keyof TrainOptions, "string" | "number">>;

/** Those that the command line itself said. */
export function saidOptions(options: TrainOptions, command: Command): Partial<TrainOptions> {
  const isSaid = (name: string) => command.getOptionValueSource(name) === "cli";
  return Object.fromEntries(Object.entries(options).filter(([name]) => isSaid(name)));
}

/** What a checkpoint is to remember. */
export function rememberedOptions(options: TrainOptions, steps: number): JsonObject {
  const values = { ...options, steps };
  const names = Object.keys(REMEMBERED) as (keyof typeof REMEMBERED)[];
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/** What a checkpoint remembers; values of another kind are left out. */
export function recalledOptions(run: JsonObject | undefined): Partial<TrainOptions> {
  const names = Object.entries(REMEMBERED);
  return Object.fromEntries(
    names.flatMap(([name, kind]) => {
      const value = run?.[name];
      return typeof value === kind ? [[name, value]] : [];
    }),
  );
}
