// Exact resume: k steps, saved, loaded and gone on with, are the same bits as steps in one go.
import { describe, expect, test } from "vitest";
import { toNumbers } from "../../src/formats/safetensors.ts";
import type { UNetConfig } from "../../src/formats/unet_config.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { readCheckpoint } from "../../src/train/checkpoint.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import type { HyperParameters } from "../../src/train/hyper_parameters.ts";
import type { TrainingRecord } from "../../src/train/step_records.ts";
import { Trainer, type TrainingData } from "../../src/train/trainer.ts";
import { scattered } from "../reference/agreement.ts";
import { testGpu } from "../support/gpu.ts";
import { oneLevel } from "../support/tiny_unet.ts";

const STEPS = 6;
const SCHEDULER = { num_train_timesteps: 12, beta_start: 0.005, beta_end: 0.4 };

/** Eleven images, so that epochs end inside batches; of two classes. */
function speckles(first = 0): Dataset {
  const pixels = Uint8Array.from({ length: 11 * 16 }, (_, i) => (i * 37 + first) % 256);
  const labels = Uint8Array.from({ length: 11 }, (_, n) => n % 2);
  return { name: "speckles", count: 11, shape: [1, 4, 4], pixels, labels };
}

const BASE: Partial<HyperParameters> = {
  batch: 4,
  learningRate: 3e-3,
  warmup: 3,
  decay: "cosine",
  decaySteps: STEPS,
  weightDecay: 0.01,
  ema: 0.9,
  seed: 2n ** 63n + 5n,
};

type Files = ReadonlyMap<string, Uint8Array>;

/** A trainer that goes on from files. */
async function resumed(files: Files, data: TrainingData): Promise<Trainer> {
  const checkpoint = await open(files);
  const model = await DiffusionModel.load(await testGpu(), checkpoint.read, checkpoint.where);
  return Trainer.resume(model, checkpoint, data);
}

const open = (files: Files) => readCheckpoint(async (name) => files.get(name), "memory");

async function startedWith(
  config: UNetConfig,
  data: TrainingData,
  options: Partial<HyperParameters>,
) {
  const gpu = await testGpu();
  const model = await DiffusionModel.create(gpu, config, { seed: 1, scheduler: SCHEDULER });
  return Trainer.create(model, data, { ...BASE, ...options });
}

async function train(trainer: Trainer, steps: number): Promise<TrainingRecord[]> {
  const records: TrainingRecord[] = [];
  for await (const record of trainer.run({ steps })) records.push(record);
  return records;
}

/** Frees a trainer and its model; gives the files of its state. */
async function ended(trainer: Trainer): Promise<Files> {
  const files = await trainer.save();
  trainer.dispose();
  trainer.model.dispose();
  return files;
}

const KINDS: [string, UNetConfig, TrainingData, Partial<HyperParameters>][] = [
  ["a plain network", oneLevel(), { data: speckles() }, {}],
  [
    "classes, label dropout, dropout, timesteps by importance",
    oneLevel({ num_class_embeds: 3, dropout: 0.3 }),
    { data: speckles() },
    { labelDropout: 0.3, timesteps: "importance", batch: 64, objective: { name: "min-snr" } },
  ],
  [
    "accumulated gradients, Adam, a line down",
    oneLevel(),
    { data: speckles() },
    { accumulate: 3, batch: 2, optimizer: "adam", decay: "linear", clip: 0.5 },
  ],
  ["batches that are given", oneLevel(), givenBatches(), {}],
  [
    "images that are flipped and shifted",
    oneLevel(),
    { data: speckles() },
    { flip: true, randomCrop: 1 },
  ],
  [
    "float16, whose loss scale overflows, is halved, and grows",
    oneLevel(),
    { data: speckles() },
    { dtype: "float16", lossScale: 2 ** 30, lossScaleGrowth: 2 },
  ],
];

const hasHalf = (await testGpu()).has("shader-f16");
const kinds = KINDS.filter(([, , , { dtype }]) => hasHalf || dtype !== "float16");

function givenBatches(): TrainingData {
  const values = (seed: number) => Float32Array.from(scattered([2, 1, 4, 4], seed).data);
  const batches = Array.from({ length: STEPS }, (_, s) => ({
    x0: values(2 * s),
    noise: values(2 * s + 1),
    timestep: [s, 2 * s],
  }));
  return { batches, shape: [2, 1, 4, 4] };
}

