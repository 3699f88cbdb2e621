// Training with other objectives than L_simple, with labels, dropout, and timesteps by importance.
import { describe, expect, test } from "vitest";
import { makeTables } from "../../src/diffusion/schedule.ts";
import type { UNetConfig } from "../../src/formats/unet_config.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { readWeights } from "../../src/nn/save_model.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import type { HyperParameters } from "../../src/train/hyper_parameters.ts";
import type { TrainingRecord } from "../../src/train/step_records.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { scattered } from "../reference/agreement.ts";
import { qSample } from "../reference/diffusion.ts";
import { boundLoss } from "../reference/diffusion_loss.ts";
import { mapArray, ndarray } from "../reference/ndarray.ts";
import { testGpu } from "../support/gpu.ts";
import { oneLevel } from "../support/tiny_unet.ts";

const T = 20;
const SCHEDULER = { num_train_timesteps: T, beta_start: 0.005, beta_end: 0.4 };
const tables = makeTables({ steps: T, betaStart: 0.005, betaEnd: 0.4 });

/** Two classes of 4 × 4 images: black above white, and white above black. */
function halves(): Dataset {
  const pixels = Uint8Array.from({ length: 32 }, (_, i) => (i % 16 < 8 === i < 16 ? 0 : 255));
  return { name: "halves", count: 2, shape: [1, 4, 4], pixels, labels: Uint8Array.of(0, 1) };
}

