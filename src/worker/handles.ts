// What lies in a worker for its page: models, trainers, canvases, by number.
import { DeviceError } from "../core/errors.ts";
import type { CanvasView } from "../device/canvas.ts";
import type { Gpu } from "../device/gpu.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { SampleFrame } from "../samplers/sample.ts";
import type { Trainer } from "../train/trainer.ts";
import type { FramePlace, Handle } from "./messages.ts";

/** A canvas of the page, and its view on the device of the last drawing. */
export interface ShownCanvas {
  canvas: OffscreenCanvas;
  view: { gpu: Gpu; view: CanvasView } | undefined;
}

interface Kinds {
  model: DiffusionModel;
  trainer: Trainer;
  canvas: ShownCanvas;
}

/** What a sampling stands at, and the device it is on. */
export interface HeldFrame {
  frame: SampleFrame;
  gpu: Gpu;
}

type Held = { [Kind in keyof Kinds]: { kind: Kind; value: Kinds[Kind] } }[keyof Kinds];

export class Handles {
  readonly #held = new Map<Handle, Held>();
  readonly #frames = new Map<number, HeldFrame>();
  #next = 1;

  put(held: Held): Handle {
    this.#held.set(this.#next, held);
    return this.#next++;
  }

  /** @throws DeviceError device/disposed for one that was freed, or is of another kind */
  get<Kind extends keyof Kinds>(kind: Kind, handle: Handle): Kinds[Kind] {
    const held = this.#held.get(handle);
    if (held?.kind === kind) return held.value as Kinds[Kind];
    throw gone(`worker: the ${kind} was disposed of, or belongs to another worker.`);
  }

  /** The frame that a sampling stands at. */
  setFrame(sampling: number, held: HeldFrame | undefined): void {
    if (held) this.#frames.set(sampling, held);
    else this.#frames.delete(sampling);
  }

  /** @throws DeviceError device/disposed where the loop has gone on */
  frame({ sampling, step }: FramePlace): HeldFrame {
    const held = this.#frames.get(sampling);
    if (held?.frame.step === step) return held;
    throw gone(`sample: the frame of step ${step} is past, the loop has gone on.`);
  }

  free(handle: Handle): void {
    const held = this.#held.get(handle);
    this.#held.delete(handle);
    if (held?.kind === "canvas") held.value.view?.view.dispose();
    else held?.value.dispose();
  }

  /** Frees all, trainers before their models. */
  clear(): void {
    for (const handle of [...this.#held.keys()].reverse()) this.free(handle);
    this.#frames.clear();
  }
}

const gone = (message: string): DeviceError =>
  new DeviceError(
    "device/disposed",
    message,
    "Ask a frame for its images before the next one; load what was disposed of again.",
  );
