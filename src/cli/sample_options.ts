// The options of `sample`, and the request that they make: files read, numbers checked.
import { extname } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { OptionError } from "../core/errors.ts";
import { decodePng } from "../formats/png_decode.ts";
import type { NetworkDtype } from "../nn/half_weights.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { readBytes } from "../platform/files.ts";
import type { SampleOptions } from "../samplers/request.ts";
import type { Images } from "../samplers/start.ts";
import { steering } from "../samplers/steering.ts";
import {
  atLeastZero,
  dtypeOption,
  memoryLimitOption,
  numberOption,
  positiveInteger,
  seedFlag,
  seedOption,
  subgroupMatrixOption,
} from "./console.ts";
import { TensorFile } from "./inputs.ts";
import { type PlanFlags, planOptionsOf, schedulerOf, withPlanOptions } from "./plan_options.ts";
import { tunedOption } from "./tuned.ts";

export interface SampleFlags extends PlanFlags {
  count?: number;
  shard?: Shard;
  seed: bigint;
  initialNoise?: string;
  interpolate?: [bigint, bigint];
  image?: string;
  strength?: number;
  inpaint?: string;
  mask?: string;
  resample?: number;
  jumpLength?: number;
  class?: number;
  guidance?: number;
  guidanceInterval?: [number, number];
  steer?: string;
  steerTarget?: string;
  steerStrength?: number;
  dtype?: NetworkDtype;
  tuned?: string | true;
  /** bytes */
  memoryLimit?: number;
  subgroupMatrix?: boolean;
}

/** Part i of n, counted from 1. */
interface Shard {
  i: number;
  n: number;
}

const DEFAULT_COUNT = 16;

/** Adds what `sample` can be asked for. */
export const withSampleOptions = (command: Command): Command =>
  withEditing(withPlanOptions(command))
    .option(
      "--class <n>",
      "class of all images",
      numberOption("a class, 0 or more", (n) => Number.isInteger(n) && n >= 0),
    )
    .option("--guidance <w>", "classifier-free guidance: 1 none, 2 to 8 usual", atLeastZero)
    .option("--guidance-interval <from,to>", "timesteps at which it holds", pairOption)
    .addOption(dtypeOption())
    .addOption(tunedOption())
    .addOption(subgroupMatrixOption())
    .addOption(memoryLimitOption())
    .option("--steer <file>", "WGSL: fn gradient(n,c,i,j: u32) -> f32, of a loss to go down")
    .option("--steer-target <file>", "PNG or safetensors: what the loss compares with")
    .option("--steer-strength <s>", "how far to go down it at a step; default 1", atLeastZero);

const withEditing = (command: Command): Command =>
  command
    .option(
      "--count <n>",
      `images; default ${DEFAULT_COUNT}, or as many as are given`,
      positiveInteger,
    )
    .addOption(seedFlag("image n is a function of (seed, n)"))
    .addOption(
      new Option("--shard <i/n>", "part i (1 … n) of the --count images, the same whatever n")
        .argParser(shardOption)
        .conflicts(["initialNoise", "interpolate", "image"]),
    )
    .addOption(
      new Option("--initial-noise <file>", "safetensors: noise [N,C,H,W]").conflicts([
        "interpolate",
        "image",
      ]),
    )
    .addOption(
      new Option("--interpolate <seed,seed>", "from the one's first image to the other's")
        .argParser(seedsOption)
        .conflicts("image"),
    )
    .addOption(
      new Option(
        "--image <file>",
        "PNG or safetensors (sample) to start from; with ddim-inverse, whose noise is wanted",
      ).conflicts("inpaint"),
    )
    .option(
      "--strength <s>",
      "part of the steps that --image goes through; default 0.8",
      numberOption("above 0 and at most 1", (n) => n > 0 && n <= 1),
    )
    .option("--inpaint <file>", "PNG or safetensors (sample): keep of it what --mask says")
    .option("--mask <file>", "PNG, white: keep; or safetensors (sample), 1: keep")
    .option("--resample <n>", "inpainting: walks of each stretch; default 4", positiveInteger)
    .option("--jump-length <n>", "inpainting: steps of a stretch; default 5", positiveInteger);

