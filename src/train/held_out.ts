// Images that are kept out of training: chosen by the seed, so that a resumed run keeps out the same.
import { OptionError } from "../core/errors.ts";
import { permutation } from "../core/permutation.ts";
import type { Dataset } from "./dataset.ts";

/** The epoch whose order chooses: no training comes so far. */
const CHOOSING_EPOCH = 2 ** 32 - 1;

/**
 * A data set in two, each in the order it had.
 *
 * @param part  of the images for validation: a number of them, or below 1 a fraction
 * @throws OptionError unless at least one image is left to each
 */
export function heldOut(
  data: Dataset,
  part: number,
  seed: number | bigint,
): { training: Dataset; validation: Dataset } {
  const count = part < 1 ? Math.round(part * data.count) : part;
  if (!(Number.isInteger(count) && count > 0 && count < data.count)) {
    throw new OptionError(
      "option/validation",
      `validation: must leave 1 … ${data.count - 1} of the ${data.count} images of ${data.name} ` +
        `out of training, got ${part}.`,
      "Give a number of images, or a fraction of them such as 0.1.",
    );
  }
  const order = permutation(data.count, seed, CHOOSING_EPOCH);
  return {
    training: chosen(data, order.slice(count).sort()),
    validation: chosen(data, order.slice(0, count).sort()),
  };
}

function chosen(data: Dataset, images: Uint32Array): Dataset {
  const size = data.shape.reduce((product, side) => product * side, 1);
  const pixels = new Uint8Array(images.length * size);
  const labels = data.labels?.slice(0, images.length);
  for (const [i, n] of images.entries()) {
    pixels.set(data.pixels.subarray(n * size, (n + 1) * size), i * size);
    if (labels && data.labels) labels[i] = data.labels[n]!;
  }
  return { ...data, count: images.length, pixels, labels };
}
