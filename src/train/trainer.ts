// Training: one recorded program a step, replayed; the caller owns the loop.
//
// Forward, backward and optimiser are one program in one pass. Step counter, random counters and the
// optimiser's numbers lie on the GPU; losses land in a ring there, and are read while the next steps
// run.

import { DeviceError, OptionError } from "../core/errors.ts";
import type { PlanReport } from "../graph/plan.ts";
import type { Program } from "../graph/program.ts";
import { winogradKernels } from "../kernels/conv2d_winograd.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { Weights } from "../nn/weights.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Dataset } from "./dataset.ts";
import type { GivenValues } from "./given_batch.ts";
import {
  HYPER_PARAMETERS,
  type HyperParameters,
  requireHyperParameters,
} from "./hyper_parameters.ts";
import { NanGuard, type NanPolicy } from "./not_finite.ts";
import { RING } from "./ring.ts";
import { kernelsOf, restoreTrainer, type SavedBy, saveTrainer } from "./saved_trainer.ts";
import type { TrainingRecord } from "./step_records.ts";
import type { LossHistogram } from "./timestep_losses.ts";
import { freeParts, READINGS, type TrainerParts, trainerParts } from "./trainer_parts.ts";

export type TrainingData =
  | { data: Dataset }
  | { batches: readonly GivenValues[]; shape: readonly [number, number, number, number] };

const AIM_MS = 80; // of GPU work between two readings: after an abort, two of them are waited for
const MOST_STEPS_A_READING = RING / 4;

