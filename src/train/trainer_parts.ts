// What a trainer has on the GPU: the recorded step, its buffers, and the sets of numbers that are
// trained, averaged and saved.
import { dropoutRule } from "../autograd/rules/dropout.ts";
import { Tape } from "../autograd/tape.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Misfit } from "../graph/fits.ts";
import { Graph } from "../graph/graph.ts";
import { planMemory } from "../graph/plan.ts";
import { Program, type Rewrite } from "../graph/program.ts";
import { withinActivationLimit } from "../graph/recompute.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { LOSS_SCALE_SHAPE } from "../kernels/adamw.ts";
import { initialState, STATE_SHAPE } from "../kernels/diffusion.ts";
import { type HalfWeights, halfWeights } from "../nn/half_weights.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";
import { type Weights, weightsLike } from "../nn/weights.ts";
import { Accumulation } from "./accumulation.ts";
import type { BatchSource } from "./batch_source.ts";
import { trainingCure } from "./fitting.ts";
import { gradientTargets } from "./gradients.ts";
import { averages, type HyperParameters } from "./hyper_parameters.ts";
import { OptimiserSchedule } from "./optimiser_schedule.ts";
import { recordOptimiser } from "./optimiser_step.ts";
import { sourceOf } from "./sources.ts";
import { StepRecords } from "./step_records.ts";
import { TimestepLosses } from "./timestep_losses.ts";
import type { TrainingData } from "./trainer.ts";

/** Readings that may be under way at once: the GPU never waits for the host. */
export const READINGS = 2;

export interface TrainerParts {
  /** the model's own weights where nothing is averaged */
  ema: Weights;
  expAvg: Weights;
  expAvgSq: Weights;
  source: BatchSource;
  timestepLosses: TimestepLosses;
  /** a step; where gradients accumulate, a batch of one */
  program: Program;
  /** the rest of a step whose gradients accumulate */
  optimiser: Program | undefined;
  schedule: OptimiserSchedule;
  records: StepRecords;
  tensors: { state: Tensor; lossScale: Tensor };
  buffers: readonly ResidentBuffer[];
}

/**
 * Records, plans and compiles a step, and sets what it starts from. Where that fails, all that was made
 * is freed.
 *
 * @throws OptionError, ShapeError, DeviceError as `Trainer.create` does
 */
export async function trainerParts(
  model: DiffusionModel,
  data: TrainingData,
  options: HyperParameters,
  signal?: AbortSignal | undefined,
): Promise<TrainerParts> {
  const { gpu } = model;
  const recorded = record(model, data, options);
  const { graph, last, source, records, ema, tensors, buffers, half } = recorded;
  const { activationLimit } = options;
  const programs: Program[] = [];
  const compile = async (one: Graph, label: string, limit = 0) => {
    const within: Rewrite = (dispatches, keep) => withinActivationLimit(dispatches, limit, keep);
    const program = await Program.compile(gpu, one, {
      ...{ label, rewrite: limit ? within : undefined, signal },
      cure: (misfit) => cureOf(misfit, graph, { model, data, options }),
    });
    programs.push(program);
    return program;
  };
  try {
    const program = await compile(graph, "train", activationLimit);
    const optimiser = last === graph ? undefined : await compile(last, "optimiser");
    await gpu.guarded("making what losses are read into", () => records.allocate(gpu, READINGS));
    if (ema !== model.weights) copyWeights(model, ema);
    source.writeTables();
    writeTensor(gpu, tensors.state, initialState(options.seed));
    writeTensor(gpu, tensors.lossScale, Float32Array.of(half ? options.lossScale : 1, 0));
    return { ...recorded, program, optimiser };
  } catch (error) {
    for (const program of programs) program.dispose();
    freeBuffers(gpu, { records, buffers });
    throw error;
  }
}

/** What would fit instead. */
function cureOf(
  misfit: Misfit,
  graph: Graph,
  { model, data, options }: { model: DiffusionModel; data: TrainingData; options: HyperParameters },
): string {
  const { peakBytes } = planMemory(graph.dispatches).report;
  const rerecord = (batch: number) => record(model, data, { ...options, batch }).graph;
  const isFree = "data" in data;
  const fitting = { gpu: model.gpu, graph, peakBytes, batch: options.batch };
  return trainingCure({ ...fitting, rerecord: isFree ? rerecord : undefined }, misfit);
}

