// `train`: trains a U-Net and leaves a run folder: models, samples, losses.
import type { Command } from "commander";
import { OptionError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import { parseJsonObject } from "../formats/json.ts";
import { gridImage } from "../formats/png.ts";
import { parseUNetConfig } from "../formats/unet_config.ts";
import { DiffusionModel } from "../nn/model.ts";
import { readBytes } from "../platform/files.ts";
import { sample } from "../samplers/sample.ts";
import { type Preset, presetFor } from "../train/presets.ts";
import { Trainer, type TrainingRecord } from "../train/trainer.ts";
import { commandGpu, INTERRUPTED, interruptSignal, printResult, progressOf } from "./console.ts";
import { loadModel } from "./inputs.ts";
import { RunFolder } from "./run_folder.ts";
import {
  hyperParametersOf,
  schedulerFor,
  type TrainOptions,
  trainOptions,
} from "./train_options.ts";
import { datasetOf, givenBatches } from "./training_data.ts";

const MEAN_OF = 50; // steps whose mean loss is told

export const trainCommand = (): Command => trainOptions().action(run);

async function run(options: TrainOptions): Promise<void> {
  const started = performance.now();
  const given = options.batches ? await givenBatches(options.batches) : undefined;
  const { gpu, description } = await commandGpu();
  process.stderr.write(`on ${description}\n`);
  const preset = presetFor(gpu.target);
  const model = await modelOf(gpu, options, preset);
  const source = given ?? (await datasetOf(options.data, model.config));
  const steps = stepsOf(options, given?.batches.length, preset);
  const folder = await RunFolder.create(options.out, options.force ?? false);
  const trainer = await Trainer.create(model, source, hyperParametersOf(options, preset, steps));
  const { report } = trainer;
  process.stderr.write(
    `${model.weights.count} parameters, ${report.dispatches} dispatches a step, ` +
      `${(report.peakBytes / 2 ** 20).toFixed(1)} MiB of activations\n`,
  );

  const signal = interruptSignal();
  const records = await trainAll(trainer, { steps, folder, signal, options });
  await folder.saveModels(trainer);
  await folder.saveLosses(records);
  if (signal.aborted) throw INTERRUPTED;
  const draws = !given && options.samples > 0;
  if (draws) await drawSamples(trainer, { folder, signal, preset, count: options.samples });

  const result = {
    out: folder.path,
    steps: records.length,
    firstLoss: meanLoss(records.slice(0, MEAN_OF)),
    lastLoss: meanLoss(records.slice(-MEAN_OF)),
    seconds: (performance.now() - started) / 1000,
    plan: report,
    adapter: description,
  };
  printResult(options.json, result, [
    `loss ${result.firstLoss.toFixed(4)} → ${result.lastLoss.toFixed(4)} ` +
      `(means of the first and last ${MEAN_OF} steps), ${result.seconds.toFixed(0)} s`,
    `${folder.path}: model, ema, loss.csv, loss.png${draws ? ", samples.png" : ""}`,
  ]);
}

/** The model to train: opened, or new with the preset's scheduler. */
async function modelOf(gpu: Gpu, options: TrainOptions, preset: Preset): Promise<DiffusionModel> {
  if (options.model) return loadModel(gpu, options.model);
  const { config: path, seed } = options;
  const config = path
    ? parseUNetConfig(parseJsonObject(await readBytes(path), path), path)
    : preset.config;
  const scheduler = schedulerFor(options, preset.scheduler);
  return DiffusionModel.create(gpu, config, { seed, scheduler });
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

/** A grid from the averaged weights, as samples.png. */
async function drawSamples(
  trainer: Trainer,
  drawing: { folder: RunFolder; signal: AbortSignal; preset: Preset; count: number },
): Promise<void> {
  const { folder, signal, preset, count } = drawing;
  const { model, ema, options } = trainer;
  const progress = progressOf("sampling", preset.samplerSteps);
  const asked = { count, steps: preset.samplerSteps, seed: options.seed, weights: ema };
  for await (const frame of sample(model, { ...asked, signal })) {
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
