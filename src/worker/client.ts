// The package's API for a page whose GPU work is done in a worker.
import { DeviceError } from "../core/errors.ts";
import { type FilesByPath, folderOf, type ModelSource } from "../data/model_source.ts";
import type { LoadProgress, WebOptions } from "../data/web_files.ts";
import type { BoundReport, DataBoundOptions, DataBoundRecord } from "../evaluate/data_bound.ts";
import type { UNetConfig } from "../formats/unet_config.ts";
import type { SampleOptions } from "../samplers/request.ts";
import type { SteeringLoss } from "../samplers/steering.ts";
import type { HyperParameters } from "../train/hyper_parameters.ts";
import type { NanPolicy } from "../train/not_finite.ts";
import type { TrainingRecord } from "../train/step_records.ts";
import { Calls, disposedOf } from "./calls.ts";
import type { GpuFacts, OpenRequest, Port, SentData } from "./messages.ts";
import { RemoteCanvas, RemoteFrame, RemoteModel, RemoteTrainer } from "./remote.ts";

/** Records that training may be ahead of the page. */
const AHEAD = 8;

/** As those of `sample`; `weights` is a trainer, whose average is sampled, `steer` what `steering` takes. */
export interface RemoteSampleOptions extends Omit<SampleOptions, "steer" | "weights"> {
  steer?: SteeringLoss | undefined;
  weights?: RemoteTrainer | undefined;
}

/** As those of `dataBound`; `weights` is a trainer, whose average is evaluated. */
export interface RemoteBoundOptions extends Omit<DataBoundOptions, "weights"> {
  weights?: RemoteTrainer | undefined;
}

export interface RemoteTrainOptions {
  steps: number;
  signal?: AbortSignal | undefined;
  onNan?: NanPolicy | undefined;
  frameBudgetMs?: number | undefined;
}

export class WorkerClient {
  readonly #calls: Calls;
  readonly #end: () => void;

  /** @param end  ends the worker, where it is the client's own */
  constructor(port: Port, end: () => void = () => {}) {
    this.#calls = new Calls(port);
    this.#end = end;
  }

  /** Resolves with the error when the device is lost, the next time: what was made on it is gone. */
  get lost(): Promise<Error> {
    return this.#calls.lost;
  }

  /**
   * Opens the worker's device; without it the first model does, with the defaults. Opened again, as
   * after a loss, it is another device, and what was made on the one before is gone.
   *
   * @throws DeviceError as `Gpu.open` does
   */
  open(options: OpenRequest = {}): Promise<GpuFacts> {
    return this.#calls.call("open", options);
  }

  /** Loads a model, as `loadModel` does. */
  async load(source: ModelSource, options: WebOptions = {}): Promise<RemoteModel> {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const onItem = onProgress && ((item: LoadProgress) => onProgress(item));
    const request = { folder: await folderOf(source, options) };
    return new RemoteModel(
      this.#calls,
      await this.#calls.call("load", request, { signal, onItem }),
    );
  }

  /** A new model, as `DiffusionModel.create` makes it. */
  async create(
    config: UNetConfig,
    { seed, scheduler }: { seed: number | bigint; scheduler?: Record<string, unknown> | undefined },
  ): Promise<RemoteModel> {
    const facts = await this.#calls.call("create", { config, seed, scheduler });
    return new RemoteModel(this.#calls, facts);
  }

  /**
   * Samples as `sample` does; the worker makes a step when the loop asks for it.
   *
   * @throws as `sample`; the signal's reason within a step after it was aborted
   */
  async *sample(
    model: RemoteModel,
    { signal, weights, ...options }: RemoteSampleOptions,
  ): AsyncGenerator<RemoteFrame, void, void> {
    const request = { model: model.handle, trainer: weights?.handle, options };
    for await (const { id, item } of this.#calls.stream("sample", request, { signal })) {
      yield new RemoteFrame(this.#calls, id, item);
    }
  }

  /** A trainer of a model, as `Trainer.create` makes it. The images are copied to the worker. */
  async trainer(
    model: RemoteModel,
    source: SentData,
    options: Partial<HyperParameters> = {},
  ): Promise<RemoteTrainer> {
    const facts = await this.#calls.call("trainer", { model: model.handle, source, options });
    return new RemoteTrainer(this.#calls, model, facts);
  }

  /**
   * A trainer that goes on from a checkpoint, as `Trainer.resume`; its `model` is the checkpoint's.
   *
   * @param files  of `save`
   */
  async resume(
    files: FilesByPath,
    source: SentData,
    changes: Partial<HyperParameters> = {},
  ): Promise<RemoteTrainer> {
    const facts = await this.#calls.call("resume", { files, source, changes });
    return new RemoteTrainer(this.#calls, new RemoteModel(this.#calls, facts.model), facts.trainer);
  }

  /**
   * Trains as `Trainer.run` does; the worker is at most some steps ahead of the loop.
   *
   * @throws as `Trainer.run`; the signal's reason when it was aborted before the end
   */
  async *train(
    trainer: RemoteTrainer,
    { signal, steps, onNan, frameBudgetMs }: RemoteTrainOptions,
  ): AsyncGenerator<TrainingRecord, void, void> {
    const request = { trainer: trainer.handle, steps, onNan, frameBudgetMs };
    for await (const { item } of this.#calls.stream("train", request, { signal, ahead: AHEAD })) {
      trainer.step = item.step;
      yield item;
    }
  }

  /** The bound of a model on images, as `dataBound`; its last record holds the report. */
  async *dataBound(
    model: RemoteModel,
    { signal, weights, ...options }: RemoteBoundOptions,
  ): AsyncGenerator<DataBoundRecord, BoundReport | undefined, void> {
    const request = { model: model.handle, trainer: weights?.handle, options };
    const records = this.#calls.stream("bound", request, { signal, ahead: AHEAD });
    for await (const { item } of records) {
      yield item;
      if (item.report) return item.report;
    }
    return undefined;
  }

  /** Hands the worker a canvas to draw on: `element.transferControlToOffscreen()`. */
  async canvas(canvas: OffscreenCanvas): Promise<RemoteCanvas> {
    const handle = await this.#calls.call("canvas", { canvas }, { transfer: [canvas] });
    return new RemoteCanvas(this.#calls, handle);
  }

  /** Fails whatever is under way, frees all that lies in the worker, and ends it if it is our own. */
  dispose(): void {
    this.#calls.close(disposedOf());
    this.#end();
  }

  /** The worker itself failed: nothing will come back. */
  fail(reason: string): void {
    this.#calls.fail(
      new DeviceError(
        "device/worker",
        `WorkerClient: the worker failed: ${reason}.`,
        "Its script must be one that the server gives as JavaScript: see createWorkerClient.",
      ),
    );
  }
}
