// The loop of `train`: steps up to the next that something is due at, then that.
//
// Steps are run in stretches, so that what is saved is the state after exactly the step it is named
// by, not that of the steps which the GPU has begun meanwhile.
import { DeviceError } from "../core/errors.ts";
import type { JsonObject } from "../formats/json.ts";
import { ownVersions } from "../platform/versions.ts";
import { type Checkpoint, readCheckpoint } from "../train/checkpoint.ts";
import type { CheckpointStore } from "../train/checkpoint_store.ts";
import { learningRateAt } from "../train/hyper_parameters.ts";
import { isOverflow, whereOf } from "../train/not_finite.ts";
import { Validation } from "../train/validation.ts";
import { INTERRUPTED, type Progress, progressOf } from "./console.ts";
import { drawSamples } from "./draw_samples.ts";
import { Rate } from "./metrics.ts";
import { rememberedOptions } from "./run_options.ts";
import type { Start } from "./train_start.ts";

const MOST_ROLLBACKS = 3; // to one checkpoint
const FLUSH_STEPS = 500; // of metrics at most, kept in memory

export class TrainLoop {
  readonly #start: Start;
  readonly #signal: AbortSignal;
  readonly #store: CheckpointStore;
  readonly #validation: Validation | undefined;
  readonly #run: JsonObject;
  readonly #progress: Progress;
  readonly #rate = new Rate();
  /** step and loss of the last validation */
  #validated: { step: number; loss: number } | undefined;
  #savedStep: number;
  /** where rollback goes back to */
  #safe: Checkpoint | undefined;
  #rollbacks = 0;

  private constructor(
    start: Start,
    signal: AbortSignal,
    parts: { store: CheckpointStore; validation: Validation | undefined },
  ) {
    const { trainer, steps, options } = start;
    this.#start = start;
    this.#signal = signal;
    this.#store = parts.store;
    this.#validation = parts.validation;
    this.#run = rememberedOptions(options, steps);
    this.#progress = progressOf("training", steps, trainer.step);
    this.#savedStep = trainer.step;
  }

  static async create(start: Start, signal: AbortSignal): Promise<TrainLoop> {
    const { trainer, folder, options, heldOut: data } = start;
    const { objective, loss, batch } = trainer.options;
    const asked = data && { data, batch, objective, loss, weights: trainer.ema };
    const validation = asked && (await Validation.create(trainer.model, asked));
    return new TrainLoop(start, signal, { store: await folder.store(options.keep), validation });
  }

  /** Of the last validation. */
  get validationLoss(): number | undefined {
    return this.#validated?.loss;
  }

  /** Trains to the end, or until it is interrupted; the last state is saved in either case. */
  async run(): Promise<void> {
    const { trainer, steps, options } = this.#start;
    try {
      if (options.onNan === "rollback") await this.#remember(await this.#files());
      while (trainer.step < steps && !this.#signal.aborted) {
        await this.#advance(this.#nextStop());
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

  /** Trains up to a step, or until it is interrupted. */
  async #advance(until: number): Promise<void> {
    const { trainer, log, metrics, options } = this.#start;
    const { batch, accumulate } = trainer.options;
    const { onNan } = options;
    const asked = { steps: until - trainer.step, signal: this.#signal, onNan };
    let isBad = false;
    try {
      for await (const record of trainer.run(asked)) {
        const rate = this.#rate.add(batch * accumulate);
        log.add(record);
        metrics.step(record, learningRateAt(record.step - 1, trainer.options), rate);
        this.#tell(record.step, rate);
        if (record.step % FLUSH_STEPS === 0) await metrics.flush();
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

  #tell(step: number, rate: number): void {
    const loss = `loss ${this.#start.log.lastLoss.toFixed(4)}`;
    const last = this.#validated ? ` (validation ${this.#validated.loss.toFixed(4)})` : "";
    this.#progress.update(step, `${loss}${last} · ${rate.toPrecision(3)} images/s`);
  }

  async #validate(): Promise<void> {
    const { trainer, metrics } = this.#start;
    const { step } = trainer;
    if (!this.#validation || this.#validated?.step === step) return;
    this.#validated = { step, loss: await this.#validation.loss() };
    metrics.validation(step, this.#validated.loss);
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
    if (this.#savedStep === step) return;
    await this.#validate();
    await log.save(folder.path);
    await metrics.flush();
    const files = await this.#files();
    await this.#store.add(step, files, { loss: log.lastLoss, validationLoss: this.validationLoss });
    await folder.saveModels(trainer);
    if (this.#safe) await this.#remember(files);
    this.#savedStep = step;
    this.#rate.restart();
  }

  #files(): Promise<Map<string, Uint8Array>> {
    return this.#start.trainer.save({ package: ownVersions(), run: this.#run });
  }

  async #remember(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#safe = await readCheckpoint(async (name) => files.get(name), "the last checkpoint");
    this.#rollbacks = 0;
  }

  /** Weights, moments and average go back to the last checkpoint; steps and data go on. */
  async #rollBack(): Promise<void> {
    const { trainer } = this.#start;
    const safe = this.#safe;
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
    const stops = [saveEvery, validateEvery, sampleEvery]
      .filter((every) => every !== undefined)
      .map((every) => (Math.floor(trainer.step / every) + 1) * every);
    return Math.min(steps, ...stops);
  }
}
