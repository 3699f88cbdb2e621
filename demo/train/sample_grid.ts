// The grids drawn so far: the last one, or an earlier one that the slider asks for.

const GAP = 1; // in the images' own pixels

/** Pictures, [count, C, H, W], bytes 0 … 255. */
export interface SampleGrid {
  /** training steps done when they were drawn */
  step: number;
  shape: readonly [count: number, channels: number, height: number, width: number];
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

/** Images side by side, in a square or nearly one. */
function draw(canvas: HTMLCanvasElement, { shape, pixels }: SampleGrid): void {
  const [count, C, H, W] = shape;
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  canvas.width = columns * (W + GAP) - GAP;
  canvas.height = rows * (H + GAP) - GAP;
  const context = contextOf(canvas);
  for (let n = 0; n < count; n++) {
    const image = new ImageData(W, H);
    const byte = (c: number, i: number) => pixels[(n * C + Math.min(c, C - 1)) * H * W + i]!;
    for (let i = 0; i < H * W; i++) {
      image.data.set([byte(0, i), byte(1, i), byte(2, i), 255], 4 * i);
    }
    const [row, column] = [Math.floor(n / columns), n % columns];
    context?.putImageData(image, column * (W + GAP), row * (H + GAP));
  }
}

/** Kept in memory, not on the GPU: if that is lost, the pictures stay. */
const contextOf = (canvas: HTMLCanvasElement) =>
  canvas.getContext("2d", { willReadFrequently: true });
