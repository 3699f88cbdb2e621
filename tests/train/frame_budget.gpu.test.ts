import { describe, expect, test } from "vitest";
import { sample } from "../../src/samplers/sample.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { testGpu } from "../support/gpu.ts";
import { goldenBatches, goldenModel } from "../support/model_folder.ts";

const folder = "training/fashion";

/** Losses of three steps, and the submissions that one of them took. */
async function trained(frameBudgetMs?: number) {
  const gpu = await testGpu();
  const model = await goldenModel(`${folder}/start`);
  const trainer = await Trainer.create(model, goldenBatches(folder), {});
  const losses: number[] = [];
  let submissions = 0;
  for (let step = 0; step < 3; step++) {
    const before = gpu.counters.submissions;
    for await (const { loss } of trainer.run({ steps: 1, frameBudgetMs })) losses.push(loss);
    submissions = gpu.counters.submissions - before;
  }
  trainer.dispose();
  model.dispose();
  return { losses, submissions };
}

async function sampled(frameBudgetMs?: number) {
  const gpu = await testGpu();
  const model = await goldenModel(`${folder}/start`);
  const before = gpu.counters.submissions;
  let images = new Float32Array(0);
  const request = { count: 1, steps: 3, seed: 4, frameBudgetMs } as const;
  for await (const frame of sample(model, request)) {
    if (frame.step === frame.of) images = await frame.images();
  }
  model.dispose();
  return { images, submissions: gpu.counters.submissions - before };
}

describe("a frame budget", () => {
  test("cuts a training step into submissions by what it takes; its numbers stay", async () => {
    const whole = await trained();
    const [wide, narrow] = [await trained(20), await trained(5)];
    expect(wide.submissions).toBeGreaterThan(whole.submissions);
    expect(narrow.submissions).toBeGreaterThan(wide.submissions);
    expect(wide.losses).toEqual(whole.losses);
    expect(narrow.losses).toEqual(whole.losses);
  });

  test("cuts a sampler's step too", async () => {
    const whole = await sampled();
    const narrow = await sampled(5);
    expect(narrow.submissions).toBeGreaterThan(whole.submissions);
    expect(narrow.images).toEqual(whole.images);
  });
});
