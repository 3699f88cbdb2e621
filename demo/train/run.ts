// One run, as a generator of events: train a while, draw a grid, keep a snapshot, and again; on another
// device where one is lost. It knows no page.
//
// The average of the weights draws every grid from the same noise, so that the same pictures are seen
// to come forth.
import {
  type Dataset,
  DeviceError,
  type Preset,
  parseUNetConfig,
  presetFor,
  type UNetConfig,
  zipFiles,
} from "../../src/index.ts";
import type {
  FilesByPath,
  GpuFacts,
  ModelSource,
  RemoteModel,
  RemoteTrainer,
  WorkerClient,
} from "../../src/worker.ts";
import type { Gate } from "../shared/gate.ts";
import type { RunRequest } from "./query.ts";
import type { SampleGrid } from "./sample_grid.ts";
import { Throughput } from "./throughput.ts";

const COUNT = 16;
const SAMPLER_STEPS = 25; // of DDPM: after little training it is cleaner than DDIM
const GRIDS = 15; // in a run
const SAMPLE_SEED = 1;
const AIM_MS = 100; // between two events of losses
const STRETCH_MS = 500; // of training, after which a pause comes into force
const BUDGET_MS = 8; // of a GPU's work at once, so that it draws the page in between
const MOST_TRIES = 2; // after a loss, without a new step

export interface RunPlan {
  steps: number;
  batch: number;
  parameters: number;
  /** of the images, in pixels */
  size: readonly [height: number, width: number];
  /** of one training step */
  dispatches: number;
  memoryBytes: number;
}

export interface Losses {
  /** the step of the first of them: 1, 2, … */
  first: number;
  losses: number[];
  /** over the last seconds of training */
  imagesPerSecond: number;
}

export type RunEvent =
  | { type: "planned"; plan: RunPlan }
  | { type: "losses"; losses: Losses }
  | { type: "samples"; samples: SampleGrid }
  /** what a run goes on from */
  | { type: "snapshot"; step: number; files: Map<string, Uint8Array> }
  /** a pause has come into force: nothing more comes until it ends */
  | { type: "held" }
  /** the device was lost, and another is opened */
  | { type: "lost" };

/** How a run is held and stopped from outside. */
export interface Control {
  gate: Gate;
  signal: AbortSignal;
}

/** What a run begins with. */
export interface Beginning extends RunRequest {
  facts: GpuFacts;
  /** what to learn from, in the network's size */
  images(config: UNetConfig): Promise<Dataset>;
  /** weights to start from; default: new ones */
  model?: ModelSource | undefined;
  /** a checkpoint to go on from */
  snapshot?: FilesByPath | undefined;
}

export class TrainingRun {
  readonly #client: WorkerClient;
  readonly #beginning: Beginning;
  readonly #preset: Preset;
  readonly #speed = new Throughput();
  #trainer: RemoteTrainer | undefined;
  #snapshot: FilesByPath | undefined;
  /** steps whose losses were told */
  #told = 0;

  constructor(client: WorkerClient, beginning: Beginning) {
    this.#client = client;
    this.#beginning = beginning;
    const software = beginning.facts.isSoftware ? "swiftshader" : undefined;
    this.#preset = presetFor({ software });
    this.#snapshot = beginning.snapshot;
  }

  get steps(): number {
    return this.#beginning.steps ?? this.#preset.steps;
  }

  /** @throws the signal's reason when it is stopped; what the library throws */
  async *events(control: Control): AsyncGenerator<RunEvent, void, void> {
    for (let tries = 0; ; ) {
      const before = this.#told;
      try {
        return yield* this.#attempt(control);
      } catch (error) {
        if (!(error instanceof DeviceError && error.code === "device/lost")) throw error;
        tries = this.#told > before ? 1 : tries + 1;
        if (tries > MOST_TRIES) throw error;
        yield { type: "lost" };
        await this.#client.open();
      }
    }
  }

  /** The average of the weights as a zip archive that diffusers opens, unpacked. */
  async export(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const trainer = this.#trainer;
    return trainer && zipFiles(await trainer.model.files(trainer));
  }

  async dispose(): Promise<void> {
    const trainer = this.#trainer;
    this.#trainer = undefined;
    await trainer?.dispose();
    await trainer?.model.dispose();
  }

  async *#attempt(control: Control): AsyncGenerator<RunEvent, void, void> {
    const trainer = await this.#open();
    if (!this.#trainer) yield { type: "planned", plan: planOf(trainer, this.steps) };
    this.#trainer = trainer;
    this.#told = Math.max(this.#told, trainer.step);
    const { every = Math.ceil(this.steps / GRIDS) } = this.#beginning;
    while (trainer.step < this.steps) {
      yield* this.#trainUntil(Math.min(this.steps, trainer.step + every), trainer, control);
      yield* this.#drawGrid(trainer, control);
      yield await this.#save(trainer);
      this.#speed.skip();
    }
  }

