// Images held out of training, and the loss on them.
import { describe, expect, test } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { readWeights } from "../../src/nn/save_model.ts";
import { sourcesOf } from "../../src/nn/weights.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import { heldOut } from "../../src/train/held_out.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { Validation } from "../../src/train/validation.ts";
import { testGpu } from "../support/gpu.ts";
import { oneLevel } from "../support/tiny_unet.ts";

const config = oneLevel();

/** Image n is all n; its label n % 3. */
const numbered = (count: number): Dataset => ({
  ...{ name: "numbered", count, shape: [1, 4, 4] },
  pixels: Uint8Array.from({ length: count * 16 }, (_, i) => i >> 4),
  labels: Uint8Array.from({ length: count }, (_, n) => n % 3),
});

const SIMPLE = { objective: { name: "simple" }, loss: "mse" } as const;

describe("images are held out", () => {
  const namesOf = ({ pixels, labels, count }: Dataset) => {
    const names = Array.from({ length: count }, (_, i) => pixels[16 * i + 7]!);
    expect([...labels!]).toEqual(names.map((n) => n % 3));
    return names;
  };

  test.each([
    [5, 5],
    [0.25, 10],
  ])("%d of 40: each image is in one part, in order, chosen by the seed", (part, count) => {
    const { training, validation } = heldOut(numbered(40), part, 7);
    const [kept, out] = [namesOf(training), namesOf(validation)];
    expect(out).toHaveLength(count);
    expect([...kept, ...out].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, n) => n),
    );
    expect(out).toEqual([...out].sort((a, b) => a - b));
    expect(namesOf(heldOut(numbered(40), part, 7).validation)).toEqual(out);
    expect(namesOf(heldOut(numbered(40), part, 8).validation)).not.toEqual(out);
  });

  test.each([0.001, 40, 41, 1.5])("%d of 40 is refused", (part) => {
    expect(() => heldOut(numbered(40), part, 7)).toThrow(
      `validation: must leave 1 … 39 of the 40 images of numbered out of training, got ${part}.`,
    );
  });
});

describe("the loss on held-out images", () => {
  test("of a network that says 0 it is the mean of ε², whatever the batch", async () => {
    const model = await DiffusionModel.create(await testGpu(), config, { seed: 1 });
    const values = await readWeights(model.gpu, model.weights);
    for (const name of ["conv_out.weight", "conv_out.bias"]) values.get(name)!.data.fill(0);
    await model.weights.load(model.gpu, sourcesOf(values));
    const noise = philoxNormals(0x76616c, 13 * 16);
    const expected = noise.reduce((sum, z) => sum + z * z, 0) / noise.length;
    for (const batch of [1, 4, 13, 64]) {
      const options = { data: numbered(13), batch, weights: model.weights, ...SIMPLE };
      const validation = await Validation.create(model, options);
      expect(Math.abs((await validation.loss()) / expected - 1), `${batch}`).toBeLessThan(1e-5);
      validation.dispose();
    }
    model.dispose();
  });

  test("falls as the weights are trained, those that it was made for; training does not see it", async () => {
    const gpu = await testGpu();
    const before = gpu.counters.bufferBytes;
    const losses = async (validates: boolean) => {
      const model = await DiffusionModel.create(gpu, config, { seed: 1 });
      const { training, validation: data } = heldOut(numbered(40), 8, 1);
      const options = { batch: 16, learningRate: 3e-3, ema: 0.9, emaWarmup: false };
      const trainer = await Trainer.create(model, { data: training }, options);
      const asked = { data, batch: 8, ...SIMPLE };
      const ofEma = await Validation.create(model, { ...asked, weights: trainer.ema });
      const ofWeights = await Validation.create(model, { ...asked, weights: model.weights });
      const told: number[][] = [];
      const trained: number[] = [];
      for (let i = 0; i < 4; i++) {
        if (validates) told.push([await ofEma.loss(), await ofEma.loss(), await ofWeights.loss()]);
        for await (const { loss } of trainer.run({ steps: 10 })) trained.push(loss);
      }
      for (const one of [ofEma, ofWeights, trainer, model]) one.dispose();
      return { told, trained };
    };
    const { told, trained } = await losses(true);
    expect(trained).toEqual((await losses(false)).trained);
    for (const [ema, again] of told) expect(again).toBe(ema);
    expect(told[0]![2]).toBe(told[0]![0]); // the average begins at the weights
    expect(told[3]![2]!).toBeLessThan(told[3]![0]!); // and lags behind them
    expect(told[3]![0]!).toBeLessThan(told[0]![0]!);
    expect(gpu.counters.bufferBytes).toBe(before);
  });
});
