// `sample`: images from a model folder.
import { extname } from "node:path";
import { Command } from "commander";
import { FileError } from "../core/errors.ts";
import { encodePng, gridImage } from "../formats/png.ts";
import { writeBytes } from "../platform/files.ts";
import type { ImageShape } from "../samplers/request.ts";
import { sample } from "../samplers/sample.ts";
import { commandGpu, interruptSignal, printResult, progressOf } from "./console.ts";
import { loadModel, writeTensors } from "./inputs.ts";
import { type SampleFlags, sampleRequest, withSampleOptions } from "./sample_options.ts";
import { tunedChoices } from "./tuned.ts";

interface Options extends SampleFlags {
  model: string;
  out: string;
  json?: boolean;
}

export const sampleCommand = (): Command =>
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
    .action(run);

async function run(options: Options): Promise<void> {
  const { out } = options;
  requireKind(out);
  const { gpu, description } = await commandGpu();
  gpu.choices = await tunedChoices(gpu, options.tuned);
  const model = await loadModel(gpu, options.model);
  const request = await sampleRequest(options, model);
  const { images, shape } = await lastImages(
    sample(model, { ...request, signal: interruptSignal() }),
  );
  const name = request.sampler === "ddim-inverse" ? "noise" : "sample";
  await writeImages(out, { name, shape, images });
  const { firstImage } = request;
  printResult(options.json, { out, shape, firstImage, adapter: description }, [
    `${out}: ${shape[0]} images [${shape.slice(1).join(", ")}], on ${description}`,
  ]);
}

async function lastImages(frames: ReturnType<typeof sample>) {
  let progress: ReturnType<typeof progressOf> | undefined;
  let last: { images: Float32Array<ArrayBuffer>; shape: ImageShape } | undefined;
  for await (const { step, of, timestep, shape, images } of frames) {
    progress ??= progressOf("sampling", of);
    progress.update(step, `t = ${timestep}`);
    if (step === of) last = { images: await images(), shape };
  }
  progress?.end();
  if (!last) throw new Error("sample: the sampler made no step");
  return last;
}

interface Written {
  /** of the tensor */
  name: string;
  shape: ImageShape;
  images: Float32Array<ArrayBuffer>;
}

async function writeImages(out: string, { name, shape, images }: Written): Promise<void> {
  if (extname(out) === ".safetensors") {
    await writeTensors(out, new Map([[name, { shape, data: images }]]));
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
