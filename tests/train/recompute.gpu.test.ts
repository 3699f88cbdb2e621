import { describe, expect, test } from "vitest";
import { readWeights } from "../../src/nn/save_model.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { testGpu } from "../support/gpu.ts";
import { goldenBatches, goldenModel } from "../support/model_folder.ts";

const folder = "training/fashion";

async function trained(activationLimit: number) {
  const gpu = await testGpu();
  const model = await goldenModel(`${folder}/start`);
  const trainer = await Trainer.create(model, goldenBatches(folder), { activationLimit });
  const { report } = trainer;
  const losses: number[] = [];
  for await (const { loss, gradientNorm } of trainer.run({ steps: 3 })) {
    losses.push(loss, gradientNorm);
  }
  const weights = await readWeights(gpu, model.weights);
  trainer.dispose();
  model.dispose();
  return { report, losses, weights };
}

describe("training within a limit on activations", () => {
  test("gives the same bits at 75 % and at 60 % of the memory", async () => {
    const all = await trained(0);
    for (const part of [0.75, 0.6]) {
      const limit = Math.floor(part * all.report.peakBytes);
      const less = await trained(limit);
      expect(less.report.peakBytes).toBeLessThanOrEqual(limit);
      expect(less.report.dispatches).toBeGreaterThan(all.report.dispatches);
      expect(less.losses).toEqual(all.losses);
      for (const [name, { data }] of less.weights) {
        expect(data, name).toEqual(all.weights.get(name)!.data);
      }
    }
  });

  test("refuses what no recomputation meets", async () => {
    await expect(trained(1000)).rejects.toThrow(
      /^activationLimit: activations need \d+\.\d MiB when all blocks are recomputed, got a limit of 0\.0 MiB\./,
    );
  });
});
