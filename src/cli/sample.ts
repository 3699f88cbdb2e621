// `sample`: images from a model folder.
import { extname } from "node:path";
import { Command } from "commander";
import { FileError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import { throughLosses } from "../device/through_losses.ts";
import { encodePng, gridImage } from "../formats/png.ts";
import { writeBytes } from "../platform/files.ts";
import { newSteps, type SampledImages, type SampledStep } from "../samplers/recovery.ts";
import type { SampleOptions } from "../samplers/request.ts";
import {
  commandGpu,
  interruptSignal,
  type OpenGpu,
  type Progress,
  printResult,
  progressOf,
} from "./console.ts";
import { loadModel, writeTensors } from "./inputs.ts";
import { type SampleFlags, sampleRequest, withSampleOptions } from "./sample_options.ts";
import { tunedChoices } from "./tuned.ts";

interface Options extends SampleFlags {
  model: string;
  out: string;
  json?: boolean;
}

/** @param open  gives a device: at the start, and after each loss */
export const sampleCommand = (open: OpenGpu = commandGpu): Command =>
  withSampleOptions(
    new Command("sample")
      .description("Sample images from a model folder; edit images with it.")
      .requiredOption("--model <dir>", "model folder"),
  )
    .option(
      "--out <file>",
      "FILE.png, a grid; or FILE.safetensors: sample, raw (of ddim-inverse: noise)",
      "samples.png",
    )
    .option("--json", "print one JSON object")
    .action((options) => run(options, open));

async function run(options: Options, open: OpenGpu): Promise<void> {
  const { out } = options;
  requireKind(out);
  const { request, images, adapter } = await drawn(options, open);
  const { shape } = images;
  const name = request.sampler === "ddim-inverse" ? "noise" : "sample";
  await writeImages(out, name, images);
  const { firstImage } = request;
  printResult(options.json, { out, shape, firstImage, adapter }, [
    `${out}: ${shape[0]} images [${shape.slice(1).join(", ")}], on ${adapter}`,
  ]);
}

interface Drawn {
  request: SampleOptions;
  images: SampledImages;
}

/** Samples, on another device where one is lost. */
async function drawn(options: Options, open: OpenGpu): Promise<Drawn & { adapter: string }> {
  let adapter = "";
  const opened = async () => {
    if (adapter !== "") process.stderr.write("the device was lost: begins anew on another\n");
    const { gpu, description } = await open(options);
    adapter = description;
    gpu.choices = await tunedChoices(gpu, options.tuned);
    return gpu;
  };
  const run: Run = { told: 0, signal: undefined };
  const work = (gpu: Gpu) => drawing(gpu, options, run);
  const steps = throughLosses({ what: "sample", open: opened, work });
  let progress: Progress | undefined;
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) {
    const { step, of, timestep } = next.value;
    progress ??= progressOf("sampling", of);
    progress.update(step, `t = ${timestep}`);
  }
  progress?.end();
  return { ...next.value, adapter };
}

/** What one device after the other knows. */
interface Run {
  /** the last step that was told */
  told: number;
  signal: AbortSignal | undefined;
}

/** Samples from the start, on one device. */
async function* drawing(
  gpu: Gpu,
  options: Options,
  run: Run,
): AsyncGenerator<SampledStep, Drawn, void> {
  const model = await loadModel(gpu, options.model);
  const request = await sampleRequest(options, model);
  run.signal ??= interruptSignal(); // before it, Ctrl-C ends the process at once
  const images = yield* newSteps(model, { ...request, signal: run.signal }, run);
  return { request, images };
}

/** @param name  of the tensor */
async function writeImages(
  out: string,
  name: string,
  { shape, data }: SampledImages,
): Promise<void> {
  if (extname(out) === ".safetensors") {
    await writeTensors(out, new Map([[name, { shape, data }]]));
    return;
  }
  const scale = Math.max(1, Math.round(96 / shape[3]));
  await writeBytes(out, encodePng(gridImage(data, shape, { scale })));
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
