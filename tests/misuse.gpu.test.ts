// Values that a program may hand over by mistake: each is refused with its code, before anything large
// is made, or has the result that is said here. Files are in formats/ and fuzz/.
import { beforeAll, describe, expect, test } from "vitest";
import { DiffusionError } from "../src/core/errors.ts";
import { parseSchedulerConfig, tablesOf } from "../src/diffusion/scheduler_config.ts";
import { parseUNetConfig } from "../src/formats/unet_config.ts";
import { DiffusionModel } from "../src/nn/model.ts";
import type { SampleOptions } from "../src/samplers/request.ts";
import { sample } from "../src/samplers/sample.ts";
import type { Dataset } from "../src/train/dataset.ts";
import type { HyperParameters } from "../src/train/hyper_parameters.ts";
import { Trainer } from "../src/train/trainer.ts";
import { testGpu } from "./support/gpu.ts";

const { NaN: NAN, POSITIVE_INFINITY: INFINITY } = Number;

const UNET = {
  sample_size: 8,
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [8, 16],
  down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
  layers_per_block: 1,
  norm_num_groups: 4,
  attention_head_dim: 8,
};
const DATA: Dataset = { name: "d", count: 4, shape: [1, 8, 8], pixels: new Uint8Array(256) };
const NO_SIZES = [0, -1, NAN, INFINITY, 1.5, "8"];

/** The code of what is thrown; "accepted" where nothing is. */
async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof DiffusionError)) throw error;
    expect(error.hint).not.toBe("");
    return error.code;
  }
  return "accepted";
}

describe("a U-Net's config", () => {
  const keys = ["sample_size", "in_channels", "layers_per_block", "norm_num_groups"];
  test.each(keys.flatMap((key) => NO_SIZES.map((value) => [key, value] as const)))(
    "%s: %s is option/unet",
    async (key, value) => {
      expect(await codeOf(() => parseUNetConfig({ ...UNET, [key]: value }))).toBe("option/unet");
    },
  );

  const cyclic: Record<string, unknown> = { ...UNET };
  cyclic.dropout = cyclic;
  test.each<[string, object, string]>([
    ["a side that the levels do not halve", { sample_size: 15 }, "shape/image"],
    ["groups that do not divide", { norm_num_groups: 5 }, "shape/groups"],
    ["no blocks", { down_block_types: [], up_block_types: [] }, "option/unet"],
    ["an unknown block", { down_block_types: ["X", "Y"] }, "option/unet"],
    ["an unknown activation", { act_fn: "foo" }, "option/unet"],
    ["an unknown key", { dropuot: 0.1 }, "option/unknown-key"],
    ["dropout 1", { dropout: 1 }, "option/unet"],
    ["a cyclic object", cyclic, "option/unet"],
    ["__proto__", JSON.parse('{"__proto__":{"sample_size":0}}'), "accepted"],
  ])("%s", async (_, change, code) => {
    expect(await codeOf(() => parseUNetConfig({ ...UNET, ...change }))).toBe(code);
  });
});

describe("a scheduler's config", () => {
  test.each<[string, object, string]>([
    ["T = 0", { num_train_timesteps: 0 }, "option/schedule"],
    ["T = 1", { num_train_timesteps: 1 }, "accepted"],
    ["T = 1.5", { num_train_timesteps: 1.5 }, "option/schedule"],
    ["T = 10^9", { num_train_timesteps: 1e9 }, "option/schedule"],
    ["β = 0", { beta_start: 0 }, "option/schedule"],
    ["β < 0", { beta_start: -1 }, "option/schedule"],
    ["β = 1", { beta_end: 1 }, "option/schedule"],
    ["β falling", { beta_start: 0.02, beta_end: 0.01 }, "option/schedule"],
    ["β = NaN", { beta_start: NAN }, "option/schedule"],
    [
      "2 betas for 10 steps",
      { num_train_timesteps: 10, trained_betas: [0.1, 0.2] },
      "option/schedule",
    ],
    ["an unknown name", { beta_schedule: "foo" }, "option/schedule"],
  ])("%s", async (_, config, code) => {
    expect(await codeOf(() => tablesOf(parseSchedulerConfig({ ...config })))).toBe(code);
  });
});

