// The grids drawn so far: the last one, or an earlier one that the slider asks for.
import { gridImage, type PicturesShape } from "../shared/grid.ts";

/** Pictures, [count, C, H, W], bytes 0 … 255. */
export interface SampleGrid {
  /** training steps done when they were drawn */
  step: number;
  shape: PicturesShape;
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

export interface GridElements {
  canvas: HTMLCanvasElement;
  slider: HTMLInputElement;
  caption: HTMLElement;
}

export class SampleGrids {
  readonly #elements: GridElements;
  #grids: SampleGrid[] = [];

  constructor(elements: GridElements) {
    this.#elements = elements;
    elements.slider.addEventListener("input", () => this.#show(elements.slider.valueAsNumber));
  }

  begin(): void {
    this.#grids = [];
    const { canvas, slider, caption } = this.#elements;
    contextOf(canvas)?.clearRect(0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", "No samples yet");
    caption.textContent = "none yet";
    slider.disabled = true;
    slider.max = "0";
  }

  /** Shows a new grid, unless the reader is looking at an earlier one. */
  push(grid: SampleGrid): void {
    const { slider } = this.#elements;
    const isAtEnd = slider.valueAsNumber === Number(slider.max);
    this.#grids.push(grid);
    slider.max = String(this.#grids.length - 1);
    slider.disabled = this.#grids.length < 2;
    if (isAtEnd) slider.value = slider.max;
    if (isAtEnd) this.#show(this.#grids.length - 1);
  }

  #show(index: number): void {
    const grid = this.#grids[index];
    if (!grid) return;
    const { canvas, slider, caption } = this.#elements;
    draw(canvas, grid);
    const when = `after ${grid.step} ${grid.step === 1 ? "step" : "steps"}`;
    canvas.setAttribute("aria-label", `${grid.shape[0]} samples ${when}`);
    caption.textContent = when;
    slider.setAttribute("aria-valuetext", when);
  }
}

/** In a square or nearly one. */
function draw(canvas: HTMLCanvasElement, { shape, pixels }: SampleGrid): void {
  const grid = gridImage(pixels, shape, Math.ceil(Math.sqrt(shape[0])));
  canvas.width = grid.width;
  canvas.height = grid.height;
  contextOf(canvas)?.putImageData(grid, 0, 0);
}

/** Kept in memory, not on the GPU: if that is lost, the pictures stay. */
const contextOf = (canvas: HTMLCanvasElement) =>
  canvas.getContext("2d", { willReadFrequently: true });
