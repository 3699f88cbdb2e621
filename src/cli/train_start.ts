// Where `train` starts: a new run, or one that goes on from a checkpoint.
import { OptionError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import { parseJsonObject } from "../formats/json.ts";
import { parseUNetConfig, type UNetConfig } from "../formats/unet_config.ts";
import { DiffusionModel } from "../nn/model.ts";
import { readBytes } from "../platform/files.ts";
import { type Checkpoint, readCheckpoint } from "../train/checkpoint.ts";
import { classCount, type Dataset } from "../train/dataset.ts";
import { heldOut } from "../train/held_out.ts";
import { type Preset, presetFor } from "../train/presets.ts";
import { Trainer, type TrainingData } from "../train/trainer.ts";
import { loadModel } from "./inputs.ts";
import { Metrics } from "./metrics.ts";
import { varianceOf } from "./objective_options.ts";
import { RunFolder } from "./run_folder.ts";
import { RunLog } from "./run_log.ts";
import { recalledOptions } from "./run_options.ts";
import {
  configFor,
  hyperParametersOf,
  saidHyperParameters,
  saidScheduler,
  type TrainOptions,
} from "./train_options.ts";
import { type ForNetwork, fitDataset, givenBatches, timedData } from "./training_data.ts";

const LABEL_DROPOUT = 0.1; // of training for classifier-free guidance

export interface Start {
  trainer: Trainer;
  /** what it trains on */
  source: TrainingData;
  folder: RunFolder;
  log: RunLog;
  metrics: Metrics;
  /** images for validation, out of the data */
  heldOut: Dataset | undefined;
  /** those of a run that goes on: what it was told, then what the command line says now */
  options: TrainOptions;
  /** of the whole run */
  steps: number;
  /** of the data; 0 where they are unknown */
  classes: number;
  /** images read and prepared, and the seconds that took; undefined for given batches */
  prepared: Prepared | undefined;
}

/** A run from its first step. */
export async function freshStart(gpu: Gpu, options: TrainOptions): Promise<Start> {
  const preset = presetFor(gpu.target);
  const opened =
    options.model === undefined
      ? undefined
      : await loadModel(gpu, options.model, saidScheduler(options));
  const config = opened?.config ?? (await givenConfig(options));
  const network = { config: config ?? preset.config, isGiven: config !== undefined };
  const data = await openSource(options, network);
  const dataset = "prepared" in data ? data.prepared.data : undefined;
  const model = opened ?? (await newModel(gpu, options, { preset, config, dataset }));
  const { source, validation } = sourceFor(data, model.config, options);
  const steps = stepsOf(options, source, preset.steps);
  const labelDropout = labelDropoutOf(options, model, dataset);
  const numbers = { ...hyperParametersOf(options, preset, steps), labelDropout };
  const folder = await RunFolder.create(options.out, options.force ?? false);
  const trainer = await Trainer.create(model, source, numbers);
  const logs = await logsOf(folder, [], 0);
  const run = { trainer, source, folder, ...logs, options, steps };
  return { ...run, heldOut: validation, ...figuresOf(data) };
}

/** The same run on another device, from the state that it had some steps ago. */
export async function movedStart(
  gpu: Gpu,
  start: Start,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Start> {
  const read = async (name: string) => files.get(name);
  const checkpoint = await readCheckpoint(read, "the state in memory");
  const model = await DiffusionModel.load(gpu, checkpoint.read, checkpoint.where);
  const trainer = await Trainer.resume(model, checkpoint, start.source);
  process.stderr.write(`goes on from step ${trainer.step} on another device\n`);
  return { ...start, trainer };
}

/**
 * A run that goes on.
 *
 * @param said  the options that the command line itself gives: they count before remembered ones
 */
export async function resumedStart(
  gpu: Gpu,
  given: TrainOptions & { resume: string },
  said: Partial<TrainOptions>,
): Promise<Start> {
  const tell = (message: string) => process.stderr.write(`${message}\n`);
  const resumed = await RunFolder.resume(given.resume, tell);
  const { checkpoint } = resumed;
  const { state } = checkpoint;
  const options = { ...given, ...recalledOptions(state.run), ...said };
  const model = await DiffusionModel.load(gpu, checkpoint.read, checkpoint.where);
  const data = await openSource(options, { config: model.config, isGiven: true });
  const seed = said.seed ?? BigInt(state.hyperParameters.seed);
  const { source, validation } = sourceFor(data, model.config, { ...options, seed });
  const steps = stepsOf(options, source, state.step);
  const changes = saidHyperParameters(said, steps);
  if (said.steps !== undefined && state.hyperParameters.decay !== "constant") {
    changes.decaySteps = steps;
  }
  const trainer = await Trainer.resume(model, checkpoint, source, changes);
  const folder = resumed.folder ?? (await RunFolder.create(options.out, options.force ?? false));
  tell(`resumes ${checkpoint.where} at step ${state.step}${changedPlace(checkpoint, trainer)}`);
  const logs = await logsOf(folder, resumed.logs, state.step);
  const run = { trainer, source, folder, ...logs, options, steps };
  return { ...run, heldOut: validation, ...figuresOf(data) };
}

/** What keeps a resumed run from giving the bits of one in one go. */
function changedPlace({ state }: Checkpoint, { kernels, model }: Trainer): string {
  const { description } = model.gpu.info;
  const adapter = state.adapter?.description;
  if (adapter !== undefined && adapter !== description) {
    return `; it was saved on ${String(adapter)}, so its numbers go on close, not equal`;
  }
  const isSame = !state.kernels || `${state.kernels}` === `${kernels}`;
  return isSame ? "" : "; other kernels are chosen here, so its numbers go on close, not equal";
}

type Prepared = Awaited<ReturnType<typeof timedData>>;

type Opened = { prepared: Prepared } | { given: TrainingData & { batches: readonly unknown[] } };

async function openSource(options: TrainOptions, network: ForNetwork): Promise<Opened> {
  if (options.batches) return { given: await givenBatches(options.batches) };
  return { prepared: await timedData(options, network) };
}

function figuresOf(data: Opened): Pick<Start, "classes" | "prepared"> {
  if (!("prepared" in data)) return { classes: 0, prepared: undefined };
  return { classes: classCount(data.prepared.data), prepared: data.prepared };
}

/** What is trained on, and what is held out of it. */
function sourceFor(
  data: Opened,
  config: UNetConfig,
  { validate, seed }: TrainOptions,
): { source: TrainingData; validation: Dataset | undefined } {
  if ("prepared" in data) {
    const fitted = fitDataset(data.prepared.data, config);
    if (validate === undefined) return { source: fitted, validation: undefined };
    const { training, validation } = heldOut(fitted.data, validate, seed);
    return { source: { data: training }, validation };
  }
  if (validate === undefined) return { source: data.given, validation: undefined };
  throw new OptionError(
    "option/validation",
    "train: --validate keeps images of --data out of training, got --batches.",
    "Leave one of them out.",
  );
}

/** The curves of a run, as far as folders hold them. */
async function logsOf({ path }: RunFolder, folders: readonly string[], step: number) {
  return {
    log: await RunLog.open(folders, step),
    metrics: await Metrics.open(path, folders, step),
  };
}

/** That of `--config`, if there is one. */
async function givenConfig({ config: path }: TrainOptions): Promise<UNetConfig | undefined> {
  if (path === undefined) return undefined;
  return parseUNetConfig(parseJsonObject(await readBytes(path), path), path);
}

interface NewModel {
  preset: Preset;
  config: UNetConfig | undefined;
  dataset: Dataset | undefined;
}

/** A new model with the preset's scheduler, and its network where none is given. */
function newModel(gpu: Gpu, options: TrainOptions, { preset, config, dataset }: NewModel) {
  const { seed } = options;
  const said = saidScheduler({ ...options, variance: varianceOf(options) });
  const scheduler = { ...preset.scheduler, ...said };
  const network = config ?? configFor(options, preset.config, dataset);
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

/** @param usual  where neither option nor batches say */
function stepsOf({ steps: asked }: TrainOptions, source: TrainingData, usual: number): number {
  const given = "batches" in source ? source.batches.length : undefined;
  const steps = asked ?? given ?? usual;
  if (given === undefined || steps <= given) return steps;
  throw new OptionError(
    "option/steps",
    `train: --steps ${steps} asks for more than the ${given} batches given.`,
    "Leave --steps out.",
  );
}
