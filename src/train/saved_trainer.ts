// A trainer's state, from the GPU to a checkpoint's files and back.
//
// All reads are queued behind the same step before the first of them is waited for, so that steps
// submitted meanwhile do not show.
import { FileError } from "../core/errors.ts";
import type { Choices, Gpu } from "../device/gpu.ts";
import { keyOf } from "../device/shader.ts";
import type { JsonObject } from "../formats/json.ts";
import { readModelFolder } from "../formats/model_folder.ts";
import { toFloat32 } from "../formats/safetensors.ts";
import type { Program } from "../graph/program.ts";
import { bytesOf, homeOf, readTensor, type Tensor, writeTensor } from "../graph/tensor.ts";
import { initialState, STATE } from "../kernels/diffusion.ts";
import type { DiffusionModel, NamedValues } from "../nn/model.ts";
import { readWeights, saveModel } from "../nn/save_model.ts";
import { sourcesOf, type Weights } from "../nn/weights.ts";
import type { BatchSource } from "./batch_source.ts";
import { type Checkpoint, checkpointFiles, type MomentSet, momentsOf } from "./checkpoint.ts";
import type { HyperParameters } from "./hyper_parameters.ts";
import type { TimestepLosses } from "./timestep_losses.ts";

/** What the saver notes of itself. */
export interface SavedBy {
  /** versions, by package */
  package?: JsonObject | undefined;
  /** its options, in its own names: `state.run` when the checkpoint is read */
  run?: JsonObject | undefined;
}

interface Programs {
  program: Program;
  optimiser: Program | undefined;
}

interface Saved {
  ema: Weights;
  expAvg: Weights;
  expAvgSq: Weights;
  source: BatchSource;
  timestepLosses: TimestepLosses;
  tensors: { state: Tensor; lossScale: Tensor };
  options: HyperParameters;
}

const setsOf = ({ ema, expAvg, expAvgSq }: Saved): Record<MomentSet, Weights> => ({
  ema,
  exp_avg: expAvg,
  exp_avg_sq: expAvgSq,
});

/** The files of a checkpoint. @throws DeviceError */
export async function saveTrainer(
  model: DiffusionModel,
  parts: Saved & Programs & { step: number },
  by: SavedBy,
): Promise<Map<string, Uint8Array>> {
  const { gpu } = model;
  const { source, step, options } = parts;
  const sets = setsOf(parts);
  const reads = [
    saveModel(model),
    trainedValues(gpu, sets.ema),
    trainedValues(gpu, sets.exp_avg),
    trainedValues(gpu, sets.exp_avg_sq),
    parts.timestepLosses.save(gpu),
    stateWords(gpu, parts.tensors.state),
    readTensor(gpu, parts.tensors.lossScale),
  ] as const;
  await Promise.allSettled(reads); // where one fails, the others have freed what they read into
  const [files, ema, exp_avg, exp_avg_sq, history, words, scale] = await Promise.all(reads);
  const { vendor, architecture, device, description } = gpu.info;
  const state = {
    step,
    hyperParameters: options,
    dataOrder: source.placeOf(step * options.accumulate),
    skippedSteps: words[STATE.skipped] ?? 0,
    lossScale: options.dtype === "float16" ? lossScaleJson(scale) : undefined,
    data: await source.identity(),
    adapter: { vendor, architecture, device, description },
    kernels: kernelsOf(parts),
    choices: choicesOf(parts),
    package: by.package,
    run: by.run,
  };
  return checkpointFiles(state, { model: files, sets: { ema, exp_avg, exp_avg_sq }, history });
}

/** The variants of a step's kernels, sorted. */
export function kernelsOf({ program, optimiser }: Programs): string[] {
  const dispatches = [...program.dispatches, ...(optimiser?.dispatches ?? [])];
  return [...new Set(dispatches.map(({ variant }) => keyOf(variant)))].sort();
}

/** Where a step takes another candidate than the first; undefined where it nowhere does. */
function choicesOf({ program, optimiser }: Programs): Choices | undefined {
  const dispatches = [...program.dispatches, ...(optimiser?.dispatches ?? [])];
  const others = dispatches.flatMap(({ choice }) =>
    choice && choice.chosen !== choice.names[0] ? [[choice.key, choice.chosen] as const] : [],
  );
  return others.length > 0 ? Object.fromEntries(others) : undefined;
}

