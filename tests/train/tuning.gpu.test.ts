// Tuning a model: its kernels stay right, and what was found is kept for the adapter.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { FolderStorage } from "../../src/platform/folder_storage.ts";
import { readCheckpoint } from "../../src/train/checkpoint.ts";
import { Trainer } from "../../src/train/trainer.ts";
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

describe("a deterministic device", () => {
  const open = async () => Gpu.open({ device: (await testGpu()).device, deterministic: true });
  const refusal =
    "this device was opened with deterministic: true, and takes no other variants than its first.";

  test("refuses to tune, before it measures or reads anything", async () => {
    const gpu = await open();
    const model = await DiffusionModel.create(gpu, oneLevel(), { seed: 0 });
    const { submissions } = gpu.counters;
    const storage = new FolderStorage(folder);
    const read = vi.spyOn(storage, "read");
    const tuning = tuneModel(model, { batch: 2, storage });
    await expect(tuning).rejects.toThrow(`tuneModel: ${refusal}`);
    await expect(tuning).rejects.toMatchObject({ code: "option/deterministic" });
    expect(read).not.toHaveBeenCalled();
    expect(gpu.counters.submissions).toBe(submissions);
    expect(gpu.choices).toEqual({});
    model.dispose();
    gpu.dispose();
  });

  test("takes no choice, so that its kernels are the first candidates", async () => {
    const gpu = await open();
    expect(() => {
      gpu.choices = { "conv2d anything": "conv2d" };
    }).toThrow(`Gpu.choices: ${refusal}`);
    expect(gpu.target.choices).toEqual({});
    gpu.choices = {};
    gpu.dispose();
  });

  test("goes on from a tuned checkpoint with the kernels that it pins", async () => {
    const tunedGpu = await testGpu();
    const source = { x0: philoxNormals(0, 32), noise: philoxNormals(1, 32), timestep: [3, 700] };
    const data = { batches: [source], shape: [2, 1, 4, 4] as const };
    const model = await DiffusionModel.create(tunedGpu, oneLevel(), { seed: 0 });
    const first = await Trainer.create(model, data, {});
    const made = first.program.dispatches.flatMap(({ choice }) => choice ?? []);
    tunedGpu.choices = Object.fromEntries(made.map(({ key, names }) => [key, names.at(-1)!]));
    const tuned = await Trainer.create(model, data, {});
    const files = await tuned.save();
    const gpu = await open();
    const checkpoint = await readCheckpoint(async (name) => files.get(name), "checkpoint");
    const again = await DiffusionModel.create(gpu, oneLevel(), { seed: 1 });
    const resumed = await Trainer.resume(again, checkpoint, data);
    expect(resumed.kernels).toEqual(tuned.kernels);
    for (const one of [first, tuned, resumed, model, again, gpu]) one.dispose();
  });
});

test("a checkpoint holds the choices of its step; resuming makes the same ones, tuned since or not", async () => {
  const gpu = await testGpu();
  const model = await DiffusionModel.create(gpu, oneLevel(), { seed: 0 });
  const source = { x0: philoxNormals(0, 32), noise: philoxNormals(1, 32), timestep: [3, 700] };
  const data = { batches: [source], shape: [2, 1, 4, 4] as const };
  const trainer = () => Trainer.create(model, data, {});
  const untuned = await trainer();
  const plain = untuned.kernels;
  const open = untuned.program.dispatches.flatMap(({ choice }) => choice ?? []);
  gpu.choices = Object.fromEntries(open.map(({ key, names }) => [key, names.at(-1)!]));
  const { choices } = gpu;
  const tuned = await trainer();
  const resumed = async (files: Map<string, Uint8Array>) => {
    const checkpoint = await readCheckpoint(async (name) => files.get(name), "checkpoint");
    return Trainer.resume(model, checkpoint, data);
  };
  const again = await resumed(await tuned.save());
  if (gpu.target.software) expect(tuned.kernels).not.toEqual(plain);
  expect(again.kernels).toEqual(tuned.kernels);
  gpu.choices = choices;
  const first = await resumed(await untuned.save());
  expect(first.kernels).toEqual(plain);
  for (const one of [untuned, tuned, again, first]) one.dispose();
  model.dispose();
});
