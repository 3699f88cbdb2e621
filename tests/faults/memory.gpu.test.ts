// Memory: what does not fit is refused before anything is allocated, with what would; what was made is
// freed, however often.
import { afterAll, describe, expect, test } from "vitest";
import type { DeviceError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { sample } from "../../src/samplers/sample.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { times } from "../support/faults.ts";
import { testGpu } from "../support/gpu.ts";
import { heapBytes } from "../support/heap.ts";
import { STRIPES, tinyModel, tinyTrainer } from "../support/tiny_run.ts";
import { TINY_UNET } from "../support/tiny_unet.ts";

const opened: Gpu[] = [];
async function nullGpu(options: { memoryLimit?: number } = {}): Promise<Gpu> {
  const { gpu: source } = await openGpu({ adapter: "null" });
  const gpu = await Gpu.open({ gpu: source, ...options });
  opened.push(gpu);
  return gpu;
}
afterAll(() => {
  for (const gpu of opened) gpu.dispose();
});

/** What a call is refused with; it must have allocated nothing. */
async function refusal(gpu: Gpu, call: () => Promise<unknown>): Promise<DeviceError> {
  const before = { ...gpu.counters };
  const error: DeviceError = await call().then(
    () => undefined,
    (reason) => reason,
  );
  expect(error?.code).toBe("device/too-large");
  expect(gpu.counters, "nothing was allocated").toEqual(before);
  return error;
}

/** Whose activations norms take a good part of: 8 × 8 pixels, two levels. */
const largerModel = (gpu: Gpu) =>
  DiffusionModel.create(gpu, parseUNetConfig(JSON.parse(TINY_UNET.text)), { seed: 1 });

const SQUARES: Dataset = { ...STRIPES, count: 1, shape: [1, 8, 8], pixels: new Uint8Array(64) };

const trainerWith = (model: DiffusionModel, batch: number, activationLimit = 0) => {
  const data = model.config.sample_size === 4 ? STRIPES : SQUARES;
  return Trainer.create(model, { data }, { batch, activationLimit });
};

describe("a plan that does not fit is refused before anything is allocated", () => {
  test("by memoryLimit: the largest tensors, a batch that fits, a recomputation that fits", async () => {
    const free = await nullGpu();
    const whole = await trainerWith(await largerModel(free), 64);
    const needed = free.counters.bufferBytes;
    const gpu = await nullGpu({ memoryLimit: Math.floor(0.9 * needed) });
    const model = await largerModel(gpu);
    const error = await refusal(gpu, () => trainerWith(model, 64));
    expect(error.message).toMatch(
      /^train: memoryLimit is .* MiB, all buffers together would need .* MiB/,
    );
    expect(error.message).toMatch(/The largest: "[^"]+" \[128,.*\] .* KiB, "/);
    const [, batch, limit] = /from 64 to (\d+).*activationLimit to (\d+)/.exec(error.hint) ?? [];
    for (const trainer of [
      () => trainerWith(model, Number(batch)),
      () => trainerWith(model, 64, Number(limit)),
    ]) {
      (await trainer()).dispose();
      expect(gpu.counters.bufferBytes).toBeLessThanOrEqual(gpu.memoryLimit!);
    }
    whole.dispose();
  });

  test("where nothing would fit, it says so", async () => {
    const gpu = await nullGpu({ memoryLimit: 100_000 });
    const model = await tinyModel(gpu);
    const { hint } = await refusal(gpu, () => trainerWith(model, 4));
    expect(hint).toMatch(/^Lower the image size or the channels: a batch of 1 does not fit either/);
    model.dispose();
    const small = await nullGpu({ memoryLimit: 1000 });
    const refused = await refusal(small, () => tinyModel(small));
    expect(refused.message).toContain("allocating parameters: memoryLimit is 1000 bytes");
  });

  test("sampling: a count that fits", async () => {
    const gpu = await nullGpu({ memoryLimit: 400_000 });
    const model = await tinyModel(gpu);
    const sampled = async (count: number) => {
      for await (const _ of sample(model, { sampler: "ddim", steps: 1, count }));
    };
    const { hint } = await refusal(gpu, () => sampled(500));
    const count = Number(/^Sample (\d+) images at once, not 500/.exec(hint)?.[1]);
    expect(count).toBeGreaterThan(10);
    await sampled(count);
  });

  test("by the device's own limits", async () => {
    const adapter = await (await openGpu({ adapter: "null" })).gpu.requestAdapter();
    const device = await adapter!.requestDevice(); // 128 MiB a binding
    const gpu = await Gpu.open({ device });
    const config = { sample_size: 256, in_channels: 1, out_channels: 1, block_out_channels: [32] };
    const blocks = { down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] };
    const network = parseUNetConfig({ ...config, ...blocks, norm_num_groups: 4 });
    const model = await DiffusionModel.create(gpu, network, { seed: 1 });
    const pixels = new Uint8Array(65536);
    const data = { name: "large", count: 1, shape: [1, 256, 256] as const, pixels };
    const error = await refusal(gpu, () => Trainer.create(model, { data }, { batch: 32 }));
    expect(error.message).toMatch(
      /^train: this adapter allows 128 MiB per storage binding, "[^"]+" needs \d+ MiB\. The largest/,
    );
    expect(error.hint).toMatch(/^Lower the batch from 32 to \d+/);
    device.destroy();
  });
});

const CYCLES = times(25, 1000);
const MOST_GROWTH = 1e6;

test(`${CYCLES} times create, step, dispose: 0 bytes are left, the heap grows by less than 1 MB`, {
  timeout: 1_800_000,
}, async () => {
  const gpu = await testGpu();
  const cycle = async () => {
    const trainer = await tinyTrainer(gpu);
    for await (const _ of trainer.run({ steps: 1 }));
    for await (const _ of sample(trainer.model, { sampler: "ddim", count: 1, steps: 1 }));
    trainer.dispose();
    trainer.model.dispose();
  };
  for (let i = 0; i < times(10, 150); i++) await cycle(); // pipelines are compiled, code is optimised
  const before = await heapBytes();
  for (let i = 0; i < CYCLES; i++) await cycle();
  expect(gpu.counters.bufferBytes).toBe(0);
  const growth = (await heapBytes()) - before;
  console.info(`${CYCLES} cycles on ${gpu.info.description}: heap ${growth} bytes`);
  expect(growth).toBeLessThan(MOST_GROWTH);
});
