// A set of images made in parts.
import { describe, expect, test } from "vitest";
import { DiffusionModel } from "../../src/nn/model.ts";
import type { SampleOptions } from "../../src/samplers/request.ts";
import { sample } from "../../src/samplers/sample.ts";
import { testGpu } from "../support/gpu.ts";
import { largestDifference } from "../support/model_folder.ts";
import { oneLevel } from "../support/tiny_unet.ts";

/** 3 × 5 pixels, so that an image's noise begins inside a counter's four numbers. */
const config = oneLevel({ sample_size: [3, 5], num_class_embeds: 2 });

async function made(model: DiffusionModel, options: SampleOptions): Promise<Float32Array> {
  for await (const { step, of, images } of sample(model, options)) if (step === of) return images();
  throw new Error("no step");
}

/** Rounding: kernels may be cut otherwise for other batches. */
const SAME = 1e-5;

describe("image k of a seed is the same in whatever part it is made", () => {
  test.each<[string, Partial<SampleOptions>]>([
    ["ddpm, which draws noise at every step", { sampler: "ddpm" }],
    ["guidance", { sampler: "ddim", guidance: 2, classLabels: [0, 0, 0, 0, 0] }],
  ])("%s", async (_, options) => {
    const model = await DiffusionModel.create(await testGpu(), config, { seed: 1 });
    const classLabels = [0, 0, 0, 0, 0];
    const base = { steps: 3, seed: 11, classLabels, ...options };
    const whole = await made(model, { ...base, count: 5 });
    for (const [firstImage, count] of [
      [0, 2],
      [2, 3],
      [3, 1],
    ] as const) {
      const labels = classLabels.slice(0, count);
      const part = await made(model, { ...base, count, firstImage, classLabels: labels });
      const expected = whole.slice(15 * firstImage, 15 * (firstImage + count));
      expect(largestDifference(part, expected), `${firstImage}`).toBeLessThan(SAME);
    }
    model.dispose();
  });

  test("the first image is a whole number", async () => {
    const model = await DiffusionModel.create(await testGpu(), config, { seed: 1 });
    const options = { count: 1, steps: 1, firstImage: -1, classLabels: [0] };
    await expect(made(model, options)).rejects.toThrow(
      "sample: firstImage must be a whole number, 0 or more, got -1.",
    );
    model.dispose();
  });
});
