// `tune`: measures a network's kernels where this device offers several, and keeps the fastest.
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { type StepSource, stepModel } from "../bench/step_report.ts";
import { withoutHash } from "../graph/graph.ts";
import type { Tuned, Tuning } from "../graph/tuner.ts";
import { readBytes } from "../platform/files.ts";
import { presetFor } from "../train/presets.ts";
import { tuneModel } from "../train/tuning.ts";
import {
  commandGpu,
  INTERRUPTED,
  interruptSignal,
  positiveInteger,
  printResult,
  progressOf,
  subgroupMatrixOption,
} from "./console.ts";
import { openFolder } from "./inputs.ts";
import { tuningPlace } from "./tuned.ts";

interface Options {
  model?: string;
  config?: string;
  batch?: number;
  for: "train" | "sample";
  most: number;
  runs: number;
  save?: string;
  subgroupMatrix?: boolean;
  json?: boolean;
}

export const tuneCommand = (): Command =>
  new Command("tune")
    .description("Measure a network's kernels where there are several; keep the fastest.")
    .addOption(new Option("--model <dir>", "model folder").conflicts("config"))
    .option("--config <file>", "config.json of a U-Net instead; default: that of train")
    .option("--batch <n>", "images a step; default: that of train", positiveInteger)
    .addOption(
      new Option("--for <use>", "a training step, or an evaluation for samples")
        .choices(["train", "sample"])
        .default("train"),
    )
    .option("--most <n>", "candidates of a choice that are measured", positiveInteger, 4)
    .option("--runs <n>", "of which the least counts", positiveInteger, 5)
    .addOption(subgroupMatrixOption())
    .option("--save <file>", "where choices are kept; default: the user's cache, by adapter")
    .option("--json", "print one JSON object")
    .action(run);

async function run(options: Options): Promise<void> {
  const { most, runs, save } = options;
  const { gpu, description: adapter } = await commandGpu(options);
  process.stderr.write(`on ${adapter}\n`);
  const { batch = presetFor(gpu.target).hyperParameters.batch ?? 1, for: use } = options;
  const model = await stepModel(gpu, await sourceOf(options));
  const place = await tuningPlace(save);
  const signal = interruptSignal();
  let progress: ReturnType<typeof progressOf> | undefined;
  const tuning = await tuneModel(model, {
    ...{ batch, most, runs, signal, trains: use === "train", ...place },
    onProgress: (done, of, { key }) => {
      progress ??= progressOf("choices", of);
      progress.update(done, key);
    },
  });
  progress?.end();
  const file = resolve(place.storage.where, tuning.file);
  printResult(options.json, { adapter, batch, for: use, ...tuning, file }, linesOf(tuning, file));
  if (tuning.interrupted) throw INTERRUPTED;
}

async function sourceOf({ model, config }: Options): Promise<StepSource> {
  if (model !== undefined) return { folder: { name: model, read: await openFolder(model) } };
  if (config === undefined) return {};
  return { config: { name: config, text: new TextDecoder().decode(await readBytes(config)) } };
}

function linesOf({ tuned, ms, interrupted }: Tuning, file: string): string[] {
  const others = tuned.filter(({ candidates, chosen }) => candidates[0]!.name !== chosen).length;
  const end = interrupted ? ", interrupted" : "";
  return [
    ...tuned.flatMap(choiceLines),
    `${tuned.length} choices measured in ${(ms / 1000).toFixed(1)} s${end}: ` +
      `${others} others than the first; kept in ${file}`,
  ];
}

function choiceLines({ key, candidates, chosen }: Tuned): string[] {
  const lines = candidates.map(({ name, ms }) => {
    const time = ms === null ? "wrong" : `${ms.toFixed(3)} ms`;
    return `${name === chosen ? "→" : " "} ${time.padStart(12)}  ${withoutHash(name)}`;
  });
  return [key, ...lines];
}
