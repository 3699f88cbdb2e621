// The image that the page follows: one of Fashion-MNIST's 10,000 test images, or the reader's own.
import address from "../../data/fashion-mnist/t10k-images-idx3-ubyte.gz?url";
import {
  type Dataset,
  idxDataset,
  openDataset,
  type PageSource,
  pageFiles,
} from "../../src/index.ts";

export const SHAPE = [1, 28, 28] as const;
export const PIXELS = 28 * 28;

export interface Subject {
  /** x_0 [1, 28, 28] in [−1, 1] */
  x0: Float32Array<ArrayBuffer>;
  /** what it is, for the reader */
  words: string;
}

/** @throws Error where the file cannot be fetched */
export async function fetchImages(): Promise<Dataset> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: the server answers ${response.status}.`);
  return idxDataset(new Uint8Array(await response.arrayBuffer()), "Fashion-MNIST");
}

/** x_0 = byte / 127.5 − 1 */
function unitOf(pixels: Uint8Array, index: number): Float32Array<ArrayBuffer> {
  const bytes = pixels.subarray(index * PIXELS, (index + 1) * PIXELS);
  return Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
}

export const subjectOf = ({ pixels, name }: Dataset, index: number): Subject => ({
  x0: unitOf(pixels, index),
  words: `${name}, test image ${index + 1}`,
});

/**
 * A picture of the reader's own: cropped about its centre, scaled to 28 × 28, grey.
 *
 * @throws FileError for what is no picture
 */
export async function ownSubject(source: PageSource): Promise<Subject> {
  const files = await pageFiles(source);
  const { pixels, name } = await openDataset(files, { size: [28, 28], channels: 1 });
  return { x0: unitOf(pixels, 0), words: name };
}