/** Frees all of it; a second call does nothing. */
export function freeParts(gpu: Gpu, parts: TrainerParts): void {
  parts.program.dispose();
  parts.optimiser?.dispose();
  freeBuffers(gpu, parts);
}

function freeBuffers(gpu: Gpu, { records, buffers }: Pick<TrainerParts, "records" | "buffers">) {
  records.dispose(gpu);
  for (const buffer of buffers) buffer.destroy(gpu);
}

interface Recorded extends Omit<TrainerParts, "program" | "optimiser"> {
  graph: Graph;
  /** with the optimiser in it: the same, unless gradients accumulate */
  last: Graph;
  half: HalfWeights | undefined;
}

/** Nothing is allocated yet. */
function record(model: DiffusionModel, data: TrainingData, options: HyperParameters): Recorded {
  const { gpu, config, weights } = model;
  const [gradients, expAvg, expAvgSq] = ["gradients", "expAvg", "expAvgSq"].map((label) =>
    weightsLike(weights, label),
  ) as [Weights, Weights, Weights];
  const average = averages(options) ? weightsLike(weights, "ema") : undefined;
  const inputs = new ResidentBuffer("train.inputs");
  const progress = new ResidentBuffer("train.state");
  const records = new StepRecords();
  const state = progress.add(STATE_SHAPE, "state", "u32");
  const schedule = new OptimiserSchedule(inputs, options);
  const { history, found } = records;
  const { accumulate: batches, batch: images, clip } = options;
  const sums = batches > 1 ? new Accumulation(weights, { images, batches }) : undefined;
  const lossScale = progress.add(LOSS_SCALE_SHAPE, "lossScale");
  const half = halfWeights(gpu, weights, options.dtype);
  const source = sourceOf(model, inputs, { data, options, state });
  const timestepLosses = new TimestepLosses(source.steps, options.timesteps);

  const graph = new Graph(gpu.target);
  const tape = new Tape(graph, gradientTargets(weights, gradients, half));
  const dropout = { rule: dropoutRule, rate: config.dropout, state, layers: 0 };
  const noised = source.noised(graph, timestepLosses.draw(graph, state, options.batch));
  const network = { tape, weights, dropout, half: half && { weights: half, lossScale } };
  half?.refresh(graph);
  const prediction = unet(network, config, noised);
  const loss = source.loss(graph, prediction);
  const { dprediction, perImage } = timestepLosses.keep(graph, source.timesteps, loss);
  graph.phase = "backward";
  tape.backward(prediction, dprediction);
  graph.phase = "optimiser";
  const batch = { state, gradients: gradients.buffer.whole(), perImage };
  sums?.record(graph, batch);

  const last = sums ? new Graph(gpu.target) : graph;
  const { gradients: flat, perImage: losses } = sums ?? batch;
  const small = { state, lossScale, schedule: schedule.tensor, history, found, perImage: losses };
  const large = { gradients: flat, parameters: weights.buffer.whole() };
  const moments = { expAvg: expAvg.buffer.whole(), expAvgSq: expAvgSq.buffer.whole() };
  const growthInterval = half ? options.lossScaleGrowth : 0;
  recordOptimiser(
    last,
    { ...small, ...large, ...moments, ema: average?.buffer.whole() },
    { clip, growthInterval },
  );
  const sets = [gradients, expAvg, expAvgSq, ...(average ? [average] : [])];
  const shared = [inputs, progress, timestepLosses.buffer, ...(half ? [half.buffer] : [])];
  const buffers = [
    ...sets.map(({ buffer }) => buffer),
    ...shared,
    ...(sums?.buffers ?? []),
    ...source.buffers,
  ];
  return {
    graph,
    last,
    half,
    ema: average ?? weights,
    expAvg,
    expAvgSq,
    source,
    timestepLosses,
    schedule,
    records,
    tensors: { state, lossScale },
    buffers,
  };
}

/** The average starts at the weights. */
function copyWeights({ gpu, weights }: DiffusionModel, ema: Weights): void {
  const encoder = gpu.device.createCommandEncoder({ label: "train.ema" });
  const { buffer, size } = weights.buffer;
  encoder.copyBufferToBuffer(buffer, 0, ema.buffer.buffer, 0, size);
  gpu.submit([encoder.finish()]);
}
