// <diffusion-canvas>: a model's pictures, drawn in a page by attributes alone.
//
// Importing this touches no global but to look for HTMLElement, so that servers can. An element draws
// one sampling at a time: each start ends the one before it.
import { DiffusionError } from "../core/errors.ts";
import { loadModel } from "../data/load_model.ts";
import type { Gpu } from "../device/gpu.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { type SampleFrame, sample } from "../samplers/sample.ts";
import { OBSERVED, requestOf } from "./attributes.ts";
import { pageGpu } from "./page_gpu.ts";
import { Parts } from "./parts.ts";
import { type DiffusionCanvasEvents, ReflectedElement } from "./reflected.ts";
import { labelFor, wordsFor } from "./words.ts";

/** ms of GPU work between two chances for the page to draw. */
const FRAME_BUDGET_MS = 8;

/**
 * `<diffusion-canvas src="models/fashion/" count="16" autoplay></diffusion-canvas>`
 *
 * | attribute     | property     | is                                                                  |
 * |---------------|--------------|---------------------------------------------------------------------|
 * | `src`         | `src`        | a model's folder, or a .zip of one; relative to the page            |
 * | `steps`       | `steps`      | of the sampler, default 20                                          |
 * | `seed`        | `seed`       | default 0                                                           |
 * | `sampler`     | `sampler`    | default: what the model's scheduler names                           |
 * | `count`       | `count`      | pictures, default 1                                                 |
 * | `class-label` | `classLabel` | a whole number, for a class-conditional model                       |
 * | `guidance`    | `guidance`   | w of classifier-free guidance, with a class; default 1: none        |
 * | `eta`         | `eta`        | of ddim, default 0                                                  |
 * | `autoplay`    | `autoplay`   | starts as soon as it is in a page                                   |
 *
 * The canvas fills the element; without a size the element has the picture's. `::part(canvas)` and
 * `::part(message)` can be styled. What stands between the tags is shown where nothing can be drawn;
 * else a sentence is. Where less motion is preferred, only the finished picture is shown.
 */
export class DiffusionCanvas extends ReflectedElement {
  static readonly observedAttributes: readonly string[] = [...OBSERVED, "autoplay"];
  /** a device to share, set before it starts; default: one for all elements of the page */
  gpu: Gpu | undefined;
  #parts: Parts | undefined;
  #loaded: { key: string; gpu: Gpu; model: DiffusionModel } | undefined;
  #playing: AbortController | undefined;
  #turn: Promise<void> = Promise.resolve();
  #isPlayed = false;
  #isDue = false;
  #isDrawing = false;

  connectedCallback(): void {
    this.#parts ??= new Parts(this);
    if (this.autoplay) this.#begin();
  }

  disconnectedCallback(): void {
    this.stop();
    this.#isPlayed = false;
    void this.#after(async () => {
      if (!this.isConnected) this.#unload();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return;
    const starts = name === "autoplay" ? after !== null && !this.#isPlayed : this.#isPlayed;
    if (starts) this.#begin();
  }

  /** Draws, from the beginning; what is under way ends. Resolves when it is done or has ended. */
  play(): Promise<void> {
    this.stop();
    this.#isPlayed = true;
    const playing = new AbortController();
    this.#playing = playing;
    return this.#after(() => this.#draw(playing.signal));
  }

  /** Ends what is under way; the last picture stays. */
  stop(): void {
    this.#playing?.abort();
    this.#playing = undefined;
  }

  /** One start for all attributes that a script changes at once. */
  #begin(): void {
    this.#isPlayed = true;
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.isConnected) void this.play();
    });
  }

  /** One thing at a time: what ends frees its memory before the next begins. */
  #after(doing: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(doing);
    return this.#turn;
  }

  async #draw(signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.src) return;
    this.#isDrawing = true;
    try {
      const model = await this.#model(signal);
      const options = { ...requestOf((name) => this.getAttribute(name)), signal };
      const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
      for await (const frame of sample(model, { ...options, frameBudgetMs: FRAME_BUDGET_MS })) {
        if (signal.aborted) break;
        await this.#show(frame, { model, isStill, signal });
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    } finally {
      this.#isDrawing = false;
    }
  }

  async #show(
    frame: SampleFrame,
    { model, isStill, signal }: { model: DiffusionModel; isStill: boolean; signal: AbortSignal },
  ): Promise<void> {
    const { step, of, shape } = frame;
    if (!isStill || step === of) {
      this.#parts?.show(model.gpu, await frame.texture("x"), labelFor(shape[0]));
    }
    this.#tell("progress", { step, of });
    if (step < of) return;
    const images = await frame.images();
    if (!signal.aborted) this.#tell("done", { images, shape });
  }

  /** The model of `src`, loaded once on a device that lives. */
  async #model(signal: AbortSignal): Promise<DiffusionModel> {
    const gpu = this.gpu ?? (await pageGpu());
    const { src: key } = this;
    if (this.#loaded?.key === key && this.#loaded.gpu === gpu) return this.#loaded.model;
    this.#unload();
    const model = await loadModel(gpu, key, { signal });
    this.#loaded = { key, gpu, model };
    gpu.device.lost.then(() => this.#onLoss(gpu));
    return model;
  }

  /** Of a device whose picture is shown: while one is drawn the drawing itself fails. */
  #onLoss(gpu: Gpu): void {
    if (this.#isDrawing || this.#loaded?.gpu !== gpu) return;
    try {
      gpu.check();
    } catch (error) {
      this.#fail(error);
    }
  }

  #unload(): void {
    this.#loaded?.model.dispose();
    this.#loaded = undefined;
  }

  #fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const words = error instanceof DiffusionError ? wordsFor(error.code) : undefined;
    if (words) this.#parts?.tell(words);
    this.#tell("error", { error });
  }

  #tell<Name extends keyof DiffusionCanvasEvents>(
    name: Name,
    detail: DiffusionCanvasEvents[Name]["detail"],
  ): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
