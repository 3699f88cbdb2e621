// Images as a safetensors file holds them: `images` [N, C, H, W], bytes or numbers in [−1, 1], and
// `labels` [N] where there are any.
import { FileError } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import { type ImageBytes, imageLabels, requireImageBytes } from "./image_bytes.ts";
import { pixelByte } from "./pixel_byte.ts";
import { readSafetensors, type StoredTensor, toFloat32, toNumbers } from "./safetensors.ts";

const BEYOND = 1e-3; // of [−1, 1]: what rounding may have done

/**
 * The images of a safetensors file. Numbers in [−1, 1] become the nearest of 256 bytes.
 *
 * @param bytes  the whole file
 * @throws SafetensorsError where the file breaks a rule of the format; FileError for tensors that
 *         are not images and their labels
 */
export function readImageTensors(bytes: Uint8Array, name: string): ImageBytes {
  const { tensors } = readSafetensors(bytes, name);
  const images = tensors.get("images");
  const [N = 0, C = 0, H = 0, W = 0] = images?.shape ?? [];
  if (images?.shape.length !== 4 || N * C * H * W === 0) {
    const has = images ? showShape(images.shape) : [...tensors.keys()].join(", ") || "no tensor";
    throw tensorError(name, `must hold images [N, C, H, W], got ${has}.`);
  }
  requireImageBytes(name, N, [C, H, W]);
  const labels = tensors.get("labels");
  if (labels && showShape(labels.shape) !== showShape([N])) {
    throw tensorError(name, `labels must be [${N}], got ${showShape(labels.shape)}.`);
  }
  return {
    count: N,
    shape: [C, H, W],
    pixels: images.dtype === "U8" ? images.bytes : pixelBytes(images, name),
    ...(labels && { labels: imageLabels(toNumbers(labels, "labels"), name) }),
  };
}

function pixelBytes(images: StoredTensor, name: string): Uint8Array {
  const values = toFloat32(images, "images");
  const wrong = values.findIndex((x) => !(Math.abs(x) <= 1 + BEYOND)); // NaN too
  if (wrong < 0) return Uint8Array.from(values, pixelByte);
  throw tensorError(name, `images must be in [−1, 1], got ${values[wrong]} at ${wrong}.`);
}

const tensorError = (name: string, message: string): FileError =>
  new FileError(
    "file/tensors",
    `${name}: ${message}`,
    "Save `images` as bytes [N, C, H, W] or as numbers in [−1, 1], and `labels` [N] as integers.",
  );
