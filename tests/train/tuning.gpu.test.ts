// Tuning a model: its kernels stay right, and what was found is kept for the adapter.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { FolderStorage } from "../../src/platform/folder_storage.ts";
import { tuneModel } from "../../src/train/tuning.ts";
import { testGpu } from "../support/gpu.ts";
import { oneLevel } from "../support/tiny_unet.ts";

const folder = mkdtempSync(join(tmpdir(), "tuning-"));

afterEach(async () => {
  (await testGpu()).choices = {};
  rmSync(folder, { recursive: true, force: true });
});

test("a tuned model computes the same to rounding, and is measured once an adapter", async () => {
  const gpu = await testGpu();
  const model = await DiffusionModel.create(gpu, oneLevel(), { seed: 0 });
  const output = async () => {
    const sample = { shape: [2, 1, 4, 4], data: Float32Array.from(philoxNormals(0, 32)) };
    return (await evaluate(model, { sample, timestep: [3, 700] })).data;
  };
  const before = await output();
  const storage = new FolderStorage(folder);
  const bytes = gpu.counters.bufferBytes;
  const first = await tuneModel(model, { batch: 2, storage, runs: 1 });
  expect(gpu.counters.bufferBytes).toBe(bytes);
  expect(gpu.choices).toEqual(first.choices);
  const after = await output();
  after.forEach((value, i) => {
    expect(Math.abs(value - before[i]!)).toBeLessThan(1e-5);
  });
  if (!gpu.target.software) return; // other devices have one variant of each convolution

  expect(first.tuned.length).toBeGreaterThan(3);
  const [file] = readdirSync(folder);
  gpu.choices = {}; // as a new process has it
  const second = await tuneModel(model, { batch: 2, storage });
  expect(second.tuned).toEqual([]);
  expect(gpu.choices).toEqual(first.choices);

  writeFileSync(join(folder, file!), "{ broken");
  gpu.choices = {};
  const sampling = await tuneModel(model, { batch: 2, trains: false, storage, runs: 1 });
  expect(sampling.tuned.every(({ key }) => key.includes("forward"))).toBe(true);
  expect(sampling.tuned.length).toBeGreaterThan(0);
  model.dispose();
});
