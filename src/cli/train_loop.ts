// The loop of `train`: steps up to the next that something is due at, then that.
//
// Steps are run in stretches, so that what is saved is the state after exactly the step it is named
// by, not that of the steps which the GPU has begun meanwhile.
import { DeviceError } from "../core/errors.ts";
import type { JsonObject } from "../formats/json.ts";
import { saveModel } from "../nn/save_model.ts";
import { ownVersions } from "../platform/versions.ts";
import { readCheckpoint } from "../train/checkpoint.ts";
import type { CheckpointStore } from "../train/checkpoint_store.ts";
import { learningRateAt } from "../train/hyper_parameters.ts";
import { isOverflow, whereOf } from "../train/not_finite.ts";
import type { TrainingRecord } from "../train/step_records.ts";
import { Validation } from "../train/validation.ts";
import { INTERRUPTED, type Progress, progressOf } from "./console.ts";
import { drawSamples } from "./draw_samples.ts";
import { Rate } from "./metrics.ts";
import type { RunMemory } from "./run_memory.ts";
import { rememberedOptions } from "./run_options.ts";
import type { Start } from "./train_start.ts";

const MOST_ROLLBACKS = 3; // to one checkpoint
const FLUSH_STEPS = 500; // of metrics at most, kept in memory
const REMEMBER_EVERY = 100; // steps: there it is looked whether another state is due

export class TrainLoop {
  readonly #start: Start;
  readonly #signal: AbortSignal;
  readonly #store: CheckpointStore;
  readonly #validation: Validation | undefined;
  readonly #run: JsonObject;
  readonly #progress: Progress;
  readonly #rate = new Rate();
  readonly #memory: RunMemory;
  #rollbacks = 0;

  private constructor(
    start: Start,
    signal: AbortSignal,
    parts: { store: CheckpointStore; validation: Validation | undefined; memory: RunMemory },
  ) {
    const { trainer, steps, options } = start;
    this.#start = start;
    this.#signal = signal;
    this.#store = parts.store;
    this.#validation = parts.validation;
    this.#run = rememberedOptions(options, steps);
    this.#progress = progressOf("training", steps, trainer.step);
    this.#memory = parts.memory;
  }

  /** @param memory  of the same run on a device before */
  static async create(start: Start, memory: RunMemory, signal: AbortSignal): Promise<TrainLoop> {
    const { trainer, folder, options, heldOut: data } = start;
    const { objective, loss, batch } = trainer.options;
    const asked = data && { data, batch, objective, loss, weights: trainer.ema };
    const validation = asked && (await Validation.create(trainer.model, asked));
    const store = await folder.store(options.keep);
    return new TrainLoop(start, signal, { store, validation, memory });
  }

  /** Of the last validation. */
  get validationLoss(): number | undefined {
    return this.#memory.validated?.loss;
  }