describe("N steps = k steps + save + load + (N − k) steps, bit for bit", () => {
  test.each(kinds)("%s, for every k", async (_, config, data, options) => {
    const whole = await startedWith(config, data, options);
    const expected = await train(whole, STEPS);
    const expectedFiles = await ended(whole);
    for (let k = 1; k < STEPS; k++) {
      const first = await startedWith(config, data, options);
      const before = await train(first, k);
      const saved = await ended(first);
      const second = await resumed(saved, data);
      expect(second.step).toBe(k);
      const after = await train(second, STEPS - k);
      expect([...before, ...after], `losses, k = ${k}`).toEqual(expected);
      expect(await ended(second), `state, k = ${k}`).toEqual(expectedFiles);
      if (options.timesteps !== "importance" || k < STEPS - 1) continue;
      const { tensors } = await open(saved);
      const kept = toNumbers(tensors.get("loss_history.kept_counts")!);
      expect(Math.min(...kept), "losses kept, so that the last step draws by them").toBeGreaterThan(
        9,
      );
    }
  });

  test("saved while steps are under way, it is the state after those that were begun", async () => {
    const data = { data: speckles() };
    const trainer = await startedWith(oneLevel(), data, {});
    const records: TrainingRecord[] = [];
    let files: Files = new Map();
    for await (const record of trainer.run({ steps: 12 })) {
      records.push(record);
      if (record.step !== 1) continue;
      files = await trainer.save();
    }
    const last = await ended(trainer);
    const second = await resumed(files, data);
    const from = second.step;
    expect(from, "one more is under way").toBe(2);
    expect(await train(second, 12 - from)).toEqual(records.slice(from));
    expect(await ended(second)).toEqual(last);
  });

  test("what is in the state is what was trained", async () => {
    const trainer = await startedWith(oneLevel(), { data: speckles() }, {});
    await train(trainer, STEPS);
    const { state, tensors } = await open(await ended(trainer));
    expect(state).toMatchObject({
      step: STEPS,
      skippedSteps: 0,
      dataOrder: { epoch: 2, position: 2, images: 11 },
      hyperParameters: { batch: 4, decay: "cosine", seed: 2n ** 63n + 5n },
      data: { name: "speckles", images: 11, shape: [1, 4, 4] },
    });
    expect([...state.files.keys()].sort()).toEqual([
      "config.json",
      "diffusion_pytorch_model.safetensors",
      "scheduler_config.json",
      "training_state.safetensors",
    ]);
    expect(tensors.get("loss_history.counts")!.shape).toEqual([12]);
    expect(tensors.get("exp_avg.conv_in.weight")!.shape).toEqual([8, 1, 3, 3]);
  });

  test("a state that others wrote needs step, seed, hyper-parameters and three tensors a parameter", async () => {
    const data = { data: speckles() };
    const trainer = await startedWith(oneLevel(), data, { seed: 3 });
    await train(trainer, 2);
    const files = new Map(await trainer.save());
    const rest = await train(trainer, 2);
    await ended(trainer);
    const { hyper_parameters } = JSON.parse(
      new TextDecoder().decode(files.get("training_state.json")),
    );
    const text = JSON.stringify({ format: 1, step: 2, seed: 3, hyper_parameters });
    files.set("training_state.json", new TextEncoder().encode(text));
    const second = await resumed(files, data);
    expect(await train(second, 2)).toEqual(rest);
    await ended(second);
  });

  test("going back to what was learned keeps the step and the place in the data", async () => {
    const trainer = await startedWith(oneLevel(), { data: speckles() }, {});
    await train(trainer, 2);
    const saved = await open(await trainer.save());
    await train(trainer, 2);
    await trainer.restore(saved, { keepsPlace: true });
    expect(trainer.step).toBe(4);
    const { state, tensors } = await open(await trainer.save());
    expect(state.dataOrder).toEqual({ epoch: 1, position: 5, images: 11 });
    expect(tensors).toEqual(saved.tensors);
    expect((await train(trainer, 1))[0]!.step).toBe(5);
    await ended(trainer);
  });
});

describe("what does not fit is refused", () => {
  const refused = async (change: (files: Map<string, Uint8Array>) => void, data = speckles()) => {
    const trainer = await startedWith(oneLevel(), { data: speckles() }, {});
    await train(trainer, 1);
    const files = new Map(await ended(trainer));
    change(files);
    return resumed(files, { data });
  };
  const edited = (edit: (json: Record<string, unknown>) => void) => {
    return (files: Map<string, Uint8Array>) => {
      const json = JSON.parse(new TextDecoder().decode(files.get("training_state.json")));
      edit(json);
      files.set("training_state.json", new TextEncoder().encode(JSON.stringify(json)));
    };
  };

  test("other data", async () => {
    await expect(refused(() => {}, speckles(1))).rejects.toThrow(
      "memory: was trained on speckles of 11 images, got speckles of 11, whose bytes differ. " +
        "Give the same --data; to train its weights on other images, use --model.",
    );
  });

  test("a file that is cut short, differs in a bit, or is missing", async () => {
    const weights = "diffusion_pytorch_model.safetensors";
    const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 900 ? byte ^ 1 : byte));
    await expect(
      refused((files) => files.set(weights, files.get(weights)!.slice(0, -1))),
    ).rejects.toThrow(`memory/${weights}: must have `);
    await expect(refused((files) => files.set(weights, flip(files.get(weights)!)))).rejects.toThrow(
      `memory/${weights}: its SHA-256 must be `,
    );
    await expect(refused((files) => files.delete("config.json"))).rejects.toThrow(
      "memory/config.json: is not there. Resume from another checkpoint.",
    );
    await expect(refused((files) => files.delete("training_state.json"))).rejects.toThrow(
      "memory: a checkpoint must hold training_state.json, which is not there.",
    );
  });

  test.each<[string, (json: Record<string, unknown>) => void, string]>([
    ["a newer format", (json) => (json.format = 2), "format must be 1, got 2."],
    ["no step", (json) => delete json.step, "step must be a whole number, 0 or more, got nothing."],
    [
      "a seed of text",
      (json) => (json.seed = "a"),
      'seed must be a whole number, 0 or more, got "a".',
    ],
    [
      "a hyper-parameter of another kind",
      (json) => (json.hyper_parameters = { batch: "4" }),
      'hyper_parameters: batch must be a number, got "4".',
    ],
    [
      "one out of range",
      (json) => (json.hyper_parameters = { batch: 0 }),
      "train: batch must be a whole number above 0, got 0.",
    ],
    [
      "a place past the epoch",
      (json) => (json.data_order = { epoch: 0, position: 11, images: 11 }),
      "data_order: position must be below the 11 images, got 11.",
    ],
  ])("%s", async (_, edit, message) => {
    await expect(refused(edited(edit))).rejects.toThrow(message);
  });
});
