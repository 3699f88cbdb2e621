// Images in memory as bytes, [count, C, H, W]: what the batch kernel reads. No files here.
import { FileError, ShapeError } from "../core/errors.ts";
import { readIdx } from "../formats/idx.ts";
import type { ImageBytes } from "../formats/image_bytes.ts";

export interface Dataset extends ImageBytes {
  readonly name: string;
  /** the labels' names, where they have some */
  readonly classes?: readonly string[] | undefined;
}

/**
 * Grey images of an IDX file, gzipped or not.
 *
 * @throws FileError where the file is not one of images [count, H, W]
 */
export async function idxDataset(bytes: Uint8Array, name: string): Promise<Dataset> {
  const { shape, data } = await readIdx(bytes, name);
  const [count, H, W] = shape;
  if (shape.length === 3 && count && H && W) return { name, count, shape: [1, H, W], pixels: data };
  throw new FileError(
    "file/idx",
    `${name}: must hold images [count, H, W], got [${shape.join(", ")}].`,
    "Labels are in a file of their own; give the one with the images.",
  );
}

/**
 * A data set with its labels from an IDX file, gzipped or not.
 *
 * @throws FileError where the file is not one of a label for each image
 */
export async function withLabels(
  dataset: Dataset,
  bytes: Uint8Array,
  name: string,
): Promise<Dataset> {
  const { shape, data } = await readIdx(bytes, name);
  if (shape.length === 1 && shape[0] === dataset.count) return { ...dataset, labels: data };
  throw new FileError(
    "file/idx",
    `${name}: must hold a label for each of the ${dataset.count} images of ${dataset.name}, ` +
      `got [${shape.join(", ")}].`,
    "Give the labels that belong to these images.",
  );
}

/** Classes of a data set's labels: as many as are named, or the largest label and 1; 0 without any. */
export function classCount({ labels, classes }: Dataset): number {
  let count = labels ? (classes?.length ?? 1) : 0;
  for (const label of labels ?? []) count = Math.max(count, label + 1);
  return count;
}

/**
 * The same images at another size: shrunk by whole factors (means of blocks) until they fit, then
 * centred on black.
 *
 * @param height  wanted, in pixels
 * @param width   wanted, in pixels
 */
export function fitImages(dataset: Dataset, height: number, width: number): Dataset {
  const [C, H, W] = dataset.shape;
  if (H === height && W === width) return dataset;
  const factor = Math.max(Math.ceil(H / height), Math.ceil(W / width));
  const [smallH, smallW] = [Math.floor(H / factor), Math.floor(W / factor)];
  if (smallH < 1 || smallW < 1) {
    throw new ShapeError(
      "shape/image",
      `${dataset.name}: images of ${H} × ${W} cannot be fitted into ${height} × ${width}.`,
      "Choose a larger sample_size.",
    );
  }
  const [top, left] = [Math.floor((height - smallH) / 2), Math.floor((width - smallW) / 2)];
  const pixels = new Uint8Array(dataset.count * C * height * width);
  for (let plane = 0; plane < dataset.count * C; plane++) {
    const source = dataset.pixels.subarray(plane * H * W, (plane + 1) * H * W);
    for (let i = 0; i < smallH; i++) {
      for (let j = 0; j < smallW; j++) {
        const mean = blockMean(source, W, { i, j, factor });
        pixels[(plane * height + top + i) * width + left + j] = Math.round(mean);
      }
    }
  }
  return { ...dataset, shape: [C, height, width], pixels };
}

function blockMean(
  plane: Uint8Array,
  width: number,
  { i, j, factor }: { i: number; j: number; factor: number },
): number {
  let sum = 0;
  for (let y = 0; y < factor; y++) {
    for (let x = 0; x < factor; x++) sum += plane[(i * factor + y) * width + j * factor + x]!;
  }
  return sum / factor ** 2;
}
