// The images of a data set on the GPU, as bytes: in one buffer, or in several where one is too small.
//
// All of them lie there for the whole run. Data that do not fit the GPU's memory are refused when it
// is allocated (device/out-of-memory).
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, showShape } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Graph } from "../graph/graph.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { type Augmentation, batchImages, type ImagePart } from "../kernels/batch_images.ts";
import type { Dataset } from "./dataset.ts";

export interface ImagePartsOptions extends Augmentation {
  /** N */
  batch: number;
  /** u32 [8], see `STATE` */
  state: Tensor;
  /** u32 [ring, N]: the images of the batch of step s, in row s modulo ring */
  order: Tensor;
  /** bytes of a buffer at most; default: the largest binding of the device */
  partBytes?: number | undefined;
}

/** Images and their order, as `qSample` takes them. */
export interface OrderedImages {
  images: Tensor;
  order: Tensor;
}

export class ImageParts {
  /** one a part, and one of the batch's own order where it is gathered */
  readonly buffers: readonly ResidentBuffer[];
  readonly #data: Dataset;
  readonly #parts: readonly ImagePart[];
  readonly #options: ImagePartsOptions;
  /** u32 [1, N]: 0 … N − 1, the order of a gathered batch */
  readonly #rows: Tensor | undefined;

  /** @throws ShapeError where not even one image fits into a buffer */
  constructor(gpu: Gpu, data: Dataset, options: ImagePartsOptions) {
    const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
    const most = options.partBytes ?? Math.min(maxStorageBufferBindingSize, maxBufferSize);
    const ranges = partRanges(data, most);
    const buffers = ranges.map((_, part) => new ResidentBuffer(`train.images.${part}`));
    this.#parts = ranges.map(({ first, count }, part) => {
      const words = ceilDiv(count * imageBytes(data), 4);
      return { first, count, images: buffers[part]!.add([words], "images", "u32") };
    });
    const gathers = ranges.length > 1 || options.flip || options.randomCrop > 0;
    const rows = new ResidentBuffer("train.rows");
    if (gathers) this.#rows = rows.add([1, options.batch], "rows", "u32");
    this.buffers = gathers ? [...buffers, rows] : buffers;
    this.#data = data;
    this.#options = options;
  }

  /** The images that a step's batch is made of: those of the data, or gathered and changed ones. */
  record(graph: Graph): OrderedImages {
    const { batch, state, order, flip, randomCrop } = this.#options;
    if (!this.#rows) return { images: this.#parts[0]!.images, order };
    const shape = [batch, ...this.#data.shape];
    const inputs = { state, order, parts: this.#parts };
    return { images: batchImages(graph, inputs, { shape, flip, randomCrop }), order: this.#rows };
  }

  /** Uploads the images. Once, after the allocation. */
  write(gpu: Gpu): void {
    const size = imageBytes(this.#data);
    for (const { images, first, count } of this.#parts) {
      const bytes = this.#data.pixels.subarray(first * size, (first + count) * size);
      const whole = bytes.length - (bytes.length % 4); // writes are of whole words
      writeTensor(gpu, images, new Uint8Array(bytes.subarray(0, whole)));
      if (whole === bytes.length) continue;
      const last = new Uint8Array(4);
      last.set(bytes.subarray(whole));
      writeTensor(gpu, images, last, whole);
    }
    if (this.#rows) {
      const { batch } = this.#options;
      writeTensor(
        gpu,
        this.#rows,
        Uint32Array.from({ length: batch }, (_, n) => n),
      );
    }
  }
}

const imageBytes = ({ shape: [C, H, W] }: Dataset): number => C * H * W;

/**
 * The images of each buffer: as many as it holds, the rest in the last.
 *
 * @param most  bytes of a buffer
 * @throws ShapeError where not even one image fits
 */
export function partRanges(data: Dataset, most: number): { first: number; count: number }[] {
  const { count, name, shape } = data;
  const images = Math.floor(most / imageBytes(data));
  if (images < 1) {
    throw new ShapeError(
      "shape/image",
      `train: a buffer of this device holds ${most} bytes, an image of ${name} takes ` +
        `${imageBytes(data)} (${showShape(shape)}).`,
      "Make the images smaller.",
    );
  }
  return Array.from({ length: ceilDiv(count, images) }, (_, part) => {
    const first = part * images;
    return { first, count: Math.min(images, count - first) };
  });
}
