// The options of `train`, and what they make of a preset.
import { Command, InvalidArgumentError, Option } from "commander";
import { BETA_SCHEDULES } from "../diffusion/betas.ts";
import { PREDICTIONS } from "../diffusion/scheduler_config.ts";
import type { UNetConfig } from "../formats/unet_config.ts";
import type { NetworkDtype } from "../nn/half_weights.ts";
import { classCount, type Dataset } from "../train/dataset.ts";
import {
  DECAYS,
  type Decay,
  type HyperParameters,
  OPTIMIZERS,
  type Optimizer,
} from "../train/hyper_parameters.ts";
import { NAN_POLICIES, type NanPolicy } from "../train/not_finite.ts";
import type { Preset } from "../train/presets.ts";
import {
  atLeastZero,
  dtypeOption,
  fraction,
  memoryLimitOption,
  numberOption,
  positiveInteger,
  positiveNumber,
  seedFlag,
  subgroupMatrixOption,
} from "./console.ts";
import {
  type ObjectiveOptions,
  objectiveOf,
  varianceOf,
  withObjective,
} from "./objective_options.ts";
import type { DataOptions } from "./training_data.ts";
import { tunedOption } from "./tuned.ts";

export interface TrainOptions extends ObjectiveOptions, DataOptions {
  batches?: string;
  config?: string;
  model?: string;
  out?: string;
  force?: boolean;
  steps?: number;
  resume?: string;
  saveEvery?: number;
  keep: number;
  validate?: number;
  validateEvery?: number;
  sampleEvery?: number;
  onNan: NanPolicy;
  batch?: number;
  accumulate?: number;
  lr?: number;
  warmup?: number;
  lrDecay?: Decay;
  optimizer?: Optimizer;
  betas?: [number, number];
  weightDecay?: number;
  clip?: number;
  ema?: number;
  emaWarmup?: boolean;
  flip?: boolean;
  randomCrop?: number;
  seed: bigint;
  dtype?: NetworkDtype;
  activationLimit?: number;
  tuned?: string | true;
  /** bytes */
  memoryLimit?: number;
  subgroupMatrix?: boolean;
  samples: number;
  schedule?: string;
  prediction?: string;
  json?: boolean;
}

const wholeNumber = numberOption(
  "a whole number, 0 or more",
  (n) => Number.isSafeInteger(n) && n >= 0,
);

const isGreyOrColours = (n: number): n is 1 | 3 => n === 1 || n === 3;
const greyOrColours = numberOption("1 or 3", isGreyOrColours);

/** `train` with its options, without what it does. */
export const trainOptions = (): Command =>
  withObjective(new Command("train"))
    .description("Train a U-Net; leaves a run folder with models, samples and losses.")
    .option(
      "--data <name>",
      "fashion-mnist, a FOLDER of pictures (PNG, JPEG, WebP), or FILE.zip of them, FILE.idx[.gz], " +
        "FILE.bin (CIFAR), FILE.parquet (Hugging Face), FILE.safetensors (images)",
      "fashion-mnist",
    )
    .option("--image-size <n>", "crop and scale the images to n × n", positiveInteger)
    .option(
      "--channels <n>",
      "1 grey, 3 colours; default: the network's or the data's",
      greyOrColours,
    )
    .option(
      "--batches <file>",
      "safetensors instead of --data: x0, noise [S,B,C,H,W], timestep [S,B]",
    )
    .addOption(
      new Option(
        "--config <file>",
        "config.json of the U-Net; default: one that suits the adapter",
      ).conflicts(["model", "resume"]),
    )
    .addOption(new Option("--model <dir>", "start from this model folder").conflicts("resume"))
    .option("--out <dir>", "run folder; default: a new one in runs/")
    .option("--force", "write into a run folder that exists")
    .option("--steps <n>", "training steps", positiveInteger)
    .option("--resume <dir>", "go on: a run folder, or one of its checkpoints (then --out is new)")
    .option(
      "--save-every <n>",
      "save a checkpoint every n steps, not only the last",
      positiveInteger,
    )
    .option("--keep <k>", "checkpoints kept, beside the best", positiveInteger, 2)
    .option(
      "--validate <part>",
      "images held out of training: a number, or a fraction",
      positiveNumber,
    )
    .option(
      "--validate-every <n>",
      "validate every n steps, not only when it saves",
      positiveInteger,
    )
    .option("--sample-every <n>", "draw samples/step-….png every n steps", positiveInteger)
    .addOption(
      new Option(
        "--on-nan <how>",
        "after a gradient that is not finite: end, go on, or go back to the last checkpoint's weights",
      )
        .choices(NAN_POLICIES)
        .default("throw"),
    )
    .option("--batch <n>", "images at once", positiveInteger)
    .option("--accumulate <n>", "batches a step: their gradients are averaged", positiveInteger)
    .option("--lr <x>", "learning rate; alone, it is constant", positiveNumber)
    .option("--warmup <n>", "steps over which the learning rate rises", atLeastZero)
    .addOption(new Option("--lr-decay <how>", "after that").choices(DECAYS))
    .addOption(new Option("--optimizer <name>", "default adamw").choices(OPTIMIZERS))
    .option("--betas <b1,b2>", "Adam's, such as 0.9,0.999", betasOption)
    .option("--weight-decay <x>", "of adamw decoupled, of adam L2", atLeastZero)
    .option("--clip <x>", "largest global norm of the gradient; 0: none", atLeastZero)
    .option("--ema <x>", "decay of the average of the weights; alone, it is constant", fraction)
    .option("--ema-warmup", "let that decay rise as (1 + s) / (10 + s)")
    .option("--flip", "mirror half of the images, left to right, by chance")
    .option(
      "--random-crop <padding>",
      "shift images by up to so many pixels, by chance",
      wholeNumber,
    )
    .addOption(seedFlag("of weights, images, timesteps and noise"))
    .addOption(dtypeOption())
    .option(
      "--activation-limit <MiB>",
      "of activations; norms and blocks are recomputed to stay below it",
      positiveNumber,
    )
    .addOption(tunedOption())
    .addOption(subgroupMatrixOption())
    .addOption(memoryLimitOption())
    .option("--samples <n>", "images in samples.png; 0: none", wholeNumber, 32)
    .addOption(
      new Option("--schedule <name>", "of the noise; default: the model's")
        .choices(BETA_SCHEDULES)
        .conflicts("resume"),
    )
    .addOption(
      new Option("--prediction <name>", "of the network; default: the model's")
        .choices(PREDICTIONS)
        .conflicts("resume"),
    )
    .option("--json", "print one JSON object");