export class Trainer {
  readonly model: DiffusionModel;
  /** the running average of the weights; the weights themselves where `ema` is 0 */
  readonly ema: Weights;
  readonly options: HyperParameters;
  readonly #parts: TrainerParts;
  #step = 0;
  #isPrimed = false;
  #isRunning = false;
  #isDisposed = false;
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
   * @param given    what differs from `HYPER_PARAMETERS`
   * @throws OptionError, ShapeError for what cannot be trained; DeviceError device/too-large before
   *         anything is allocated, device/out-of-memory; the signal's reason
   */
  static async create(
    model: DiffusionModel,
    source: TrainingData,
    given: Partial<HyperParameters> = {},
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Trainer> {
    signal?.throwIfAborted();
    const batch = "batches" in source ? { batch: source.shape[0] } : {};
    const options: HyperParameters = { ...HYPER_PARAMETERS, ...given, ...batch };
    requireHyperParameters(options);
    model.requireAlive();
    return new Trainer(model, options, await trainerParts(model, source, options, signal));
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
    model.gpu.winograd = winogradKernels; // which choices may name
    model.gpu.pin(checkpoint.state.choices ?? {}); // what it was trained with, tuned or not
    const trainer = await Trainer.create(model, source, options);
    try {
      await trainer.restore(checkpoint);
      return trainer;
    } catch (error) {
      trainer.dispose();
      throw error;
    }
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
  async save(by: SavedBy = {}): Promise<Map<string, Uint8Array>> {
    this.#requireAlive();
    return saveTrainer(this.model, { ...this.#parts, step: this.#step, options: this.options }, by);
  }

  /**
   * Takes up the state of a checkpoint: weights, moments, average, losses by timestep, step, place in
   * the data. Not while a loop of `run` is under way.
   *
   * @param keepsPlace  step and place in the data stay as they are: only what was learned goes back
   * @throws FileError checkpoint/data, checkpoint/format for one of another network or other data;
   *         DeviceError train/running while a loop of `run` is under way
   */
  async restore(
    checkpoint: Checkpoint,
    { keepsPlace = false }: { keepsPlace?: boolean } = {},
  ): Promise<void> {
    this.#requireAlive();
    this.#requireRest();
    this.model.gpu.check();
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

  /** The variants of a step's kernels: the same ones give the same bits. */
  get kernels(): string[] {
    return kernelsOf(this.#parts);
  }

  /** The recorded step, for the profiler; where gradients accumulate, a batch of it. */
  get program(): Program {
    return this.#parts.program;
  }

  /**
   * Trains; yields a record a step, a few steps behind the GPU. Leaving the loop waits for what was
   * submitted. When the signal is aborted no step is begun; those under way are still yielded.
   *
   * @param options  `onNan`: what to do after a step that was left out for a gradient that was not
   *                 finite; default: throw. `frameBudgetMs`: of GPU work that is submitted at once, so
   *                 that a page can draw in between: slower in all; default: as much as keeps the GPU busy
   * @throws OptionError for steps that are no count; DeviceError, train/running while another loop is
   *         under way; the signal's reason when it was aborted before the end
   */
  async *run(options: {
    steps: number;
    signal?: AbortSignal | undefined;
    onNan?: NanPolicy | undefined;
    frameBudgetMs?: number | undefined;
  }): AsyncGenerator<TrainingRecord, void, void> {
    const { steps, signal, onNan, frameBudgetMs } = options;
    requireSteps(steps);
    this.#requireAlive();
    this.#requireRest();
    this.model.gpu.check();
    const mostReadings = frameBudgetMs === undefined ? READINGS : 1;
    const guard = new NanGuard(onNan ?? "throw");
    let ends = false;
    const end = this.#step + steps;
    const readings: Promise<TrainingRecord[]>[] = [];
    this.#isRunning = true;
    try {
      while (true) {
        while (!ends && !signal?.aborted && this.#step < end && readings.length < mostReadings) {
          const count = Math.min(this.#chunk(), end - this.#step);
          const reading = frameBudgetMs ? this.#submitWithin(frameBudgetMs) : this.#submit(count);
          reading.catch(() => undefined); // a loss while the reader holds the loop: told when asked
          readings.push(reading);
        }
        if (readings.length === 0) break;
        const started = performance.now();
        const records = await readings.shift()!;
        const ms = performance.now() - started;
        if (frameBudgetMs === undefined) this.#measure(ms, records.length);
        for (const record of records) {
          this.#requireAlive();
          ends = guard.check(record) || ends;
          yield record;
        }
      }
      if (this.#step < end && !ends) signal?.throwIfAborted();
    } catch (error) {
      this.#requireAlive(); // or a reading that was cut off by dispose() would speak of the GPU
      throw error;
    } finally {
      await Promise.allSettled(readings);
      this.#isRunning = false;
    }
  }

  /**
   * The losses of every timestep, of all steps that were submitted.
   *
   * @returns counts and means [T] of the objective's losses, before importance factors
   * @throws DeviceError
   */
  async lossByTimestep(): Promise<LossHistogram> {
    this.#requireAlive();
    return this.#parts.timestepLosses.read(this.model.gpu);
  }

  /** Frees all that belongs to training; the model lives on. */
  dispose(): void {
    this.#isDisposed = true;
    freeParts(this.model.gpu, this.#parts);
  }

  #requireAlive(): void {
    this.model.requireAlive();
    if (!this.#isDisposed) return;
    throw new DeviceError(
      "device/disposed",
      "Trainer: it was disposed of.",
      "Make another, or resume one from a checkpoint.",
    );
  }

  #requireRest(): void {
    if (!this.#isRunning) return;
    throw new DeviceError(
      "train/running",
      "Trainer: a loop of run is under way already.",
      "Leave it first: break out of it, or call return() of its iterator.",
    );
  }

  /** Submits steps, and asks for their records. */
  async #submit(count: number): Promise<TrainingRecord[]> {
    this.#requireAlive();
    const first = this.#step;
    for (let i = 0; i < count; i++) {
      for (const program of this.#programsOfStep()) program.run();
    }
    return this.#parts.records.read(this.model.weights, first, count);
  }

  /** Runs a step piece by piece, and asks for its record. */
  async #submitWithin(budgetMs: number): Promise<TrainingRecord[]> {
    this.#requireAlive();
    const first = this.#step;
    for (const program of this.#programsOfStep()) await program.runWithin(budgetMs);
    return this.#parts.records.read(this.model.weights, first, 1);
  }

  /**
   * What a step runs: its batches, and with several of them the optimiser after the last. Each is to be
   * submitted before the next is asked for.
   */
  *#programsOfStep(): Generator<Program, void, void> {
    const { schedule, source, program, optimiser } = this.#parts;
    const { accumulate } = this.options;
    schedule.prepare(this.model.gpu, this.#step, !this.#isPrimed);
    for (let i = 0; i < accumulate; i++) {
      source.prepare(this.#step * accumulate + i, !this.#isPrimed);
      this.#isPrimed = true;
      yield program;
    }
    if (optimiser) yield optimiser;
    this.#step++;
  }

  /** Steps between two readings, so that one takes about AIM_MS. */
  #chunk(): number {
    return Math.min(MOST_STEPS_A_READING, Math.max(1, Math.round(AIM_MS / this.#stepMs)));
  }

  #measure(ms: number, steps: number): void {
    this.#stepMs = Math.max(ms / steps, AIM_MS / MOST_STEPS_A_READING);
    this.#parts.program.measured(this.#stepMs / this.options.accumulate);
  }
}

function requireSteps(steps: number): void {
  if (Number.isSafeInteger(steps) && steps >= 0) return;
  throw new OptionError(
    "option/steps",
    `train: steps must be a whole number, 0 or more, got ${steps}.`,
    "Say how many steps to take from here on.",
  );
}
