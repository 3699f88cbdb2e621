// What a page holds for what lies in its worker: the same names as the package's own classes.
import type { WriteOptions } from "../formats/model_files.ts";
import type { UNetConfig } from "../formats/unet_config.ts";
import type { PlanReport } from "../graph/plan.ts";
import type { ImageShape } from "../samplers/request.ts";
import type { View } from "../samplers/views.ts";
import type { HyperParameters } from "../train/hyper_parameters.ts";
import type { SavedBy } from "../train/saved_trainer.ts";
import type { LossHistogram } from "../train/timestep_losses.ts";
import type { Calls } from "./calls.ts";
import type { FrameFacts, Handle, ModelFacts, TrainerFacts } from "./messages.ts";

/** A model on the worker's device. */
export class RemoteModel {
  readonly config: UNetConfig;
  readonly scheduler: Record<string, unknown> | undefined;
  /** numbers of its weights */
  readonly parameters: number;
  readonly handle: Handle;
  readonly #calls: Calls;

  constructor(calls: Calls, { handle, config, scheduler, parameters }: ModelFacts) {
    this.#calls = calls;
    this.handle = handle;
    this.config = config;
    this.scheduler = scheduler;
    this.parameters = parameters;
  }

  /**
   * The files of a folder that diffusers opens; `zipFiles` makes an archive of them.
   *
   * @param trainer  its average of the weights, instead of the model's own
   */
  files(trainer?: RemoteTrainer, options: WriteOptions = {}): Promise<Map<string, Uint8Array>> {
    return this.#calls.call("files", { model: this.handle, trainer: trainer?.handle, options });
  }

  dispose(): Promise<void> {
    return this.#calls.call("free", { handle: this.handle });
  }
}

/** A trainer in the worker. */
export class RemoteTrainer {
  readonly model: RemoteModel;
  readonly options: HyperParameters;
  /** dispatches and memory of one step */
  readonly report: PlanReport;
  readonly handle: Handle;
  /** steps whose records have come */
  step: number;
  readonly #calls: Calls;

  constructor(calls: Calls, model: RemoteModel, { handle, options, report, step }: TrainerFacts) {
    this.#calls = calls;
    this.model = model;
    this.handle = handle;
    this.options = options;
    this.report = report;
    this.step = step;
  }

  /** The files of a checkpoint, as `Trainer.save` gives them. Outside the loop of `train`. */
  save(by: SavedBy = {}): Promise<Map<string, Uint8Array>> {
    return this.#calls.call("save", { trainer: this.handle, by });
  }

  lossByTimestep(): Promise<LossHistogram> {
    return this.#calls.call("losses", { trainer: this.handle });
  }

  /** Frees all that belongs to training; the model lives on. */
  dispose(): Promise<void> {
    return this.#calls.call("free", { handle: this.handle });
  }
}

/** A canvas of the page that the worker draws on. */
export class RemoteCanvas {
  readonly handle: Handle;
  readonly #calls: Calls;

  constructor(calls: Calls, handle: Handle) {
    this.#calls = calls;
    this.handle = handle;
  }

  dispose(): Promise<void> {
    return this.#calls.call("free", { handle: this.handle });
  }
}

/** The state after one row. Ask it for its images before the loop goes on: the worker waits. */
export class RemoteFrame {
  /** rows done, 1 … of */
  readonly step: number;
  readonly of: number;
  /** what the network was asked at */
  readonly timestep: number;
  readonly shape: ImageShape;
  readonly #calls: Calls;
  readonly #sampling: number;

  constructor(calls: Calls, sampling: number, { step, of, timestep, shape }: FrameFacts) {
    this.#calls = calls;
    this.#sampling = sampling;
    this.step = step;
    this.of = of;
    this.timestep = timestep;
    this.shape = shape;
  }

  /** x after the row, [count, C, H, W]. @throws DeviceError device/disposed once the loop has gone on */
  images(): Promise<Float32Array<ArrayBuffer>> {
    return this.#calls.call("read", this.#place("x"));
  }

  /** x̂_0 of the row */
  x0Hat(): Promise<Float32Array<ArrayBuffer>> {
    return this.#calls.call("read", this.#place("x0Hat"));
  }

  /** ε̂ of the row */
  epsHat(): Promise<Float32Array<ArrayBuffer>> {
    return this.#calls.call("read", this.#place("epsHat"));
  }

  /** One of them as a picture, ⌈√count⌉ images in a row. @throws ShapeError unless C is 1 or 3 */
  bitmap(view: View = "x"): Promise<ImageBitmap> {
    return this.#calls.call("picture", this.#place(view));
  }

  /** Draws one of them on a canvas, which takes the picture's size; nothing is read back. */
  draw(canvas: RemoteCanvas, view: View = "x"): Promise<void> {
    return this.#calls.call("draw", { ...this.#place(view), canvas: canvas.handle });
  }

  #place(view: View) {
    return { sampling: this.#sampling, step: this.step, view };
  }
}
