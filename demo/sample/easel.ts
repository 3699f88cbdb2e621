// The grid, the slider over its steps, and the choice of what is shown of each.
import { element } from "../shared/elements.ts";
import { gridOf, type Still, VIEWS, type View } from "./film.ts";

const MEANINGS: Record<View, string> = {
  x: "x_t, the picture with the noise that is still in it: what the network is shown at step t.",
  x0Hat: "x̂_0, what the network takes the finished picture to be, seen from step t.",
  epsHat: "ε̂, what it takes the noise in x_t to be. Grey is 0; black and white are −3 and 3.",
};

export class Easel {
  readonly #canvas = element("grid", HTMLCanvasElement);
  readonly #slider = element("when", HTMLInputElement);
  readonly #meaning = element("meaning", HTMLElement);
  #stills: Still[] = [];

  constructor() {
    this.#slider.addEventListener("input", () => this.#show());
    element("views", HTMLFieldSetElement).addEventListener("change", () => this.#show());
    this.#meaning.textContent = MEANINGS[this.view];
  }

  get view(): View {
    const chosen = document.querySelector<HTMLInputElement>("#views :checked")?.value;
    return VIEWS.find((view) => view === chosen) ?? "x";
  }

  get stills(): readonly Still[] {
    return this.#stills;
  }

  /** The one that is shown. */
  get shown(): Still | undefined {
    return this.#stills[this.#slider.valueAsNumber];
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  begin(): void {
    this.#stills = [];
    this.#slider.max = "0";
  }

  /** Shows a new step. */
  push(still: Still): void {
    this.#stills.push(still);
    this.#slider.disabled = this.#stills.length < 2;
    this.#slider.max = String(this.#stills.length - 1);
    this.#slider.value = this.#slider.max;
    this.#show();
  }

  #show(): void {
    const { view, shown } = this;
    this.#meaning.textContent = MEANINGS[view];
    if (!shown) return;
    const grid = gridOf(shown, view);
    this.#canvas.width = grid.width;
    this.#canvas.height = grid.height;
    this.#canvas.style.aspectRatio = `${grid.width} / ${grid.height}`;
    this.#canvas.getContext("2d", { willReadFrequently: true })?.putImageData(grid, 0, 0);
    const words = `step ${shown.step} of ${shown.of}, t = ${Math.round(shown.timestep)}`;
    this.#canvas.setAttribute("aria-label", `${shown.shape[0]} pictures, ${words}`);
    this.#slider.setAttribute("aria-valuetext", words);
  }
}
