import { describe, expect, test } from "vitest";
import { philoxUniforms } from "../../src/core/philox.ts";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { sample } from "../../src/samplers/sample.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import type { TrainingRecord } from "../../src/train/step_records.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { testGpu } from "../support/gpu.ts";

const config = parseUNetConfig({
  sample_size: 8,
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [16, 16],
  down_block_types: ["DownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "UpBlock2D"],
  layers_per_block: 1,
  norm_num_groups: 8,
  add_attention: false,
});

/** Images of black and white squares, drawn at random. */
function squares(count: number): Dataset {
  const pixels = new Uint8Array(count * 64);
  const coins = philoxUniforms(3, count * 16);
  for (let i = 0; i < pixels.length; i++) {
    const [n, row, column] = [Math.floor(i / 64), Math.floor(i / 8) % 8, i % 8];
    const square = Math.floor(row / 2) * 4 + Math.floor(column / 2);
    pixels[i] = coins[n * 16 + square]! < 0.5 ? 0 : 255;
  }
  return { name: "squares", count, shape: [1, 8, 8], pixels };
}

async function trained(steps: number, count = 8) {
  const model = await DiffusionModel.create(await testGpu(), config, { seed: 1 });
  const trainer = await Trainer.create(
    model,
    { data: squares(count) },
    {
      batch: 16,
      learningRate: 6e-3,
      warmup: 20,
      decay: "cosine",
      decaySteps: steps,
      ema: 0.985,
      seed: 1,
    },
  );
  return { model, trainer };
}

const meanLoss = (records: TrainingRecord[]) =>
  records.reduce((sum, { loss }) => sum + loss, 0) / records.length;

describe("a network trained on 8 images", () => {
  test("knows them by heart: L_simple is under 0.02 after 700 steps, and samples are among them", async () => {
    const { model, trainer } = await trained(700);
    const records: TrainingRecord[] = [];
    for await (const record of trainer.run({ steps: 700 })) records.push(record);
    expect(meanLoss(records.slice(-100))).toBeLessThan(0.02);

    const { pixels } = squares(8);
    for await (const frame of sample(model, { count: 4, steps: 50, weights: trainer.ema })) {
      if (frame.step < frame.of) continue;
      const images = await frame.images();
      for (let n = 0; n < 4; n++) {
        const distances = Array.from({ length: 8 }, (_, k) => {
          let worst = 0;
          for (let i = 0; i < 64; i++) {
            const x0 = pixels[k * 64 + i]! / 127.5 - 1;
            worst = Math.max(worst, Math.abs(images[n * 64 + i]! - x0));
          }
          return worst;
        });
        expect(Math.min(...distances), `sample ${n}`).toBeLessThan(0.5);
      }
    }
    trainer.dispose();
    model.dispose();
  }, 300_000);
});

describe("a training step", () => {
  test("makes no buffer and no bind group, and is one submission", async () => {
    const { model, trainer } = await trained(6);
    const { gpu } = model;
    const steps = trainer.run({ steps: 6 });
    await steps.next();
    const before = { ...gpu.counters };
    let count = 0;
    for await (const _ of steps) count++;
    expect(count).toBe(5);
    const { buffers, bufferBytes, bindGroups } = gpu.counters;
    expect({ buffers, bufferBytes, bindGroups }).toEqual({
      buffers: before.buffers,
      bufferBytes: before.bufferBytes,
      bindGroups: before.bindGroups,
    });
    trainer.dispose();
    model.dispose();
  });

  test("needs at most 1.3 times the least memory that any plan could", async () => {
    const { model, trainer } = await trained(1);
    const { peakBytes, lowerBoundBytes, bytesWithoutReuse } = trainer.report;
    expect(peakBytes / lowerBoundBytes).toBeLessThan(1.3);
    expect(peakBytes).toBeLessThan(bytesWithoutReuse / 2);
    trainer.dispose();
    model.dispose();
  });

  test("gives the same losses again from the same seed, bit for bit", async () => {
    const losses = async () => {
      const { model, trainer } = await trained(5, 40);
      const all: number[] = [];
      for await (const { loss } of trainer.run({ steps: 5 })) all.push(loss);
      trainer.dispose();
      model.dispose();
      return all;
    };
    expect(await losses()).toEqual(await losses());
  });

  test("leaves no byte behind when trainer and model are disposed of", async () => {
    const { counters } = await testGpu();
    const before = counters.bufferBytes;
    const { model, trainer } = await trained(1);
    for await (const _ of trainer.run({ steps: 1 }));
    for await (const _ of sample(model, { count: 1, steps: 1 }));
    trainer.dispose();
    model.dispose();
    expect(counters.bufferBytes).toBe(before);
  });

  test("stops when its signal is aborted, and goes on afterwards", async () => {
    const { model, trainer } = await trained(50);
    const controller = new AbortController();
    const reason = new Error("enough");
    let last = 0;
    const loop = async () => {
      for await (const { step } of trainer.run({ steps: 50, signal: controller.signal })) {
        last = step;
        if (step === 2) controller.abort(reason);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    const at = trainer.step;
    expect(at).toBeLessThan(50);
    expect(last, "every step that was begun is told").toBe(at);
    for await (const { step } of trainer.run({ steps: 1 })) expect(step).toBe(at + 1);
    trainer.dispose();
    model.dispose();
  });
});