describe("with a model", () => {
  let model: DiffusionModel;
  const made = async (seed: number | bigint) =>
    DiffusionModel.create(await testGpu(), parseUNetConfig(UNET), { seed });
  beforeAll(async () => {
    model = await made(0);
  });

  test.each<[unknown, string]>([
    [2n ** 64n - 1n, "accepted"],
    [2n ** 64n, "option/seed"],
    [-1, "option/seed"],
    [1.5, "option/seed"],
    [NAN, "option/seed"],
    [2 ** 53, "option/seed"],
    [2 ** 53 + 2, "option/seed"],
    ["7", "option/seed"],
  ])("the seed %s is %s", async (seed, code) => {
    expect(await codeOf(async () => (await made(seed as number)).dispose())).toBe(code);
  });

  const noise = (length: number, value = 0) => ({
    initialNoise: { shape: [1, 1, 8, 8], data: new Float32Array(length).fill(value) },
  });
  test.each<[string, object, string]>([
    ["0 steps", { steps: 0 }, "option/steps"],
    ["1 step", { steps: 1 }, "accepted"],
    ["more steps than T", { steps: 1001 }, "option/steps"],
    ["1.5 steps", { steps: 1.5 }, "option/steps"],
    ["eta above 1", { eta: 1.1 }, "option/eta"],
    ["eta NaN", { eta: NAN }, "option/eta"],
    ["no image", { count: 0 }, "option/count"],
    ["half an image", { count: 1.5 }, "option/count"],
    ["more images than a buffer holds", { count: 1e7 }, "device/too-large"],
    ["labels for a network without", { classLabels: [3] }, "option/class"],
    ["guidance without labels", { guidance: NAN }, "option/combination"],
    ["an unknown sampler", { sampler: "foo" }, "option/sampler"],
    ["noise that is too short", noise(3), "shape/mismatch"],
    ["noise that is NaN", noise(64, NAN), "option/start"],
  ])("sampling with %s", async (_, options, code) => {
    const asked = { count: 1, steps: 2, sampler: "ddim", ...options } as SampleOptions;
    const run = async () => {
      for await (const _ of sample(model, asked));
    };
    expect(await codeOf(run)).toBe(code);
  });

  const empty = { ...DATA, count: 0, pixels: new Uint8Array(0) };
  test.each<[string, object, Dataset, string]>([
    ["a rate of 0", { learningRate: 0 }, DATA, "option/training"],
    ["a rate of NaN", { learningRate: NAN }, DATA, "option/training"],
    ["an endless rate", { learningRate: INFINITY }, DATA, "option/training"],
    ["a batch of 0", { batch: 0 }, DATA, "option/training"],
    ["a batch above the data set: images come again", { batch: 5 }, DATA, "accepted"],
    ["an average of 1", { ema: 1 }, DATA, "option/training"],
    ["clipping at 0: none", { clip: 0 }, DATA, "accepted"],
    ["0 batches a step", { accumulate: 0 }, DATA, "option/training"],
    ["no images", {}, empty, "shape/image"],
    ["bytes missing", {}, { ...DATA, pixels: new Uint8Array(10) }, "shape/image"],
  ])("training with %s", async (_, options: Partial<HyperParameters>, data, code) => {
    const run = async () => {
      const trainer = await Trainer.create(model, { data }, { batch: 2, ...options });
      for await (const _ of trainer.run({ steps: 1 }));
      trainer.dispose();
    };
    expect(await codeOf(run)).toBe(code);
  });

  test.each([-1, 1.5, NAN, INFINITY])("training for %s steps is refused", async (steps) => {
    const trainer = await Trainer.create(model, { data: DATA }, { batch: 2 });
    const run = async () => {
      for await (const _ of trainer.run({ steps }));
    };
    expect(await codeOf(run)).toBe("option/steps");
    expect(trainer.step).toBe(0);
    trainer.dispose();
  });
});