  async #open(): Promise<RemoteTrainer> {
    const { seed, batch = this.#preset.hyperParameters.batch ?? 16, images } = this.#beginning;
    const snapshot = this.#snapshot;
    if (snapshot) {
      const data = await images(await configOf(snapshot));
      return this.#client.resume(snapshot, { data });
    }
    const model = await this.#startModel(seed);
    const options = { ...this.#preset.hyperParameters, seed, batch, decaySteps: this.steps };
    return this.#client.trainer(model, { data: await images(model.config) }, options);
  }

  #startModel(seed: number): Promise<RemoteModel> {
    const { config, scheduler } = this.#preset;
    const { model } = this.#beginning;
    return model ? this.#client.load(model) : this.#client.create(config, { seed, scheduler });
  }

  /** Stretches of training, between which a pause may come. */
  async *#trainUntil(
    end: number,
    trainer: RemoteTrainer,
    control: Control,
  ): AsyncGenerator<RunEvent, void, void> {
    const { batch } = trainer.options;
    while (trainer.step < end) {
      const usual = (this.#speed.imagesPerSecond / batch) * (STRETCH_MS / 1000);
      const steps = Math.min(Math.max(1, Math.round(usual)), end - trainer.step);
      yield* this.#stretch(trainer, { steps, signal: control.signal });
      if (!control.gate.isShut) continue;
      yield await this.#save(trainer);
      yield { type: "held" };
      await control.gate.passed();
      control.signal.throwIfAborted();
      this.#speed.skip();
    }
  }

  async *#stretch(
    trainer: RemoteTrainer,
    { steps, signal }: { steps: number; signal: AbortSignal },
  ): AsyncGenerator<RunEvent, void, void> {
    const { isSoftware } = this.#beginning.facts;
    const frameBudgetMs = isSoftware ? undefined : BUDGET_MS;
    const end = trainer.step + steps;
    let losses: number[] = [];
    let told = performance.now();
    for await (const { step, loss } of this.#client.train(trainer, {
      steps,
      signal,
      frameBudgetMs,
    })) {
      this.#speed.add(trainer.options.batch);
      if (step > this.#told) losses.push(loss); // not again after a loss of the device
      if (step < end && performance.now() - told < AIM_MS) continue;
      const { imagesPerSecond } = this.#speed;
      if (losses.length > 0) {
        this.#told = step;
        yield {
          type: "losses",
          losses: { first: step + 1 - losses.length, losses, imagesPerSecond },
        };
      }
      losses = [];
      told = performance.now();
    }
  }

  async *#drawGrid(
    trainer: RemoteTrainer,
    { signal }: Control,
  ): AsyncGenerator<RunEvent, void, void> {
    const { count = COUNT, samplerSteps: steps = SAMPLER_STEPS } = this.#beginning;
    const { model, step } = trainer;
    const classLabels = labelsOf(model.config, count);
    const options = { count, steps, classLabels, sampler: "ddpm", seed: SAMPLE_SEED } as const;
    for await (const frame of this.#client.sample(model, {
      ...options,
      weights: trainer,
      signal,
    })) {
      if (frame.step < frame.of) continue;
      const pixels = Uint8ClampedArray.from(await frame.images(), (x) => (x + 1) * 127.5);
      yield { type: "samples", samples: { step, shape: frame.shape, pixels } };
    }
  }

  async #save(trainer: RemoteTrainer): Promise<RunEvent> {
    const files = await trainer.save({ run: { steps: this.steps } });
    this.#snapshot = files;
    return { type: "snapshot", step: trainer.step, files };
  }
}

function planOf({ model, options, report }: RemoteTrainer, steps: number): RunPlan {
  const size = model.config.sample_size ?? 32;
  return {
    steps,
    batch: options.batch,
    parameters: model.parameters,
    size: typeof size === "number" ? [size, size] : size,
    dispatches: report.dispatches,
    memoryBytes: report.peakBytes,
  };
}

async function configOf(files: FilesByPath): Promise<UNetConfig> {
  const text = await new Blob([files.get("config.json") as Uint8Array<ArrayBuffer>]).text();
  return parseUNetConfig(JSON.parse(text));
}

/** One of each class, where the network has some; its last class stands for none. */
const labelsOf = ({ num_class_embeds: embeds }: UNetConfig, count: number) =>
  embeds ? Array.from({ length: count }, (_, i) => i % (embeds - 1)) : undefined;