/** Reads the files that the options name. @throws OptionError, FileError, ShapeError */
export async function sampleRequest(
  flags: SampleFlags,
  model: DiffusionModel,
): Promise<SampleOptions> {
  const { sampler, seed, interpolate, strength, guidance, guidanceInterval, dtype } = flags;
  const scheduler = await schedulerOf(flags);
  const noise = flags.initialNoise
    ? (await TensorFile.open(flags.initialNoise)).floats("noise")
    : undefined;
  const image = await optionalImages(flags.image, model);
  const inpaint = await inpainting(flags, model);
  const { firstImage, count } = partOf(
    flags.shard,
    countOf(flags, noise ?? image ?? inpaint?.image),
  );
  return {
    ...planOptionsOf(flags, scheduler ?? model.scheduler),
    ...{ count, firstImage, sampler, scheduler, seed, initialNoise: noise, interpolate },
    ...{ image, strength, dtype },
    ...{ inpaint, guidance, guidanceInterval, steer: await steeringOf(flags, model) },
    classLabels: flags.class === undefined ? undefined : new Array<number>(count).fill(flags.class),
  };
}

async function inpainting(flags: SampleFlags, model: DiffusionModel) {
  const { inpaint, mask, resample, jumpLength } = flags;
  const isWhole = (inpaint === undefined) === (mask === undefined);
  if (isWhole && inpaint === undefined && (resample ?? jumpLength) === undefined) return undefined;
  if (inpaint === undefined || mask === undefined) {
    throw new OptionError(
      "option/combination",
      "sample: --inpaint and --mask go together, and --resample and --jump-length with them.",
      "Give both files.",
    );
  }
  const keep = await imagesOf(mask, model);
  const isPng = extname(mask) === ".png";
  const data = isPng ? keep.data.map((value) => (value + 1) / 2) : keep.data;
  const image = await imagesOf(inpaint, model);
  return { image, mask: { shape: keep.shape, data }, resample, jumpLength };
}

async function steeringOf(
  { steer, steerTarget, steerStrength }: SampleFlags,
  model: DiffusionModel,
) {
  if (steer === undefined && (steerTarget ?? steerStrength) === undefined) return undefined;
  if (steer === undefined) {
    throw new OptionError(
      "option/combination",
      "sample: --steer-target and --steer-strength need --steer.",
      "Give the loss's gradient, a WGSL file.",
    );
  }
  const wgsl = new TextDecoder().decode(await readBytes(steer));
  const target = await optionalImages(steerTarget, model);
  return steering({ wgsl, strength: steerStrength ?? 1, target });
}

/** Images of a .png, in the model's channels, or of the tensor `sample` of a safetensors file. */
async function imagesOf(path: string, { config }: DiffusionModel): Promise<Images> {
  if (extname(path) !== ".png") return (await TensorFile.open(path)).floats("sample");
  return decodePng(await readBytes(path), config.in_channels, path);
}

const optionalImages = async (path: string | undefined, model: DiffusionModel) =>
  path === undefined ? undefined : imagesOf(path, model);

function countOf({ count }: SampleFlags, given: Images | undefined): number {
  const images = given?.shape[0] ?? 1;
  if (images === 1 && count !== undefined) return count;
  if (given === undefined) return DEFAULT_COUNT;
  if (count === undefined || count === images) return images;
  throw new OptionError(
    "option/count",
    `sample: --count ${count} and ${images} images that are given differ.`,
    "Leave --count out.",
  );
}

/** The images of a part: those of all parts are each image of the set once. */
function partOf(shard: Shard | undefined, images: number): { firstImage: number; count: number } {
  if (!shard) return { firstImage: 0, count: images };
  const { i, n } = shard;
  const [from, to] = [i - 1, i].map((part) => Math.floor((part * images) / n)) as [number, number];
  if (to > from) return { firstImage: from, count: to - from };
  throw new OptionError(
    "option/count",
    `sample: --shard ${i}/${n} of ${images} images is empty.`,
    "Ask for as many images as there are parts, or for fewer parts.",
  );
}

function shardOption(text: string): Shard {
  const [i = 0, n = 0] = /^\d+\/\d+$/.test(text) ? text.split("/").map(Number) : [];
  if (i >= 1 && i <= n) return { i, n };
  throw new InvalidArgumentError("It must be a part of all parts, such as 1/4 … 4/4.");
}

function seedsOption(text: string): [bigint, bigint] {
  const [a, b, ...rest] = text.split(",");
  if (a === undefined || b === undefined || rest.length > 0) {
    throw new InvalidArgumentError("It must be two seeds, such as 3,7.");
  }
  return [seedOption(a), seedOption(b)];
}

function pairOption(text: string): [number, number] {
  const [from, to, ...rest] = text.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  if (from !== undefined && to !== undefined && rest.length === 0 && from <= to) return [from, to];
  throw new InvalidArgumentError("It must be two rising numbers, such as 200,800.");
}
