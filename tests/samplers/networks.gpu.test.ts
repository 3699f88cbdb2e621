// Whole samplings with a golden network against PyTorch and diffusers in float64.
import { expect, test } from "vitest";
import { sample } from "../../src/samplers/sample.ts";
import { goldenFile, goldenModel, relativeToLargest } from "../support/model_folder.ts";

test.each(["ddim", "dpm-solver++"] as const)(
  "%s in 10 steps ends where diffusers ends",
  async (sampler) => {
    const model = await goldenModel("training/fashion/ema");
    const golden = goldenFile("samplers/networks.safetensors");
    const expected = (name: string) => golden.floats(`${sampler}/${name}`).data;
    const initialNoise = golden.floats(`${sampler}/noise`);
    for await (const frame of sample(model, { count: 2, steps: 10, sampler, initialNoise })) {
      const name = frame.step === 1 ? "after_first_step" : "sample";
      if (frame.step > 1 && frame.step < frame.of) continue;
      // of the largest; PyTorch's own float32 is 7.5e-6 away
      expect(relativeToLargest(await frame.images(), expected(name))).toBeLessThan(2e-5);
    }
    model.dispose();
  },
);
