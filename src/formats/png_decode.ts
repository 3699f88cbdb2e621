// PNG files of images, masks and sketches as tensors. Pictures are made in ./png.ts.
import { decode } from "fast-png";
import { FileError, ShapeError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { boundedPng } from "./png_bounds.ts";

/**
 * A PNG as an image: byte b → b / 127.5 − 1. Transparency is left out; grey serves as any number of
 * channels, and colours as one by their mean.
 *
 * @param bytes     of the file, 8 or 16 bits a channel
 * @param channels  1 or 3
 * @returns         [1, channels, H, W] in [−1, 1]
 * @throws FileError for what is no PNG, or has more than 2^22 pixels; ShapeError for other channels
 */
export function decodePng(
  bytes: Uint8Array,
  channels: number,
  path: string,
): { shape: Shape; data: Float32Array<ArrayBuffer> } {
  const { width, height, depth, data, ...png } = decoded(bytes, path);
  const stored = png.channels;
  const colours = stored <= 2 ? 1 : 3; // the rest is transparency
  if ((channels !== 1 && channels !== 3) || png.palette || depth < 8) {
    throw new ShapeError(
      "shape/channels",
      `${path}: a picture of 8 or 16 bits, grey or RGB, serves as 1 or 3 channels, got ${depth} bits` +
        `${png.palette ? ", a palette" : ""} for ${channels} channels.`,
      "Save it as 8-bit grey or RGB, or give the numbers as safetensors.",
    );
  }
  const most = 2 ** depth - 1;
  const size = width * height;
  const values = new Float32Array(channels * size);
  for (let i = 0; i < size; i++) {
    const value = (c: number) => (2 * data[i * stored + (colours === 3 ? c : 0)]!) / most - 1;
    for (let c = 0; c < channels; c++) values[c * size + i] = value(c);
    if (channels === 1) values[i] = (value(0) + value(1) + value(2)) / 3;
  }
  return { shape: [1, channels, height, width], data: values };
}

function decoded(bytes: Uint8Array, path: string) {
  const bounded = boundedPng(bytes, path);
  try {
    return decode(bounded);
  } catch (cause) {
    throw new FileError(
      "file/kind",
      `${path}: is not a PNG that can be read: ${cause instanceof Error ? cause.message : cause}.`,
      "Save the picture again as PNG.",
      { cause },
    );
  }
}
