// CIFAR's binary files: a row an image, its label or labels first, then 3 × 32 × 32 bytes.
//
//   CIFAR-10   label, pixels: 3073 bytes        CIFAR-100   coarse label, fine label, pixels: 3074
//
// Nothing in the file says which; its length does. Source: Krizhevsky's page of the data sets,
// https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
import { FileError } from "../core/errors.ts";
import type { ImageBytes } from "./image_bytes.ts";

const SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;

/** Largest labels of a row, in its order; the last is the one that is kept. */
const KINDS = [
  { name: "CIFAR-10", largest: [9] },
  { name: "CIFAR-100", largest: [19, 99] },
] as const;

/**
 * The images of a CIFAR file, with their labels; of CIFAR-100 the fine ones.
 *
 * @param bytes  the whole file
 * @throws FileError for a length that is no number of rows, and labels out of range
 */
export function readCifar(bytes: Uint8Array, name: string): ImageBytes {
  const fitting = KINDS.filter(({ largest }) => bytes.length % (largest.length + PIXELS) === 0);
  if (bytes.length === 0 || fitting.length === 0) {
    throw new FileError(
      "file/cifar",
      `${name}: a CIFAR file has rows of 3073 bytes (CIFAR-10) or 3074 (CIFAR-100), got ` +
        `${bytes.length} bytes in all.`,
      "Give a file such as data_batch_1.bin; fetch it again if it was cut short.",
    );
  }
  const kind = fitting.find(({ largest }) => !wrongLabel(bytes, largest)) ?? fitting[0]!;
  const wrong = wrongLabel(bytes, kind.largest);
  if (wrong) {
    const { row, label, most } = wrong;
    throw new FileError(
      "file/cifar",
      `${name}: labels of ${kind.name} are in 0 … ${most}, got ${label} in row ${row}.`,
      "The file is damaged, or of another kind; fetch it again.",
    );
  }
  return rowsOf(bytes, kind.largest.length);
}

function rowsOf(bytes: Uint8Array, labelBytes: number): ImageBytes {
  const row = labelBytes + PIXELS;
  const count = bytes.length / row;
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    labels[n] = bytes[n * row + labelBytes - 1]!;
    pixels.set(bytes.subarray(n * row + labelBytes, (n + 1) * row), n * PIXELS);
  }
  return { count, shape: SHAPE, pixels, labels };
}

/** The first label that is out of range. */
function wrongLabel(bytes: Uint8Array, largest: readonly number[]) {
  const row = largest.length + PIXELS;
  for (let n = 0; n < bytes.length / row; n++) {
    for (const [k, most] of largest.entries()) {
      const label = bytes[n * row + k]!;
      if (label > most) return { row: n, label, most };
    }
  }
  return undefined;
}
