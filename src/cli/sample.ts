// `sample`: images from a model folder.
import { extname } from "node:path";
import { Command, Option } from "commander";
import { FileError, OptionError } from "../core/errors.ts";
import { encodePng, gridImage } from "../formats/png.ts";
import { writeBytes } from "../platform/files.ts";
import { SAMPLERS, type SamplerName } from "../samplers/plan.ts";
import { type ImageShape, sample } from "../samplers/sample.ts";
import {
  commandGpu,
  interruptSignal,
  numberOption,
  positiveInteger,
  printResult,
  progressOf,
  seedOption,
} from "./console.ts";
import { loadModel, TensorFile, writeTensors } from "./inputs.ts";

interface Options {
  model: string;
  count?: number;
  steps: number;
  sampler?: SamplerName;
  eta?: number;
  seed: bigint;
  class?: number;
  initialNoise?: string;
  out: string;
  json?: boolean;
}

export const sampleCommand = (): Command =>
  new Command("sample")
    .description("Sample images from a model folder.")
    .requiredOption("--model <dir>", "model folder")
    .option("--count <n>", "images; default 16, or as many as the initial noise", positiveInteger)
    .option("--steps <n>", "steps of the sampler", positiveInteger, 50)
    .addOption(
      new Option("--sampler <name>", "default: the model's scheduler, else ddpm").choices(SAMPLERS),
    )
    .option(
      "--eta <x>",
      "DDIM: 0 … 1",
      numberOption("from 0 to 1", (n) => n >= 0 && n <= 1),
    )
    .option("--seed <n>", "image n is a function of (seed, n)", seedOption, 0n)
    .option(
      "--class <n>",
      "class of all images",
      numberOption("a class, 0 or more", (n) => Number.isInteger(n) && n >= 0),
    )
    .option("--initial-noise <file>", "safetensors: noise [N,C,H,W]")
    .option("--out <file>", "FILE.png, a grid; or FILE.safetensors: sample, raw", "samples.png")
    .option("--json", "print one JSON object")
    .action(run);

async function run(options: Options): Promise<void> {
  const { out, steps, seed } = options;
  requireKind(out);
  const noise = options.initialNoise
    ? (await TensorFile.open(options.initialNoise)).floats("noise")
    : undefined;
  const count = countOf(options, noise?.shape);
  const { gpu, description } = await commandGpu();
  const model = await loadModel(gpu, options.model);
  const classLabels =
    options.class === undefined ? undefined : new Array<number>(count).fill(options.class);

  const progress = progressOf("sampling", steps);
  let images: Float32Array<ArrayBuffer> | undefined;
  let shape: ImageShape = [0, 0, 0, 0];
  const { sampler, eta } = options;
  const signal = interruptSignal();
  const asked = { count, steps, sampler, eta, seed, initialNoise: noise, classLabels, signal };
  for await (const frame of sample(model, asked)) {
    progress.update(frame.step, `t = ${frame.timestep}`);
    shape = frame.shape;
    if (frame.step === frame.of) images = await frame.images();
  }
  progress.end();
  if (!images) throw new Error("sample: the sampler made no step");
  await writeImages(out, shape, images);
  printResult(options.json, { out, shape, adapter: description }, [
    `${out}: ${count} images [${shape.slice(1).join(", ")}], on ${description}`,
  ]);
}

async function writeImages(out: string, shape: ImageShape, images: Float32Array<ArrayBuffer>) {
  if (extname(out) === ".safetensors") {
    await writeTensors(out, new Map([["sample", { shape, data: images }]]));
    return;
  }
  const scale = Math.max(1, Math.round(96 / shape[3]));
  await writeBytes(out, encodePng(gridImage(images, shape, { scale })));
}

/** Refuses, before any work, a file of a kind that cannot be written. */
function requireKind(out: string): void {
  if ([".png", ".safetensors"].includes(extname(out))) return;
  throw new FileError(
    "file/kind",
    `sample: --out must end in .png or .safetensors, got ${out}.`,
    "A .png is a grid of images, a .safetensors holds the raw tensor.",
  );
}

function countOf({ count }: Options, noise: readonly number[] | undefined): number {
  const given = noise?.[0];
  if (given === undefined) return count ?? 16;
  if (count === undefined || count === given) return given;
  throw new OptionError(
    "option/count",
    `sample: --count ${count} and initial noise for ${given} images differ.`,
    "Leave --count out.",
  );
}
