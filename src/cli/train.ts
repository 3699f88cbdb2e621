// `train`: trains a U-Net and leaves a run folder: models, samples, losses.
import type { Command } from "commander";
import { OptionError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import { parseJsonObject } from "../formats/json.ts";
import { gridImage } from "../formats/png.ts";
import { parseUNetConfig, type UNetConfig } from "../formats/unet_config.ts";
import { DiffusionModel } from "../nn/model.ts";
import { readBytes } from "../platform/files.ts";
import { sample } from "../samplers/sample.ts";
import { classCount, type Dataset } from "../train/dataset.ts";
import { type Preset, presetFor } from "../train/presets.ts";
import { Trainer, type TrainingRecord } from "../train/trainer.ts";
import { commandGpu, INTERRUPTED, interruptSignal, printResult, progressOf } from "./console.ts";
import { loadModel } from "./inputs.ts";
import { RunFolder } from "./run_folder.ts";
import {
  configFor,
  hyperParametersOf,
  schedulerFor,
  type TrainOptions,
  trainOptions,
} from "./train_options.ts";
import { dataFigures, dataLine, fitDataset, givenBatches, timedData } from "./training_data.ts";

const MEAN_OF = 50; // steps whose mean loss is told
const LABEL_DROPOUT = 0.1; // of training for classifier-free guidance

export const trainCommand = (): Command => trainOptions().action(run);

async function run(options: TrainOptions): Promise<void> {
  const started = performance.now();
  const given = options.batches ? await givenBatches(options.batches) : undefined;
  const { gpu, description } = await commandGpu();
  process.stderr.write(`on ${description}\n`);
  const preset = presetFor(gpu.target);
  const opened = await openedModel(gpu, options);
  const config = opened?.config ?? (await givenConfig(options));
  const network = { config: config ?? preset.config, isGiven: config !== undefined };
  const prepared = given ? undefined : await timedData(options, network);
  const data = prepared?.data;
  const model = opened ?? (await newModel(gpu, options, { preset, config, data }));
  const source = given ?? fitDataset(data!, model.config);
  const steps = stepsOf(options, given?.batches.length, preset);
  const folder = await RunFolder.create(options.out, options.force ?? false);
  const trainer = await Trainer.create(model, source, {
    ...hyperParametersOf(options, preset, steps),
    labelDropout: labelDropoutOf(options, model, data),
  });
  const { report } = trainer;
  process.stderr.write(
    `${model.weights.count} parameters, ${report.dispatches} dispatches a step, ` +
      `${(report.peakBytes / 2 ** 20).toFixed(1)} MiB of activations\n`,
  );

  const signal = interruptSignal();
  const trainingStarted = performance.now();
  const records = await trainAll(trainer, { steps, folder, signal, options });
  const trainingSeconds = (performance.now() - trainingStarted) / 1000;
  await folder.saveModels(trainer);
  await folder.saveLosses(records);
  if (signal.aborted) throw INTERRUPTED;
  const draws = !given && options.samples > 0;
  const classes = data ? classCount(data) : 0;
  const count = options.samples;
  if (draws) await drawSamples(trainer, { folder, signal, preset, count, classes });

  const result = {
    out: folder.path,
    steps: records.length,
    firstLoss: meanLoss(records.slice(0, MEAN_OF)),
    lastLoss: meanLoss(records.slice(-MEAN_OF)),
    seconds: (performance.now() - started) / 1000,
    ...(prepared && { data: dataFigures(prepared, trainingSeconds) }),
    plan: report,
    adapter: description,
  };
  printResult(options.json, result, [
    `loss ${result.firstLoss.toFixed(4)} → ${result.lastLoss.toFixed(4)} ` +
      `(means of the first and last ${MEAN_OF} steps), ${result.seconds.toFixed(0)} s`,
    ...(result.data ? [dataLine(result.data)] : []),
    `${folder.path}: model, ema, loss.csv, loss.png${draws ? ", samples.png" : ""}`,
  ]);
}

/** That of `--model`, if there is one. */
const openedModel = async (gpu: Gpu, { model }: TrainOptions) =>
  model === undefined ? undefined : loadModel(gpu, model);

/** That of `--config`, if there is one. */
async function givenConfig({ config: path }: TrainOptions): Promise<UNetConfig | undefined> {
  if (path === undefined) return undefined;
  return parseUNetConfig(parseJsonObject(await readBytes(path), path), path);
}

interface NewModel {
  preset: Preset;
  config: UNetConfig | undefined;
  data: Dataset | undefined;
}

/** A new model with the preset's scheduler, and its network where none is given. */
function newModel(gpu: Gpu, options: TrainOptions, { preset, config, data }: NewModel) {
  const { seed } = options;
  const scheduler = schedulerFor(options, preset.scheduler);
  const network = config ?? configFor(options, preset.config, data);
  return DiffusionModel.create(gpu, network, { seed, scheduler });
}

/** 0.1 where the embedding has a row more than the labels have classes, unless told. */
function labelDropoutOf(
  { labelDropout }: TrainOptions,
  { config }: DiffusionModel,
  data: Dataset | undefined,
): number {
  if (labelDropout !== undefined) return labelDropout;
  const hasNullClass = data?.labels && (config.num_class_embeds ?? 0) > classCount(data);
  return hasNullClass ? LABEL_DROPOUT : 0;
}

function stepsOf(options: TrainOptions, given: number | undefined, preset: Preset): number {
  const steps = options.steps ?? given ?? preset.steps;
  if (given === undefined || steps <= given) return steps;
  throw new OptionError(
    "option/steps",
    `train: --steps ${steps} asks for more than the ${given} batches given.`,
    "Leave --steps out.",
  );
}

interface Loop {
  steps: number;
  folder: RunFolder;
  signal: AbortSignal;
  options: TrainOptions;
}

/** Trains to the end, or until it is interrupted. */
async function trainAll(trainer: Trainer, loop: Loop): Promise<TrainingRecord[]> {
  const { steps, folder, signal, options } = loop;
  const records: TrainingRecord[] = [];
  const progress = progressOf("training", steps);
  try {
    for await (const record of trainer.run({ steps, signal })) {
      records.push(record);
      progress.update(record.step, `loss ${meanLoss(records.slice(-MEAN_OF)).toFixed(4)}`);
      const { saveEvery } = options;
      if (saveEvery && record.step % saveEvery === 0) await folder.saveModels(trainer);
    }
  } catch (error) {
    if (error !== INTERRUPTED) throw error;
  } finally {
    progress.end();
  }
  return records;
}

interface Drawing {
  folder: RunFolder;
  signal: AbortSignal;
  preset: Preset;
  count: number;
  /** of the data: they take turns */
  classes: number;
}

/** A grid from the averaged weights, as samples.png. */
async function drawSamples(trainer: Trainer, drawing: Drawing): Promise<void> {
  const { folder, signal, preset, count, classes } = drawing;
  const isConditional = trainer.model.config.num_class_embeds !== null;
  const classLabels = Array.from({ length: count }, (_, n) => n % Math.max(1, classes));
  const { model, ema, options } = trainer;
  const progress = progressOf("sampling", preset.samplerSteps);
  const asked = { count, steps: preset.samplerSteps, seed: options.seed, weights: ema };
  const conditions = isConditional ? { classLabels } : {};
  for await (const frame of sample(model, { ...asked, ...conditions, signal })) {
    progress.update(frame.step, `t = ${frame.timestep}`);
    if (frame.step < frame.of) continue;
    const scale = Math.max(1, Math.round(96 / frame.shape[3]));
    const images = await frame.images();
    await folder.savePicture("samples.png", gridImage(images, frame.shape, { scale, columns: 8 }));
  }
  progress.end();
}

function meanLoss(records: readonly TrainingRecord[]): number {
  return records.reduce((sum, { loss }) => sum + loss, 0) / Math.max(1, records.length);
}
