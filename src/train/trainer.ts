// Training: one recorded program a step, replayed; the caller owns the loop.
//
// Forward, backward and optimiser are one program in one pass. Step counter, random counters and the
// optimiser's numbers lie on the GPU; losses land in a ring there, and are read while the next steps
// run.
import { Tape } from "../autograd/tape.ts";
import { DeviceError } from "../core/errors.ts";
import { Readback } from "../device/readback.ts";
import { Graph } from "../graph/graph.ts";
import type { PlanReport } from "../graph/plan.ts";
import { Program } from "../graph/program.ts";
import { homeOf, ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import {
  adamw,
  finishStep,
  gradientNorm,
  RECORD_FIELDS,
  SCHEDULE_FIELDS,
  scheduleRow,
  unpackRecords,
} from "../kernels/adamw.ts";
import { initialState, STATE_SHAPE } from "../kernels/diffusion.ts";
import { advance } from "../kernels/reverse_step.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";
import type { Weights } from "../nn/weights.ts";
import type { BatchSource } from "./batch_source.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Dataset } from "./dataset.ts";
import type { GivenValues } from "./given_batch.ts";
import { gradientTargets } from "./gradients.ts";
import {
  emaDecayAt,
  HYPER_PARAMETERS,
  type HyperParameters,
  learningRateAt,
  requireHyperParameters,
} from "./hyper_parameters.ts";
import { RING, rowsAhead } from "./ring.ts";
import { restoreTrainer, type SavedBy, saveTrainer } from "./saved_trainer.ts";
import { sourceOf } from "./sources.ts";
import { type LossHistogram, TimestepLosses } from "./timestep_losses.ts";

/** What a step left behind. */
export interface TrainingRecord {
  /** 1, 2, … */
  step: number;
  /** the objective on the step's batch, at the weights before it; L_simple unless told */
  loss: number;
  /** global norm of the gradient, before clipping */
  gradientNorm: number;
}

export type TrainingData =
  | { data: Dataset }
  | { batches: readonly GivenValues[]; shape: readonly [number, number, number, number] };

const AIM_MS = 150; // of GPU work between two readings
const MOST_STEPS_A_READING = RING / 4;
const READINGS = 2; // under way at once: the GPU never waits for the host

export class Trainer {
  readonly model: DiffusionModel;
  /** the running average of the weights */
  readonly ema: Weights;
  readonly options: HyperParameters;
  readonly #parts: TrainerParts;
  #step = 0;
  #isPrimed = false;
  #stepMs = AIM_MS;

  private constructor(model: DiffusionModel, options: HyperParameters, parts: TrainerParts) {
    this.model = model;
    this.ema = parts.ema;
    this.options = options;
    this.#parts = parts;
  }

  /**
   * Records, plans and compiles a training step of a model.
   *
   * @param model    trained in place; the trainer does not dispose of it
   * @param source   images to draw from, or batches that are given whole
   * @param options  what differs from `HYPER_PARAMETERS`
   * @throws OptionError, ShapeError for what cannot be trained; DeviceError device/too-large before
   *         anything is allocated, device/out-of-memory
   */
  static async create(
    model: DiffusionModel,
    source: TrainingData,
    given: Partial<HyperParameters> = {},
  ): Promise<Trainer> {
    const batch = "batches" in source ? { batch: source.shape[0] } : {};
    const options: HyperParameters = { ...HYPER_PARAMETERS, ...given, ...batch };
    requireHyperParameters(options);
    model.requireAlive();
    return new Trainer(model, options, await record(model, source, options));
  }

  /**
   * A trainer that goes on where a checkpoint was saved, bit for bit on the same adapter.
   *
   * @param model       of the checkpoint: DiffusionModel.load(gpu, checkpoint.read, checkpoint.where)
   * @param checkpoint  of `readCheckpoint`
   * @param source      the data it was trained on
   * @param changes     hyper-parameters to go on with instead of the saved ones
   * @throws FileError checkpoint/data for other data, checkpoint/format; and as `create` does
   */
  static async resume(
    model: DiffusionModel,
    checkpoint: Checkpoint,
    source: TrainingData,
    changes: Partial<HyperParameters> = {},
  ): Promise<Trainer> {
    const options = { ...checkpoint.state.hyperParameters, ...changes };
    const trainer = await Trainer.create(model, source, options);
    await trainer.restore(checkpoint);
    return trainer;
  }

  /** Steps done, and submitted to the GPU at least. */
  get step(): number {
    return this.#step;
  }

  /**
   * The files of a checkpoint after the steps that were submitted: see README.md beside this file.
   *
   * @param by  what to note in it of who saves
   * @returns   by name; training_state.json is the last
   * @throws DeviceError
   */
  save(by: SavedBy = {}): Promise<Map<string, Uint8Array>> {
    return saveTrainer(this.model, { ...this.#parts, step: this.#step, options: this.options }, by);
  }

  /**
   * Takes up the state of a checkpoint: weights, moments, average, losses by timestep, step, place in
   * the data. Not while a loop of `run` is under way.
   *
   * @param keepsPlace  step and place in the data stay as they are: only what was learned goes back
   * @throws FileError checkpoint/data, checkpoint/format for one of another network or other data
   */
  async restore(
    checkpoint: Checkpoint,
    { keepsPlace = false }: { keepsPlace?: boolean } = {},
  ): Promise<void> {
    await restoreTrainer(this.model, { ...this.#parts, options: this.options }, checkpoint, {
      keepsPlace,
    });
    if (keepsPlace) return;
    this.#step = checkpoint.state.step;
    this.#isPrimed = false;
  }

  /** Dispatches and memory of one step. */
  get report(): PlanReport {
    return this.#parts.program.report;
  }

  /** The recorded step, for the profiler. */
  get program(): Program {
    return this.#parts.program;
  }

  /**
   * Trains; yields a record a step, a few steps behind the GPU. Leaving the loop waits for what was
   * submitted. When the signal is aborted no step is begun; those under way are still yielded.
   *
   * @throws DeviceError, or the signal's reason when it was aborted before the end
   */
  async *run(options: {
    steps: number;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<TrainingRecord, void, void> {
    const { steps, signal } = options;
    const end = this.#step + steps;
    const readings: Promise<TrainingRecord[]>[] = [];
    try {
      while (true) {
        while (!signal?.aborted && this.#step < end && readings.length < READINGS) {
          readings.push(this.#submit(Math.min(this.#chunk(), end - this.#step)));
        }
        if (readings.length === 0) break;
        const started = performance.now();
        const records = await readings.shift()!;
        this.#measure(performance.now() - started, records.length);
        yield* records;
      }
      if (this.#step < end) signal?.throwIfAborted();
    } finally {
      await Promise.allSettled(readings);
    }
  }

  /**
   * The losses of every timestep, of all steps that were submitted.
   *
   * @returns counts and means [T] of the objective's losses, before importance factors
   * @throws DeviceError
   */
  lossByTimestep(): Promise<LossHistogram> {
    return this.#parts.timestepLosses.read(this.model.gpu);
  }

  /** Frees all that belongs to training; the model lives on. */
  dispose(): void {
    const { gpu } = this.model;
    this.#parts.program.dispose();
    this.#parts.readback.dispose();
    for (const buffer of this.#parts.buffers) buffer.destroy(gpu);
  }

  /** Submits steps, and asks for their records. */
  #submit(count: number): Promise<TrainingRecord[]> {
    const first = this.#step;
    for (let i = 0; i < count; i++) {
      this.#prepare();
      this.#parts.program.run();
      this.#step++;
    }
    return this.#readRecords(first, count);
  }

  #prepare(): void {
    this.#parts.source.prepare(this.#step, !this.#isPrimed);
    const rows = rowsAhead(this.#step, !this.#isPrimed);
    this.#isPrimed = true;
    if (!rows) return;
    const values = Array.from({ length: rows.count }, (_, i) => this.#scheduleRow(rows.from + i));
    const firstByte = (rows.from % RING) * SCHEDULE_FIELDS.length * 4;
    const { schedule } = this.#parts.tensors;
    writeTensor(this.model.gpu, schedule, Float32Array.from(values.flat()), firstByte);
  }

  #scheduleRow(step: number): number[] {
    const { betas, eps, weightDecay } = this.options;
    const learningRate = learningRateAt(step, this.options);
    const emaDecay = emaDecayAt(step, this.options);
    return scheduleRow(step, { learningRate, betas, eps, weightDecay, emaDecay });
  }

  async #readRecords(first: number, count: number): Promise<TrainingRecord[]> {
    const { readback, tensors } = this.#parts;
    const { buffer, offset } = homeOf(tensors.history);
    const size = RING * RECORD_FIELDS.length * 4;
    const ring = unpackRecords(new Float32Array(await readback.read(buffer.buffer, offset, size)));
    return Array.from({ length: count }, (_, i) => {
      const step = first + i + 1;
      const { loss, gradientNorm } = ring[(first + i) % RING]!;
      requireFinite(step, loss, gradientNorm);
      return { step, loss, gradientNorm };
    });
  }

  /** Steps between two readings, so that one takes about AIM_MS. */
  #chunk(): number {
    return Math.min(MOST_STEPS_A_READING, Math.max(1, Math.round(AIM_MS / this.#stepMs)));
  }

  #measure(ms: number, steps: number): void {
    this.#stepMs = Math.max(ms / steps, AIM_MS / MOST_STEPS_A_READING);
    this.#parts.program.measured(this.#stepMs);
  }
}

interface TrainerParts {
  ema: Weights;
  expAvg: Weights;
  expAvgSq: Weights;
  source: BatchSource;
  timestepLosses: TimestepLosses;
  program: Program;
  readback: Readback;
  tensors: { history: Tensor; schedule: Tensor; state: Tensor };
  buffers: readonly ResidentBuffer[];
}

async function record(
  model: DiffusionModel,
  data: TrainingData,
  options: HyperParameters,
): Promise<TrainerParts> {
  const { gpu, config, weights } = model;
  const [gradients, expAvg, expAvgSq, ema] = ["gradients", "expAvg", "expAvgSq", "ema"].map(
    (label) => weights.like(label),
  ) as [Weights, Weights, Weights, Weights];
  const inputs = new ResidentBuffer("train.inputs");
  const progress = new ResidentBuffer("train.state");
  const records = new ResidentBuffer("train.records");
  const state = progress.add(STATE_SHAPE, "state", "u32");
  const schedule = inputs.add([RING, SCHEDULE_FIELDS.length], "schedule");
  const history = records.add([RING, RECORD_FIELDS.length], "history");
  const source = sourceOf(model, inputs, { data, options, state });
  const timestepLosses = new TimestepLosses(source.steps, options.timesteps);

  const graph = new Graph(gpu.target);
  const tape = new Tape(graph, gradientTargets(weights, gradients));
  const dropout = { rate: config.dropout, state, layers: 0 };
  const noised = source.noised(graph, timestepLosses.draw(graph, state, options.batch));
  const prediction = unet({ tape, weights, dropout }, config, noised);
  const loss = source.loss(graph, prediction);
  const { dprediction, perImage } = timestepLosses.keep(graph, source.timesteps, loss);
  graph.phase = "backward";
  tape.backward(prediction, dprediction);
  graph.phase = "optimiser";
  const flat = gradients.buffer.whole();
  const squares = gradientNorm(graph, { gradients: flat });
  const clipFactor = finishStep(
    graph,
    { state, squares, perImage, history },
    { clip: options.clip },
  );
  adamw(graph, {
    state,
    schedule,
    clipFactor,
    gradients: flat,
    parameters: weights.buffer.whole(),
    expAvg: expAvg.buffer.whole(),
    expAvgSq: expAvgSq.buffer.whole(),
    ema: ema.buffer.whole(),
  });
  advance(graph, { state });
  const program = await Program.compile(gpu, graph, { label: "train" });

  copyWeights(model, ema);
  source.writeTables();
  writeTensor(gpu, state, initialState(options.seed));
  const size = RING * RECORD_FIELDS.length * 4;
  const readback = new Readback(gpu, "train.records", { size, depth: READINGS });
  const sets = [gradients, expAvg, expAvgSq, ema].map(({ buffer }) => buffer);
  const buffers = [...sets, inputs, progress, records, timestepLosses.buffer];
  return {
    ema,
    expAvg,
    expAvgSq,
    source,
    timestepLosses,
    program,
    readback,
    tensors: { history, schedule, state },
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

/** A step whose loss or gradient is not a number changed nothing; training on is no use. */
function requireFinite(step: number, loss: number, norm: number): void {
  if (Number.isFinite(loss) && Number.isFinite(norm)) return;
  throw new DeviceError(
    "train/not-finite",
    `train: step ${step} has loss ${loss} and gradient norm ${norm}; its update was left out.`,
    "Lower the learning rate, or clip the gradient.",
  );
}
