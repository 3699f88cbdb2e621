// The properties of <diffusion-canvas>: each is its attribute. And its events, typed.
import type { SamplerName } from "../samplers/plan.ts";
import { DEFAULTS, numberOf, type Observed } from "./attributes.ts";

/** By name: what `detail` holds. They do not bubble. */
export interface DiffusionCanvasEvents {
  /** after every step */
  progress: CustomEvent<{ step: number; of: number }>;
  /** the pictures are there: `images` is [count, C, H, W] in [−1, 1] */
  done: CustomEvent<{ images: Float32Array; shape: readonly [number, number, number, number] }>;
  error: CustomEvent<{ error: Error }>;
}

const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

type Listener = EventListenerOrEventListenerObject;

export class ReflectedElement extends Base {
  get src(): string {
    return this.getAttribute("src") ?? "";
  }
  set src(value: string) {
    this.setAttribute("src", value);
  }

  get steps(): number {
    return this.#number("steps", DEFAULTS.steps);
  }
  set steps(value: number) {
    this.setAttribute("steps", String(value));
  }

  get seed(): number {
    return this.#number("seed", DEFAULTS.seed);
  }
  set seed(value: number) {
    this.setAttribute("seed", String(value));
  }

  get count(): number {
    return this.#number("count", DEFAULTS.count);
  }
  set count(value: number) {
    this.setAttribute("count", String(value));
  }

  get guidance(): number {
    return this.#number("guidance", DEFAULTS.guidance);
  }
  set guidance(value: number) {
    this.setAttribute("guidance", String(value));
  }

  get eta(): number {
    return this.#number("eta", DEFAULTS.eta);
  }
  set eta(value: number) {
    this.setAttribute("eta", String(value));
  }

  /** undefined: what the model's scheduler names */
  get sampler(): SamplerName | undefined {
    return (this.getAttribute("sampler") as SamplerName | null) ?? undefined;
  }
  set sampler(value: SamplerName | undefined) {
    this.#reflect("sampler", value);
  }

  /** undefined: none */
  get classLabel(): number | undefined {
    const text = this.getAttribute("class-label");
    return text === null || text === "" ? undefined : Number(text);
  }
  set classLabel(value: number | undefined) {
    this.#reflect("class-label", value);
  }

  get autoplay(): boolean {
    return this.hasAttribute("autoplay");
  }
  set autoplay(value: boolean) {
    this.toggleAttribute("autoplay", value);
  }

  override addEventListener<Name extends keyof DiffusionCanvasEvents>(
    type: Name,
    listener: (event: DiffusionCanvasEvents[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
  }

  #number(name: Observed, otherwise: number): number {
    return numberOf(this.getAttribute(name), otherwise);
  }

  #reflect(name: Observed, value: string | number | undefined): void {
    if (value === undefined) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }
}