  /**
   * Trains to the end, or until it is interrupted; the last state is saved in either case. Yields the
   * records that were not told before.
   */
  async *run(): AsyncGenerator<TrainingRecord, void, void> {
    const { trainer, steps, options } = this.#start;
    try {
      if (!this.#memory.files) await this.#begin();
      while (trainer.step < steps && !this.#signal.aborted) {
        yield* this.#advance(this.#nextStop());
        if (this.#isDue(REMEMBER_EVERY) && this.#memory.isDue) await this.#keep();
        if (this.#isDue(options.validateEvery)) await this.#validate();
        if (this.#isDue(options.sampleEvery)) await this.#draw();
        if (this.#isDue(options.saveEvery)) await this.#save();
      }
      await this.#save();
    } finally {
      await this.#start.metrics.flush();
      this.#progress.end();
      this.#validation?.dispose();
    }
  }

  async #begin(): Promise<void> {
    const files = await this.#files();
    this.#memory.keep(files);
    if (this.#start.options.onNan === "rollback") await this.#remember(files);
  }

  async #keep(): Promise<void> {
    this.#memory.keep(await this.#files());
    this.#rate.restart();
  }

  /** Trains up to a step, or until it is interrupted. */
  async *#advance(until: number): AsyncGenerator<TrainingRecord, void, void> {
    const { trainer, options } = this.#start;
    const { onNan } = options;
    const asked = { steps: until - trainer.step, signal: this.#signal, onNan };
    let isBad = false;
    try {
      for await (const record of trainer.run(asked)) {
        trainer.model.gpu.check(); // nothing is told after a loss
        if (record.step > this.#memory.told) {
          this.#memory.told = record.step;
          await this.#tell(record);
          yield record;
        }
        if (!record.leftOut || isOverflow(record)) continue;
        isBad = true;
        const { step } = record;
        process.stderr.write(`step ${step} is not finite; ${whereOf(record)}it was left out\n`);
      }
    } catch (error) {
      if (error !== INTERRUPTED) throw error;
    }
    if (isBad && onNan === "rollback") await this.#rollBack();
  }

  async #tell(record: TrainingRecord): Promise<void> {
    const { trainer, log, metrics } = this.#start;
    const { batch, accumulate } = trainer.options;
    const { step } = record;
    const rate = this.#rate.add(batch * accumulate);
    log.add(record);
    metrics.step(record, learningRateAt(step - 1, trainer.options), rate);
    if (step % FLUSH_STEPS === 0) await metrics.flush();
    const loss = `loss ${log.lastLoss.toFixed(4)}`;
    const { validated } = this.#memory;
    const last = validated ? ` (validation ${validated.loss.toFixed(4)})` : "";
    this.#progress.update(step, `${loss}${last} · ${rate.toPrecision(3)} images/s`);
  }

  async #validate(): Promise<void> {
    const { trainer, metrics } = this.#start;
    const { step } = trainer;
    if (!this.#validation || (this.#memory.validated?.step ?? -1) >= step) return;
    const loss = await this.#validation.loss();
    this.#memory.validated = { step, loss };
    metrics.validation(step, loss);
    this.#rate.restart();
  }

  async #draw(): Promise<void> {
    const { trainer } = this.#start;
    const name = `samples/step-${String(trainer.step).padStart(6, "0")}.png`;
    try {
      await drawSamples(this.#start, name, this.#signal);
    } catch (error) {
      if (error !== INTERRUPTED) throw error;
    }
    this.#rate.restart();
  }

  /** The curves first, so that those of a checkpoint are always there; then state, then models. */
  async #save(): Promise<void> {
    const { trainer, folder, log, metrics } = this.#start;
    const { step } = trainer;
    if (this.#memory.savedStep >= step) return;
    await this.#validate();
    await log.save(folder.path);
    await metrics.flush();
    const files = await this.#files();
    await this.#store.add(step, files, { loss: log.lastLoss, validationLoss: this.validationLoss });
    const { model, ema } = trainer;
    await folder.saveModels({ model: await saveModel(model), ema: await saveModel(model, ema) });
    this.#memory.keep(files);
    if (this.#memory.safe) await this.#remember(files);
    this.#memory.savedStep = step;
    this.#rate.restart();
  }

  #files(): Promise<Map<string, Uint8Array>> {
    return this.#start.trainer.save({ package: ownVersions(), run: this.#run });
  }

  async #remember(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#memory.safe = await readCheckpoint(
      async (name) => files.get(name),
      "the last checkpoint",
    );
    this.#rollbacks = 0;
  }

  /** Weights, moments and average go back to the last checkpoint; steps and data go on. */
  async #rollBack(): Promise<void> {
    const { trainer } = this.#start;
    const { safe } = this.#memory;
    if (!safe) return;
    const { step } = safe.state;
    if (this.#rollbacks === MOST_ROLLBACKS) {
      throw new DeviceError(
        "train/not-finite",
        `train: went back to step ${step} ${MOST_ROLLBACKS} times, and step ${trainer.step} is not ` +
          "finite again.",
        "Lower the learning rate, or clip the gradient.",
      );
    }
    this.#rollbacks++;
    await trainer.restore(safe, { keepsPlace: true });
    process.stderr.write(`back to the weights of step ${step}\n`);
  }

  #isDue(every: number | undefined): boolean {
    return every !== undefined && this.#start.trainer.step % every === 0;
  }

  /** The next step at which something is due. */
  #nextStop(): number {
    const { trainer, steps, options } = this.#start;
    const { saveEvery, validateEvery, sampleEvery } = options;
    const stops = [saveEvery, validateEvery, sampleEvery, REMEMBER_EVERY]
      .filter((every) => every !== undefined)
      .map((every) => (Math.floor(trainer.step / every) + 1) * every);
    return Math.min(steps, ...stops);
  }
}
