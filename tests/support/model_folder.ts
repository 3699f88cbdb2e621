// Golden model folders: tests/fixtures/unets and tests/fixtures/training.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Gpu } from "../../src/device/gpu.ts";
import {
  readSafetensors,
  type StoredTensor,
  toFloat32,
  toNumbers,
} from "../../src/formats/safetensors.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { readBytesIfAny } from "../../src/platform/files.ts";
import { testGpu } from "./gpu.ts";

export const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));

/** @param gpu  default the tests' own */
export async function goldenModel(folder: string, gpu?: Gpu): Promise<DiffusionModel> {
  const read = (path: string) => readBytesIfAny(join(fixtures, folder, path));
  return DiffusionModel.load(gpu ?? (await testGpu()), read, folder);
}

export interface GoldenFile {
  names: string[];
  floats(name: string): { shape: readonly number[]; data: Float32Array };
  numbers(name: string): number[];
  has(name: string): boolean;
}

export function goldenFile(path: string): GoldenFile {
  const bytes = new Uint8Array(readFileSync(join(fixtures, path)));
  const { tensors } = readSafetensors(bytes, path);
  const stored = (name: string): StoredTensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${path} has no ${name}`);
    return tensor;
  };
  return {
    names: [...tensors.keys()],
    floats: (name) => ({ shape: stored(name).shape, data: toFloat32(stored(name), name) }),
    numbers: (name) => toNumbers(stored(name), name),
    has: (name) => tensors.has(name),
  };
}

/** max |a − b| over max |b|. */
export function relativeToLargest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return largestDifference(a, b) / largest(b);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} and ${b.length} values`);
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= worst)) worst = difference; // a NaN stays
  }
  return worst;
}

export function largest(b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < b.length; i++) most = Math.max(most, Math.abs(b[i]!));
  return most;
}

/** The batches that a golden run was trained on. */
export function goldenBatches(folder: string) {
  const file = goldenFile(`${folder}/batches.safetensors`);
  const [x0, noise, timestep] = [file.floats("x0"), file.floats("noise"), file.numbers("timestep")];
  const [S = 0, B = 0, C = 0, H = 0, W = 0] = x0.shape;
  const size = B * C * H * W;
  const batches = Array.from({ length: S }, (_, s) => ({
    x0: x0.data.slice(s * size, (s + 1) * size),
    noise: noise.data.slice(s * size, (s + 1) * size),
    timestep: timestep.slice(s * B, (s + 1) * B),
  }));
  return { batches, shape: [B, C, H, W] as const };
}