/** Writes a checkpoint's state over a trainer's. @throws FileError where it does not fit */
export async function restoreTrainer(
  model: DiffusionModel,
  parts: Saved,
  checkpoint: Checkpoint,
  { keepsPlace }: { keepsPlace: boolean },
): Promise<void> {
  const { gpu } = model;
  const { state } = checkpoint;
  const { source, options } = parts;
  await requireSameData(source, checkpoint);
  const sets = Object.entries(setsOf(parts)) as [MomentSet, Weights][];
  const values = sets.map(([set, { specs }]) => momentsOf(checkpoint, set, specs.values()));
  await loadWeights(model, checkpoint);
  for (const [i, [, weights]] of sets.entries()) {
    if (weights === model.weights) continue; // no average of their own
    await weights.load(gpu, sourcesOf([...values[i]!, ...constantsOf(weights)]));
  }
  parts.timestepLosses.load(gpu, checkpoint.tensors);
  const scale = options.dtype === "float16" ? lossScaleOf(state.lossScale) : undefined;
  if (scale) writeTensor(gpu, parts.tensors.lossScale, scale);
  if (keepsPlace) return;
  if (state.dataOrder) source.startAt(state.step * options.accumulate, state.dataOrder);
  const words = initialState(options.seed, { step: state.step });
  words[STATE.skipped] = state.skippedSteps;
  writeTensor(gpu, parts.tensors.state, words);
}

/** `loss_scale` of a checkpoint: S, and the steps of finite gradients since it last changed. */
const lossScaleJson = ([scale, finiteSteps]: Float32Array): JsonObject => ({
  scale,
  finite_steps: finiteSteps,
});

/** Undefined where a checkpoint has none: the loss scale then begins anew. */
function lossScaleOf(json: JsonObject | undefined): Float32Array<ArrayBuffer> | undefined {
  const { scale, finite_steps: finiteSteps } = json ?? {};
  if (typeof scale !== "number" || !(scale >= 1)) return undefined;
  return Float32Array.of(scale, typeof finiteSteps === "number" ? finiteSteps : 0);
}

async function loadWeights(
  { gpu, weights }: DiffusionModel,
  checkpoint: Checkpoint,
): Promise<void> {
  const { tensors } = await readModelFolder(checkpoint.read, checkpoint.where);
  const values = [...tensors].map(([name, stored]) => {
    return [name, { shape: stored.shape, data: toFloat32(stored, name) }] as const;
  });
  await weights.load(gpu, sourcesOf(values));
}

/** Those of the parameters, without the constants that stand beside them. */
async function trainedValues(gpu: Gpu, weights: Weights): Promise<NamedValues> {
  const values = await readWeights(gpu, weights);
  return new Map([...values].filter(([name]) => weights.specs.has(name)));
}

const constantsOf = ({ constants }: Weights) =>
  [...constants].map(([name, { shape, values }]) => [name, { shape, data: values }] as const);

async function stateWords(gpu: Gpu, state: Tensor): Promise<Uint32Array> {
  const { buffer, offset } = homeOf(state);
  return new Uint32Array(await gpu.read(buffer.buffer, offset, bytesOf(state)));
}

/** A run goes on with the data it began with: else its curve and its bits mean nothing. */
async function requireSameData(source: BatchSource, { where, state }: Checkpoint): Promise<void> {
  const { data, dataOrder } = state;
  const own = await source.identity();
  const isSame =
    data === undefined || (data.sha256 === own.sha256 && `${data.shape}` === `${own.shape}`);
  const images = source.placeOf(0)?.images ?? own.images;
  const hasPlace = dataOrder === undefined || dataOrder.images === images;
  if (isSame && hasPlace) return;
  const wanted = data?.name ?? "a data set";
  throw new FileError(
    "checkpoint/data",
    `${where}: was trained on ${wanted} of ${dataOrder?.images ?? data?.images} images, got ` +
      `${own.name} of ${own.images}${isSame ? "" : ", whose bytes differ"}.`,
    "Give the same --data; to train its weights on other images, use --model.",
  );
}