/**
 * The run's numbers: the preset's, where neither a learning rate nor given batches ask for a plain
 * run; an option that is given always counts.
 */
export function hyperParametersOf(
  options: TrainOptions,
  preset: Preset,
  steps: number,
): Partial<HyperParameters> {
  const isPlain = options.lr !== undefined || options.batches !== undefined;
  const base: Partial<HyperParameters> = isPlain
    ? { batch: preset.hyperParameters.batch ?? 1 }
    : { ...preset.hyperParameters, decaySteps: steps };
  return { ...base, ...saidHyperParameters(options, steps) };
}

/** The run's numbers that options give; those that are not given are left out. */
export function saidHyperParameters(
  options: Partial<TrainOptions>,
  steps: number,
): Partial<HyperParameters> {
  const { batch, lr, warmup, lrDecay, betas, weightDecay, clip, ema, emaWarmup, seed } = options;
  const { labelDropout, accumulate, optimizer, dtype } = options;
  return {
    ...(seed !== undefined && { seed }),
    ...(accumulate !== undefined && { accumulate }),
    ...(optimizer !== undefined && { optimizer }),
    ...(labelDropout !== undefined && { labelDropout }),
    ...(batch !== undefined && { batch }),
    ...(lr !== undefined && { learningRate: lr }),
    ...(warmup !== undefined && { warmup }),
    ...(lrDecay !== undefined && { decay: lrDecay, decaySteps: steps }),
    ...(betas !== undefined && { betas }),
    ...(weightDecay !== undefined && { weightDecay }),
    ...(clip !== undefined && { clip }),
    ...(ema !== undefined && { ema, emaWarmup: emaWarmup ?? false }),
    ...(emaWarmup && { emaWarmup }),
    ...(dtype !== undefined && { dtype }),
    ...(options.activationLimit && { activationLimit: options.activationLimit * 2 ** 20 }),
    ...(options.flip && { flip: true }),
    ...(options.randomCrop !== undefined && { randomCrop: options.randomCrop }),
    ...objectiveOf(options),
  };
}

/**
 * The preset's network with what data and options ask of it: channels, size, a learned variance,
 * classes, a null class.
 */
export function configFor(
  options: TrainOptions,
  base: UNetConfig,
  data: Dataset | undefined,
): UNetConfig {
  const isLearned = varianceOf(options)?.startsWith("learned") ?? false;
  const channels = data?.shape[0] ?? base.in_channels;
  const classes = data ? classCount(data) : 0;
  return {
    ...base,
    ...(options.imageSize !== undefined && { sample_size: options.imageSize }),
    in_channels: channels,
    out_channels: isLearned ? 2 * channels : channels,
    ...(classes > 0 && { num_class_embeds: classes + 1 }),
  };
}

/** What options say of the model's scheduler: schedule, prediction, variance; undefined where they say nothing. */
export function saidScheduler({
  schedule,
  prediction,
  variance,
}: {
  [Key in "schedule" | "prediction" | "variance"]?: string | undefined;
}): Record<string, unknown> | undefined {
  const keys = {
    ...(variance !== undefined && { variance_type: variance }),
    ...(schedule !== undefined && { beta_schedule: schedule, trained_betas: null }), // which would count first
    ...(prediction !== undefined && { prediction_type: prediction }),
  };
  return Object.keys(keys).length > 0 ? keys : undefined;
}

function betasOption(text: string): [number, number] {
  const [first, second, ...rest] = text.split(",").map(Number);
  const fits = (x: number | undefined): x is number => x !== undefined && x >= 0 && x < 1;
  if (fits(first) && fits(second) && rest.length === 0) return [first, second];
  throw new InvalidArgumentError("It must be two numbers from 0 to below 1, such as 0.9,0.999.");
}
