// What a page and its worker say to each other. Types alone, but for the name of the protocol.
//
// The page starts operations, each under a number. A worker answers with items, each of which the page
// has to ask for, and with one end or failure. Tables, models, trainers and canvases stay in the
// worker: a handle is a number that stands for one.
import type { Folder } from "../data/load_folder.ts";
import type { FilesByPath } from "../data/model_source.ts";
import type { LoadProgress } from "../data/web_files.ts";
import type { BoundReport, DataBoundOptions, DataBoundRecord } from "../evaluate/data_bound.ts";
import type { WriteOptions } from "../formats/model_files.ts";
import type { UNetConfig } from "../formats/unet_config.ts";
import type { PlanReport } from "../graph/plan.ts";
import type { SampleOptions } from "../samplers/request.ts";
import type { SteeringLoss } from "../samplers/steering.ts";
import type { View } from "../samplers/views.ts";
import type { Dataset } from "../train/dataset.ts";
import type { GivenValues } from "../train/given_batch.ts";
import type { HyperParameters } from "../train/hyper_parameters.ts";
import type { NanPolicy } from "../train/not_finite.ts";
import type { SavedBy } from "../train/saved_trainer.ts";
import type { TrainingRecord } from "../train/step_records.ts";
import type { LossHistogram } from "../train/timestep_losses.ts";

/** In every message: others on the same channel, and other versions, are passed over. */
export const PROTOCOL = "wgsl-diffusion/1";

/** Stands for what lies in the worker. */
export type Handle = number;

export interface OpenRequest {
  powerPreference?: GPUPowerPreference | undefined;
  /** tests every kernel family first, as `Gpu.open({ selfTest })`. Default false */
  selfTest?: boolean | undefined;
  /** gives every family its plain variants. Default false */
  plain?: boolean | undefined;
  /** takes no tuned choice, as `Gpu.open({ deterministic })`. Default false */
  deterministic?: boolean | undefined;
}

/** What the worker's device is. */
export interface GpuFacts {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  /** it runs on the processor: many times slower than a GPU */
  isSoftware: boolean;
  features: readonly string[];
}

export interface ModelFacts {
  handle: Handle;
  config: UNetConfig;
  scheduler: Record<string, unknown> | undefined;
  /** numbers of its weights */
  parameters: number;
}

export interface TrainerFacts {
  handle: Handle;
  options: HyperParameters;
  report: PlanReport;
  /** steps done */
  step: number;
}

export interface FrameFacts {
  step: number;
  of: number;
  timestep: number;
  shape: readonly [number, number, number, number];
}

/** A frame of a sampling that is under way. */
export interface FramePlace {
  /** number of its operation */
  sampling: number;
  step: number;
  view: View;
}

/** Trained on: images, or batches that are given whole. */
export type SentData =
  | { data: Dataset }
  | { batches: readonly GivenValues[]; shape: readonly [number, number, number, number] };

/** Steering goes as numbers and text; the worker makes it. */
export interface SentSampling extends Omit<SampleOptions, "signal" | "steer" | "weights"> {
  steer?: SteeringLoss | undefined;
}

export type SentBound = Omit<DataBoundOptions, "signal" | "weights">;

interface Operation<Request, Item, Value> {
  request: Request;
  /** of which there may be many */
  item: Item;
  /** the one at the end */
  value: Value;
}

/** What can be asked for. */
export interface Operations {
  open: Operation<OpenRequest, never, GpuFacts>;
  load: Operation<{ folder: Folder }, LoadProgress, ModelFacts>;
  create: Operation<
    {
      config: UNetConfig;
      seed: number | bigint;
      scheduler: Record<string, unknown> | undefined;
    },
    never,
    ModelFacts
  >;
  files: Operation<
    { model: Handle; trainer: Handle | undefined; options: WriteOptions },
    never,
    Map<string, Uint8Array>
  >;
  sample: Operation<
    { model: Handle; trainer: Handle | undefined; options: SentSampling },
    FrameFacts,
    void
  >;
  read: Operation<FramePlace, never, Float32Array<ArrayBuffer>>;
  picture: Operation<FramePlace, never, ImageBitmap>;
  draw: Operation<FramePlace & { canvas: Handle }, never, void>;
  canvas: Operation<{ canvas: OffscreenCanvas }, never, Handle>;
  trainer: Operation<
    { model: Handle; source: SentData; options: Partial<HyperParameters> },
    never,
    TrainerFacts
  >;
  resume: Operation<
    { files: FilesByPath; source: SentData; changes: Partial<HyperParameters> },
    never,
    { model: ModelFacts; trainer: TrainerFacts }
  >;
  train: Operation<
    {
      trainer: Handle;
      steps: number;
      onNan: NanPolicy | undefined;
      frameBudgetMs: number | undefined;
    },
    TrainingRecord,
    void
  >;
  save: Operation<{ trainer: Handle; by: SavedBy }, never, Map<string, Uint8Array>>;
  losses: Operation<{ trainer: Handle }, never, LossHistogram>;
  bound: Operation<
    { model: Handle; trainer: Handle | undefined; options: SentBound },
    DataBoundRecord,
    BoundReport | undefined
  >;
  free: Operation<{ handle: Handle }, never, void>;
}

export type OperationName = keyof Operations;
export type RequestOf<Name extends OperationName> = Operations[Name]["request"];
export type ItemOf<Name extends OperationName> = Operations[Name]["item"];
export type ValueOf<Name extends OperationName> = Operations[Name]["value"];

/** An error as data: see ./errors.ts. */
export interface ErrorRecord {
  name: string;
  message: string;
  /** there for the package's own errors */
  code?: string | undefined;
  hint?: string | undefined;
  stack?: string | undefined;
  cause?: ErrorRecord | undefined;
}

export type Start = {
  [Name in OperationName]: {
    type: "start";
    id: number;
    name: Name;
    request: RequestOf<Name>;
    /** items that may be sent before the page asks for more; Infinity for progress */
    credits: number;
  };
}[OperationName];

export type ToWorker =
  | Start
  /** one item more */
  | { type: "want"; id: number }
  /** the page's signal was aborted */
  | { type: "abort"; id: number }
  /** the page left the loop */
  | { type: "leave"; id: number }
  /** frees everything */
  | { type: "close" };

export type Answer =
  | { type: "item"; id: number; item: unknown }
  | { type: "end"; id: number; value: unknown }
  /** `isAbort`: it ended by the page's signal */
  | { type: "failed"; id: number; error: ErrorRecord; isAbort: boolean };

export type FromWorker = Answer | { type: "lost"; error: ErrorRecord };

/** What messages go through: a Worker, a worker's own scope, an end of a MessageChannel. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  /** of a MessagePort: it is silent before */
  start?(): void;
}

/** Sends a message, and listens to those of the other side. */
export class Channel<Sent extends object, Received> {
  readonly #port: Port;

  constructor(port: Port) {
    this.#port = port;
  }

  send(message: Sent, transfer: Transferable[] = []): void {
    this.#port.postMessage({ ...message, protocol: PROTOCOL }, transfer);
  }

  /** @returns ends the listening */
  listen(take: (message: Received) => void): () => void {
    const heard = ({ data }: MessageEvent) => {
      if (data?.protocol === PROTOCOL) take(data as Received);
    };
    this.#port.addEventListener("message", heard);
    this.#port.start?.();
    return () => this.#port.removeEventListener("message", heard);
  }
}
