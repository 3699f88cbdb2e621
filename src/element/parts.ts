// What is in a <diffusion-canvas>: a canvas that fills the element, or words in its place.
import { CanvasView } from "../device/canvas.ts";
import type { Gpu } from "../device/gpu.ts";

const STYLE = `
:host { display: inline-block; vertical-align: middle; }
:host([hidden]) { display: none; }
canvas { display: block; width: 100%; height: 100%; object-fit: contain; image-rendering: pixelated; }
canvas[hidden], slot[hidden], p[hidden] { display: none; }
p { margin: 0; padding: 0.5em; }
`;

export class Parts {
  readonly #host: HTMLElement;
  readonly #root: ShadowRoot;
  readonly #message: HTMLParagraphElement;
  readonly #slot: HTMLSlotElement;
  #canvas: HTMLCanvasElement;
  #view: { gpu: Gpu; view: CanvasView } | undefined;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#root = host.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet(); // a page's content policy may refuse a <style>
    style.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [style];
    this.#message = document.createElement("p");
    this.#message.setAttribute("part", "message");
    this.#message.setAttribute("role", "status");
    this.#message.hidden = true;
    this.#slot = document.createElement("slot");
    this.#slot.hidden = true;
    this.#canvas = newCanvas();
    this.#root.append(this.#canvas, this.#message, this.#slot);
  }

  /** Shows a texture of a device in the canvas. */
  show(gpu: Gpu, texture: GPUTexture, label: string): void {
    if (this.#view?.gpu !== gpu) {
      if (this.#view) this.#renew();
      this.#view = { gpu, view: new CanvasView(gpu, this.#canvas) };
    }
    this.#view.view.show(texture);
    this.#canvas.setAttribute("aria-label", this.#host.getAttribute("aria-label") ?? label);
    this.#say("");
  }

  /** Shows the element's own content, or words where it has none, instead of the canvas. */
  tell(words: string): void {
    this.#say(words);
  }

  /** One that is not configured any more would keep its last picture: a new one takes its place. */
  #renew(): void {
    const next = newCanvas();
    this.#view?.view.dispose();
    this.#canvas.replaceWith(next);
    this.#canvas = next;
  }

  #say(words: string): void {
    const hasContent = this.#host.children.length > 0;
    this.#canvas.hidden = words !== "";
    this.#message.hidden = words === "" || hasContent;
    this.#slot.hidden = words === "" || !hasContent;
    this.#message.textContent = words;
  }
}

function newCanvas(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  canvas.setAttribute("part", "canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "No picture yet");
  return canvas;
}
