// Images in safetensors: bytes as they are, numbers to the nearest byte, and what is not images.
import { describe, expect, test } from "vitest";
import { readImageTensors } from "../../src/formats/image_tensors.ts";
import {
  float32Tensor,
  type StoredTensor,
  writeSafetensors,
} from "../../src/formats/safetensors.ts";
import { refuses } from "../support/refusal.ts";

const bytes = Uint8Array.from({ length: 2 * 3 * 2 * 2 }, (_, i) => 10 * i);
const images: StoredTensor = { dtype: "U8", shape: [2, 3, 2, 2], bytes };
const labels = (...values: number[]): StoredTensor => ({
  dtype: "I64",
  shape: [values.length],
  bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});
const file = (tensors: Record<string, StoredTensor>) => writeSafetensors(Object.entries(tensors));

describe("readImageTensors", () => {
  test("bytes and labels are taken as they are", () => {
    const set = readImageTensors(file({ images, labels: labels(7, 300) }), "f");
    expect([set.count, set.shape, [...set.labels!]]).toEqual([2, [3, 2, 2], [7, 300]]);
    expect([...set.pixels]).toEqual([...bytes]);
  });

  test("every byte comes back from byte / 127.5 − 1", () => {
    const all = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);
    const { pixels, labels } = readImageTensors(
      file({ images: float32Tensor([4, 1, 8, 8], all) }),
      "f",
    );
    expect([...pixels]).toEqual(Array.from({ length: 256 }, (_, i) => i));
    expect(labels).toBeUndefined();
  });

  const floats = (...values: number[]) =>
    file({ images: float32Tensor([1, 1, 1, values.length], Float32Array.from(values)) });

  test.each<[string, Uint8Array, RegExp]>([
    ["no images", file({ x: images }), /must hold images \[N, C, H, W\], got x\. Save/],
    ["three axes", file({ images: { ...images, shape: [6, 2, 2] } }), /got \[6, 2, 2\]/],
    ["no image", file({ images: float32Tensor([0, 1, 2, 2], new Float32Array(0)) }), /got \[0, 1/],
    ["NaN", floats(0, Number.NaN), /images must be in \[−1, 1\], got NaN at 1/],
    ["infinity", floats(Number.POSITIVE_INFINITY), /got Infinity at 0/],
    ["bytes as numbers", floats(0, 127), /got 127 at 1/],
    ["labels of another count", file({ images, labels: labels(1) }), /must be \[2\], got \[1\]/],
    [
      "a negative label",
      file({ images, labels: labels(0, -1) }),
      /0 … 1048575, got -1 for image 1/,
    ],
    [
      "labels that are floats",
      file({ images, labels: float32Tensor([2], new Float32Array(2)) }),
      /must hold integers/,
    ],
    ["another format", new Uint8Array(100), /header/],
  ])("refuses %s", (_, bytes, message) => refuses(() => readImageTensors(bytes, "f"), message));
});
