import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readWeights } from "../../src/nn/save_model.ts";
import { Trainer } from "../../src/train/trainer.ts";
import {
  fixtures,
  goldenBatches,
  goldenFile,
  goldenModel,
  largestDifference,
} from "../support/model_folder.ts";

const folder = "training/fashion";
const [golden] = JSON.parse(readFileSync(join(fixtures, "training/index.json"), "utf8")).cases;

const HYPER_PARAMETERS = {
  learningRate: golden.optimizer.lr,
  betas: golden.optimizer.betas,
  eps: golden.optimizer.eps,
  weightDecay: golden.optimizer.weight_decay,
  clip: golden.clip_global_norm,
  ema: golden.ema,
  emaWarmup: false,
};

/** PyTorch's float32 is off by 4e-7 in the losses. */
const LOSS = 1e-5;

describe("40 steps from the golden start with its noise and timesteps   [PyTorch in float64]", () => {
  test("losses, gradient norms, weights and their average", async () => {
    const model = await goldenModel(`${folder}/start`);
    const trainer = await Trainer.create(model, goldenBatches(folder), HYPER_PARAMETERS);
    const records = [];
    for await (const record of trainer.run({ steps: golden.steps })) records.push(record);

    expect(records.map(({ step }) => step)).toEqual(
      golden.loss_f64.map((_: number, i: number) => i + 1),
    );
    for (const [i, { loss, gradientNorm }] of records.entries()) {
      expect(Math.abs(loss / golden.loss_f64[i] - 1), `loss ${i}`).toBeLessThan(LOSS);
      expect(Math.abs(gradientNorm / golden.gradient_norm[i] - 1), `norm ${i}`).toBeLessThan(
        10 * golden.float32_deviation.gradient_norm_max_relative,
      );
    }

    const sets = { weights: model.weights, ema: trainer.ema };
    for (const [name, weights] of Object.entries(sets)) {
      const saved = await readWeights(model.gpu, weights);
      const file = name === "ema" ? "ema" : "final";
      const expected = goldenFile(`${folder}/${file}/diffusion_pytorch_model.safetensors`);
      const allowed = 10 * golden.float32_deviation[name].max_absolute;
      for (const [key, { data }] of saved) {
        if (key.endsWith("to_k.bias")) continue; // rounding noise, which Adam turns into steps
        expect(largestDifference(data, expected.floats(key).data), `${name} ${key}`).toBeLessThan(
          allowed,
        );
      }
    }
    trainer.dispose();
    model.dispose();
  });
});
