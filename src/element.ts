// The door to <diffusion-canvas>: importing it defines the element, where there are elements.
import { DiffusionCanvas } from "./element/element.ts";

export { DiffusionCanvas } from "./element/element.ts";
export type { DiffusionCanvasEvents } from "./element/reflected.ts";

declare global {
  interface HTMLElementTagNameMap {
    "diffusion-canvas": DiffusionCanvas;
  }
}

const registry = globalThis.customElements as CustomElementRegistry | undefined;
if (registry && !registry.get("diffusion-canvas")) {
  registry.define("diffusion-canvas", DiffusionCanvas);
}
