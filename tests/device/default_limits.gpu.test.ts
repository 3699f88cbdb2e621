// A device with WebGPU's default limits and no feature: what every browser must offer.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { selfTest } from "../../src/inspect/self_test.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { readBytesIfAny } from "../../src/platform/files.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { testAdapters } from "../support/gpu.ts";
import { fixtures, goldenFile } from "../support/model_folder.ts";

const folder = "training/fashion";
const [golden] = JSON.parse(readFileSync(join(fixtures, "training/index.json"), "utf8")).cases;
const LOSS = 1e-5; /* relative: PyTorch's float32 is off by 4e-7 */
const STEPS = 4;

async function defaultDevice(): Promise<GPUDevice> {
  const adapter = await (await testAdapters()).requestAdapter();
  return adapter!.requestDevice();
}

function goldenBatches() {
  const file = goldenFile(`${folder}/batches.safetensors`);
  const [x0, noise, timestep] = [file.floats("x0"), file.floats("noise"), file.numbers("timestep")];
  const [, B = 0, C = 0, H = 0, W = 0] = x0.shape;
  const size = B * C * H * W;
  const batches = Array.from({ length: STEPS }, (_, s) => ({
    x0: x0.data.slice(s * size, (s + 1) * size),
    noise: noise.data.slice(s * size, (s + 1) * size),
    timestep: timestep.slice(s * B, (s + 1) * B),
  }));
  return { batches, shape: [B, C, H, W] as const };
}

describe("a device with the default limits and no feature", () => {
  test("has those limits: 256 lanes, 16 KiB, 8 storage buffers, 128 MiB", async () => {
    const { limits, features } = await defaultDevice();
    expect(limits.maxComputeInvocationsPerWorkgroup).toBe(256);
    expect(limits.maxComputeWorkgroupStorageSize).toBe(16_384);
    expect(limits.maxStorageBuffersPerShaderStage).toBe(8);
    expect(limits.maxStorageBufferBindingSize).toBe(2 ** 27);
    expect(features.has("subgroups")).toBe(false);
  });

  test("runs every kernel family", async () => {
    const gpu = await Gpu.open({ device: await defaultDevice() });
    expect((await selfTest(gpu)).filter(({ ok }) => !ok)).toEqual([]);
    gpu.check();
  });

  test("trains the small model: losses are PyTorch's", async () => {
    const gpu = await Gpu.open({ device: await defaultDevice() });
    const read = (path: string) => readBytesIfAny(join(fixtures, folder, "start", path));
    const model = await DiffusionModel.load(gpu, read, folder);
    const trainer = await Trainer.create(model, goldenBatches(), {
      learningRate: golden.optimizer.lr,
      betas: golden.optimizer.betas,
      eps: golden.optimizer.eps,
      weightDecay: golden.optimizer.weight_decay,
      clip: golden.clip_global_norm,
      ema: golden.ema,
      emaWarmup: false,
    });
    const losses: number[] = [];
    for await (const { loss } of trainer.run({ steps: STEPS })) losses.push(loss);
    for (const [i, loss] of losses.entries()) {
      expect(Math.abs(loss / golden.loss_f64[i] - 1), `loss ${i}`).toBeLessThan(LOSS);
    }
    gpu.check();
    trainer.dispose();
    model.dispose();
  });
});
