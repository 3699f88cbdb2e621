// Images as bytes in memory: what every reader of a data set's file gives. No files, no GPU here.
import { FileError } from "../core/errors.ts";

export interface ImageBytes {
  readonly count: number;
  /** [C, H, W] */
  readonly shape: readonly [number, number, number];
  /** bytes 0 … 255 in the order [count, C, H, W]; x_0 = byte / 127.5 − 1 */
  readonly pixels: Uint8Array;
  /** [count]: each image's class, from 0; none where they are unknown */
  readonly labels?: Uint8Array | Uint32Array | undefined;
}

/** Bytes of pixels that a data set may have: they lie in memory whole, here and on the GPU. */
export const MOST_IMAGE_BYTES = 2 ** 31;

const MOST_CLASSES = 2 ** 20;

/**
 * Labels as words.
 *
 * @throws FileError for one that is no whole number in 0 … 2^20 − 1
 */
export function imageLabels(values: ArrayLike<unknown>, name: string): Uint32Array {
  return Uint32Array.from(values, (value, i) => {
    const label = typeof value === "bigint" ? Number(value) : value;
    if (typeof label === "number" && Number.isInteger(label) && label >= 0 && label < MOST_CLASSES)
      return label;
    throw new FileError(
      "file/labels",
      `${name}: labels are whole numbers in 0 … ${MOST_CLASSES - 1}, got ${String(value)} for ` +
        `image ${i}.`,
      "Leave the labels out, or the images that have none.",
    );
  });
}

/** @throws FileError unless count images of a shape fit into memory */
export function requireImageBytes(
  name: string,
  count: number,
  [C, H, W]: readonly [number, number, number],
): void {
  if (count * C * H * W <= MOST_IMAGE_BYTES) return;
  throw new FileError(
    "file/too-large",
    `${name}: a data set may have ${MOST_IMAGE_BYTES} bytes of pixels, ${count} images of ` +
      `${C} × ${H} × ${W} take ${count * C * H * W}.`,
    "Take smaller or fewer images.",
  );
}
