// `export`: a model folder written anew, as a pipeline or a U-Net, in another precision or in shards.
//
// Needs no GPU: weights are copied from file to file.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { FileError } from "../core/errors.ts";
import { schedulerJson } from "../diffusion/scheduler_classes.ts";
import type { FloatDtype } from "../formats/half.ts";
import { parseJsonObject } from "../formats/json.ts";
import { modelFiles, pipelineFiles } from "../formats/model_files.ts";
import { readModelFolder } from "../formats/model_folder.ts";
import { exists, openFile, readBytes, writeFolder } from "../platform/files.ts";
import { printResult } from "./console.ts";
import { requireFolder } from "./inputs.ts";

interface Options {
  model: string;
  out: string;
  unet?: boolean;
  dtype?: keyof typeof DTYPES;
  maxShardSize?: number;
  scheduler?: string;
  force?: boolean;
  json?: boolean;
}

/** PyTorch's names. */
const DTYPES = { float32: "F32", float16: "F16", bfloat16: "BF16" } satisfies Record<
  string,
  FloatDtype
>;
const UNITS: Record<string, number> = { "": 1, KB: 1e3, MB: 1e6, GB: 1e9 };

export const exportCommand = (): Command =>
  new Command("export")
    .description(
      "Write a model folder as a pipeline that Python opens: DDPMPipeline.from_pretrained.",
    )
    .requiredOption("--model <dir>", "model folder: of a U-Net, or a pipeline")
    .requiredOption("--out <dir>", "folder to write")
    .option("--unet", "write the U-Net's folder alone, its scheduler in it")
    .addOption(
      new Option("--dtype <name>", "of the weights; default: as they are").choices(
        Object.keys(DTYPES),
      ),
    )
    .option("--max-shard-size <size>", "of a weight file, such as 500MB; default 2GB", sizeOption)
    .option(
      "--scheduler <class>",
      "DDIMScheduler, … : takes over the model's schedule; or a scheduler_config.json",
    )
    .option("--force", "replace a folder that exists")
    .option("--json", "print one JSON object")
    .action(run);

async function run(options: Options): Promise<void> {
  const { model: folder, out, unet = false, force = false } = options;
  if (!force && (await exists(out))) {
    throw new FileError(
      "file/exists",
      `${out}: exists already.`,
      "Name another folder with --out, or say --force to replace it.",
    );
  }
  await requireFolder(folder);
  const model = await readModelFolder((path) => openFile(join(folder, path)), folder);
  const scheduler = await schedulerOf(options.scheduler, model.scheduler);
  const dtype = options.dtype && DTYPES[options.dtype];
  const writing = { dtype, mostShardBytes: options.maxShardSize };
  const files = (unet ? modelFiles : pipelineFiles)({ ...model, scheduler }, writing);
  await mkdir(dirname(out), { recursive: true });
  await writeFolder(out, files);

  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const result = { out, scheduler: scheduler._class_name, files: [...files.keys()], bytes };
  printResult(options.json, result, [
    `${out}: ${[...files.keys()].join(", ")}; ${(bytes / 1e6).toFixed(1)} MB`,
  ]);
}

/** The model's own scheduler, as another class or from a file where one is asked for. */
async function schedulerOf(
  asked: string | undefined,
  own: Record<string, unknown> | undefined,
): Promise<Record<string, unknown>> {
  if (asked === undefined) return schedulerJson(own);
  if (!asked.endsWith(".json")) return schedulerJson(own, asked);
  return schedulerJson(parseJsonObject(await readBytes(asked), asked));
}

function sizeOption(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMG]B)?$/i.exec(text) ?? [];
  const size = Number(number) * (UNITS[unit.toUpperCase()] ?? 0);
  if (number !== "" && size >= 1 && size <= 2e9) return size;
  throw new InvalidArgumentError("It must be a size up to 2GB, such as 500MB.");
}