async function trained(
  options: Partial<HyperParameters>,
  {
    config = oneLevel(),
    scheduler = {},
    steps,
  }: { config?: UNetConfig; scheduler?: Record<string, unknown>; steps: number },
) {
  const model = await DiffusionModel.create(await testGpu(), config, {
    seed: 1,
    scheduler: { ...SCHEDULER, ...scheduler },
  });
  const plain = { batch: 16, learningRate: 3e-3, seed: 1, emaWarmup: false, ema: 0.5 };
  const trainer = await Trainer.create(model, { data: halves() }, { ...plain, ...options });
  const records: TrainingRecord[] = [];
  for await (const record of trainer.run({ steps })) records.push(record);
  return { model, trainer, records };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const LEARNED = {
  config: oneLevel({ out_channels: 2 }),
  scheduler: { variance_type: "learned_range" },
};

/** Σ L_t of the two images over all timesteps, nats a dimension, by the float64 twin. */
async function boundOf(model: DiffusionModel): Promise<number> {
  const { pixels } = halves();
  const x0 = ndarray(
    [2 * T, 1, 4, 4],
    Array.from({ length: 2 * T * 16 }, (_, i) => pixels[i % 32]! / 127.5 - 1),
  );
  const timesteps = Array.from({ length: 2 * T }, (_, n) => n >> 1);
  const noise = mapArray(scattered(x0.shape, 7), (x) => 1.7 * x);
  const bars = timesteps.map((t) => tables.alphaBars[t]!);
  const { xt } = qSample(x0, noise, bars, "epsilon");
  const sample = { shape: x0.shape, data: Float32Array.from(xt.data) };
  const { data } = await evaluate(model, { sample, timestep: timesteps });
  const { perImage } = boundLoss(
    { prediction: ndarray([2 * T, 2, 4, 4], data), x0, noise, timesteps },
    {
      ...{ tables, target: "epsilon", variance: "learned_range", loss: "mse" },
      ...{ weight: () => 0, scale: 1, detachMean: false },
    },
  );
  return perImage.data.reduce((a, b) => a + b, 0) / 2;
}

describe("hybrid: L_simple + λ L_vlb, the mean detached   [Nichol & Dhariwal 2021 §3.1]", () => {
  test("lowers the bound of both images, all of its terms", async () => {
    const start = await trained({ objective: { name: "hybrid" } }, { ...LEARNED, steps: 1 });
    const before = await boundOf(start.model);
    const { model, trainer } = await trained(
      { objective: { name: "hybrid", lambda: 0.05 } },
      { ...LEARNED, steps: 140 },
    );
    expect(await boundOf(model)).toBeLessThan(0.7 * before);
    for (const one of [start.model, model, start.trainer, trainer]) one.dispose();
  });

  test("the mean's gradient is L_simple's: λ changes no step of a network without variance", async () => {
    const first = async (lambda: number) => {
      const { records, model, trainer } = await trained(
        { objective: { name: "hybrid", lambda }, clip: 0 },
        { ...LEARNED, steps: 1 },
      );
      const weights = await readWeights(model.gpu, model.weights);
      trainer.dispose();
      model.dispose();
      return { loss: records[0]!.loss, bias: weights.get("conv_out.bias")!.data };
    };
    const [a, b] = [await first(0.001), await first(0.01)];
    expect(b.loss).toBeGreaterThan(a.loss);
    expect(b.bias[0]).toBe(a.bias[0]); // of the mean; Adam's first step is one of signs
  });

  test.each([
    ["hybrid", oneLevel(), { variance_type: "fixed_small" }],
    ["bound", oneLevel({ out_channels: 2 }), { variance_type: "fixed_large" }],
    ["bound", oneLevel(), { variance_type: "learned_range" }],
    ["simple", oneLevel(), { variance_type: "learned" }],
  ] as const)(
    "%s is refused where outputs and variance differ",
    async (name, config, scheduler) => {
      const options = { objective: { name } };
      await expect(trained(options, { config, scheduler, steps: 1 })).rejects.toThrow(
        `train: ${name} needs `,
      );
    },
  );
});

describe("other objectives train", () => {
  test.each<Partial<HyperParameters>>([
    { objective: { name: "bound" } },
    { objective: { name: "min-snr", gamma: 2 }, loss: "huber" },
    { objective: { name: "p2" }, loss: "l1" },
  ])("%j: the loss falls", async (options) => {
    const { records, model, trainer } = await trained(options, { steps: 120 });
    const losses = records.map(({ loss }) => loss);
    expect(mean(losses.slice(-20))).toBeLessThan(0.7 * mean(losses.slice(0, 20)));
    trainer.dispose();
    model.dispose();
  });
});

describe("classes with label dropout", () => {
  const config = oneLevel({ num_class_embeds: 3 });

  test("from pure noise each class is denoised to its own image, the null class to neither", async () => {
    const options = { labelDropout: 0.2, learningRate: 5e-3 };
    const { model, trainer } = await trained(options, { config, steps: 250 });
    const noise = scattered([3, 1, 4, 4], 3);
    noise.data.copyWithin(16, 0, 16);
    noise.data.copyWithin(32, 0, 16);
    const sample = { shape: noise.shape, data: Float32Array.from(noise.data) };
    const output = await evaluate(model, {
      sample,
      timestep: [T - 1, T - 1, T - 1],
      classLabels: [0, 1, 2],
    });
    const bar = tables.alphaBars[T - 1]!;
    const x0Hat = Array.from(output.data, (eps, i) => {
      return (noise.data[i]! - Math.sqrt(1 - bar) * eps) / Math.sqrt(bar);
    });
    // x_0 of class 0 is −1 above and 1 below: what x̂_0 has of it
    const part = (n: number) =>
      mean(x0Hat.slice(16 * n, 16 * n + 16).map((x, i) => (i < 8 ? -x : x)));
    expect(part(0)).toBeGreaterThan(0.6);
    expect(part(1)).toBeLessThan(-0.6);
    expect(Math.abs(part(2))).toBeLessThan(Math.min(part(0), -part(1)));
    trainer.dispose();
    model.dispose();
  });

  test.each([
    [
      oneLevel({ num_class_embeds: 2 }),
      0.1,
      "need 3 rows of the class embedding, got num_class_embeds = 2",
    ],
    [oneLevel(), 0.1, "label dropout needs a class-conditional network, got 0.1 without one"],
  ] as const)(
    "a network without a null class is refused",
    async (network, labelDropout, message) => {
      await expect(trained({ labelDropout }, { config: network, steps: 1 })).rejects.toThrow(
        message,
      );
    },
  );
});

describe("losses by timestep, and timesteps by importance", () => {
  test("every image is counted once, and the mean of the means is the mean loss", async () => {
    const { records, model, trainer } = await trained({}, { steps: 10 });
    const { counts, means } = await trainer.lossByTimestep();
    expect(counts).toHaveLength(T);
    expect(counts.reduce((a, b) => a + b)).toBe(160);
    const total = counts.reduce((sum, count, t) => sum + (count > 0 ? count * means[t]! : 0), 0);
    expect(total / 160 / mean(records.map(({ loss }) => loss))).toBeCloseTo(1, 5);
    trainer.dispose();
    model.dispose();
  });

  test("by importance, timesteps of large losses come more often; the same seed, the same bits", async () => {
    const run = async () => {
      const { records, model, trainer } = await trained(
        { timesteps: "importance", objective: { name: "bound" }, learningRate: 1e-5 },
        { steps: 60 },
      );
      const histogram = await trainer.lossByTimestep();
      trainer.dispose();
      model.dispose();
      return { histogram, losses: records.map(({ loss }) => loss) };
    };
    const [first, second] = [await run(), await run()];
    expect(first.losses).toEqual(second.losses);
    const { counts, means } = first.histogram;
    const most = means.indexOf(Math.max(...means));
    const least = means.indexOf(Math.min(...means));
    expect(counts[most]!).toBeGreaterThan(1.5 * counts[least]!);
  });
});

describe("dropout of the configuration", () => {
  test("is there in training, and not in evaluation", async () => {
    const [plain, config] = [oneLevel(), oneLevel({ dropout: 0.5 })];
    const runs = await Promise.all([
      trained({}, { config: plain, steps: 1 }),
      trained({}, { config, steps: 1 }),
    ]);
    const [a, b] = runs as [(typeof runs)[0], (typeof runs)[0]];
    expect(b.records[0]!.loss).not.toBe(a.records[0]!.loss);
    const dispatches = b.trainer.report.dispatches - a.trainer.report.dispatches;
    expect(dispatches).toBe(2 * 5); // resnets: 1 down, 2 in the middle, 2 up; forward and backward
    const sample = { shape: [1, 1, 4, 4], data: new Float32Array(16).fill(0.5) };
    const once = await evaluate(b.model, { sample, timestep: [3] });
    const again = await evaluate(b.model, { sample, timestep: [3] });
    expect([...once.data]).toEqual([...again.data]);
    for (const { trainer, model } of runs) {
      trainer.dispose();
      model.dispose();
    }
  });
});
