// Data in several buffers, and images changed by chance: what training sees of them.
import { describe, expect, test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program.ts";
import { ResidentBuffer, writeTensor } from "../../src/graph/tensor.ts";
import { initialState, STATE_SHAPE } from "../../src/kernels/diffusion.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import { DatasetBatch } from "../../src/train/dataset_batch.ts";
import type { HyperParameters } from "../../src/train/hyper_parameters.ts";
import { partRanges } from "../../src/train/image_parts.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { testGpu } from "../support/gpu.ts";
import { oneLevel } from "../support/tiny_unet.ts";

const SIZE = 3 * 5 * 7; // bytes an image: 105
const data: Dataset = {
  name: "seven",
  count: 7,
  shape: [3, 5, 7],
  pixels: Uint8Array.from({ length: 7 * SIZE }, (_, i) => (i * i * 3 + i) % 255),
};

const config = oneLevel({ sample_size: [5, 7], in_channels: 3, out_channels: 3 });

const newModel = async () => DiffusionModel.create(await testGpu(), config, { seed: 3 });

/** x_t of the first two steps, with buffers of so many bytes; and how many buffers there are. */
async function noised(options: { flip: boolean; randomCrop: number; partBytes?: number }) {
  const model = await newModel();
  const { gpu } = model;
  const [inputs, progress] = [new ResidentBuffer("inputs"), new ResidentBuffer("progress")];
  const state = progress.add(STATE_SHAPE, "state", "u32");
  const asked = { data, batch: 4, accumulate: 1, seed: 9, state, labelDropout: 0 } as const;
  const plain = { objective: { name: "simple" }, loss: "mse", timesteps: "uniform" } as const;
  const source = new DatasetBatch(model, inputs, { ...asked, ...plain, ...options });
  const graph = new Graph(gpu.target);
  const { sample } = source.noised(graph);
  const program = await Program.compile(gpu, graph, { label: "test", keep: [sample] });
  source.writeTables();
  const values: number[][] = [];
  for (const step of [0, 1]) {
    writeTensor(gpu, state, initialState(9, { step }));
    source.prepare(step, step === 0);
    program.run();
    values.push([...(await program.read(sample))]);
  }
  program.dispose();
  for (const buffer of [inputs, progress, ...source.buffers]) buffer.destroy(gpu);
  model.dispose();
  return { values, buffers: source.buffers.length, dispatches: program.report.dispatches };
}

async function losses(options: Partial<HyperParameters>): Promise<number[]> {
  const model = await newModel();
  const trainer = await Trainer.create(model, { data }, { batch: 4, seed: 9, ...options });
  const records: number[] = [];
  for await (const { loss } of trainer.run({ steps: 4 })) records.push(loss);
  trainer.dispose();
  model.dispose();
  return records;
}

describe("images on the GPU", () => {
  test("in buffers that hold two or three of them, x_t has the same bits as in one", async () => {
    const plain = { flip: false, randomCrop: 0 };
    const one = await noised(plain);
    expect(one.buffers).toBe(1);
    for (const [partBytes, parts] of [
      [2 * SIZE, 4],
      [3 * SIZE + 7, 3],
    ] as const) {
      const several = await noised({ ...plain, partBytes });
      expect(several.values).toEqual(one.values);
      expect(several.buffers).toBe(parts + 1);
      expect(several.dispatches).toBe(one.dispatches + parts);
    }
  });

  test("mirrored and shifted ones are other than plain ones, and do not depend on buffers", async () => {
    const changes = { flip: true, randomCrop: 2 };
    const changed = await noised(changes);
    expect((await noised({ ...changes, partBytes: 2 * SIZE })).values).toEqual(changed.values);
    expect(changed.values).not.toEqual((await noised({ flip: false, randomCrop: 0 })).values);
  });

  test("training on changed images is repeated bit for bit by the seed", async () => {
    const changes = { flip: true, randomCrop: 2 };
    const [a, b, plain] = [await losses(changes), await losses(changes), await losses({})];
    expect(a).toEqual(b);
    expect(a).not.toEqual(plain);
  });

  test("they are all in some buffer, once, in order", () => {
    expect(partRanges(data, 7 * SIZE)).toEqual([{ first: 0, count: 7 }]);
    expect(partRanges(data, 3 * SIZE)).toEqual([
      { first: 0, count: 3 },
      { first: 3, count: 3 },
      { first: 6, count: 1 },
    ]);
    expect(() => partRanges(data, SIZE - 1)).toThrow(
      "train: a buffer of this device holds 104 bytes, an image of seven takes 105 ([3, 5, 7]).",
    );
  });

  test("shifts that are no whole pixels, or leave the image, are refused", async () => {
    await expect(losses({ randomCrop: 1.5 })).rejects.toThrow(
      "train: randomCrop must be a whole number, 0 or more, got 1.5.",
    );
    await expect(losses({ randomCrop: 5 })).rejects.toThrow(
      "batchImages: randomCrop must be a whole number in 0 … 4 for images of 5 × 7, got 5.",
    );
  });

  test("given batches are used as they are: chance is refused", async () => {
    const model = await newModel();
    const given = { batches: [], shape: [1, 3, 5, 7] as const };
    await expect(Trainer.create(model, given, { flip: true })).rejects.toThrow(
      /given batches are used as they are, got .* flip true, randomCrop 0/,
    );
    model.dispose();
  });
});
