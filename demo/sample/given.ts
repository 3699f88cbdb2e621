// The reader's picture: opened, dropped or taken from the grid; and the part of it that a brush rubs out.
import { element } from "../shared/elements.ts";

const BRUSH = 2.5; // its radius, in the picture's pixels
const RUBBED = [176, 98, 58, 255] as const; // shown where the picture is to be made anew

/** As the engine takes it: a picture in [−1, 1], and 1 where it is kept. [1, C, H, W] both. */
export interface Given {
  image: { shape: readonly number[]; data: Float32Array };
  mask: { shape: readonly number[]; data: Float32Array };
}

export class GivenPicture {
  readonly #canvas = element("picture", HTMLCanvasElement);
  #shape: readonly [channels: number, height: number, width: number] = [1, 28, 28];
  #values: Float32Array | undefined;
  #kept = new Float32Array(28 * 28).fill(1);
  #isRubbing = false;

  /** @param changed  after a stroke of the brush, or another picture */
  constructor(changed: () => void) {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (document.body.dataset.task !== "repair") return;
      canvas.setPointerCapture(event.pointerId);
      this.#isRubbing = true;
      this.#rub(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#isRubbing) this.#rub(event);
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(end, () => {
        if (this.#isRubbing) changed();
        this.#isRubbing = false;
      });
    }
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-half]")) {
      button.addEventListener("click", () => {
        this.#rubHalf(button.dataset.half!);
        changed();
      });
    }
  }

  /** What the model draws: a picture of another shape is forgotten. */
  set shape(shape: readonly [channels: number, height: number, width: number]) {
    if (String(shape) === String(this.#shape)) return;
    this.#shape = shape;
    this.#values = undefined;
    this.#kept = new Float32Array(shape[1] * shape[2]).fill(1);
  }

  get given(): Given | undefined {
    if (!this.#values) return undefined;
    const [C, H, W] = this.#shape;
    const shape = [1, C, H, W];
    const mask = Float32Array.from({ length: C * H * W }, (_, i) => this.#kept[i % (H * W)]!);
    return { image: { shape, data: this.#values }, mask: { shape, data: mask } };
  }

  /** @param values  [C, H, W] in [−1, 1] */
  set(values: Float32Array): void {
    this.#values = values;
    this.#draw();
  }

  /** A picture of any kind and size, its middle cut out and scaled. @throws where it is none */
  async open(file: Blob): Promise<void> {
    const [C, H, W] = this.#shape;
    const bitmap = await createImageBitmap(file);
    const context = new OffscreenCanvas(W, H).getContext("2d", { willReadFrequently: true })!;
    const side = Math.min(bitmap.width / W, bitmap.height / H);
    const [width, height] = [side * W, side * H];
    const [left, top] = [(bitmap.width - width) / 2, (bitmap.height - height) / 2];
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, left, top, width, height, 0, 0, W, H);
    bitmap.close();
    const { data } = context.getImageData(0, 0, W, H);
    const size = H * W;
    this.set(
      Float32Array.from({ length: C * size }, (_, i) => {
        const at = 4 * (i % size);
        const grey = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
        return (C === 1 ? grey : data[at + Math.floor(i / size)]!) / 127.5 - 1;
      }),
    );
  }

  #rub({ clientX, clientY }: PointerEvent): void {
    const [, H, W] = this.#shape;
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const [x, y] = [((clientX - left) / width) * W, ((clientY - top) / height) * H];
    this.#keep(
      (i, j) => (i + 0.5 - y) ** 2 + (j + 0.5 - x) ** 2 > BRUSH ** 2 && this.#isKept(i, j),
    );
  }

  #rubHalf(half: string): void {
    const [, H, W] = this.#shape;
    this.#keep((i, j) => {
      if (half === "top") return i >= H / 2;
      if (half === "bottom") return i < H / 2;
      if (half === "left") return j >= W / 2;
      if (half === "right") return j < W / 2;
      return true;
    });
  }

  #isKept(i: number, j: number): boolean {
    return this.#kept[i * this.#shape[2] + j] === 1;
  }

  #keep(isKept: (i: number, j: number) => boolean): void {
    const W = this.#shape[2];
    this.#kept = this.#kept.map((_, n) => (isKept(Math.floor(n / W), n % W) ? 1 : 0));
    this.#draw();
  }

  #draw(): void {
    const [C, H, W] = this.#shape;
    const [values, size] = [this.#values, H * W];
    if (!values) return;
    const picture = new ImageData(W, H);
    for (let i = 0; i < size; i++) {
      const byte = (c: number) => (values[Math.min(c, C - 1) * size + i]! + 1) * 127.5;
      picture.data.set(this.#kept[i] ? [byte(0), byte(1), byte(2), 255] : RUBBED, 4 * i);
    }
    this.#canvas.width = W;
    this.#canvas.height = H;
    this.#canvas.getContext("2d", { willReadFrequently: true })?.putImageData(picture, 0, 0);
  }
}
