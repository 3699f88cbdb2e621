// Steps of several batches, and steps that are left out for a gradient that is not finite.
import { describe, expect, test } from "vitest";
import { DiffusionModel } from "../../src/nn/model.ts";
import { readWeights } from "../../src/nn/save_model.ts";
import { Weights } from "../../src/nn/weights.ts";
import { readCheckpoint } from "../../src/train/checkpoint.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import type { HyperParameters } from "../../src/train/hyper_parameters.ts";
import { leftOut } from "../../src/train/not_finite.ts";
import type { TrainingRecord } from "../../src/train/step_records.ts";
import { Trainer, type TrainingData } from "../../src/train/trainer.ts";
import { scattered } from "../reference/agreement.ts";
import { testGpu } from "../support/gpu.ts";
import { largestDifference } from "../support/model_folder.ts";
import { oneLevel } from "../support/tiny_unet.ts";

function speckles(): Dataset {
  const pixels = Uint8Array.from({ length: 11 * 16 }, (_, i) => (i * 37) % 256);
  const labels = Uint8Array.from({ length: 11 }, (_, n) => n % 2);
  return { name: "speckles", count: 11, shape: [1, 4, 4], pixels, labels };
}

async function startedWith(
  data: TrainingData,
  options: Partial<HyperParameters>,
  config = oneLevel(),
) {
  const model = await DiffusionModel.create(await testGpu(), config, { seed: 1 });
  return Trainer.create(model, data, { learningRate: 3e-3, seed: 1, ...options });
}

async function weightsOf({ model }: Trainer): Promise<Float32Array> {
  const values = await readWeights(model.gpu, model.weights);
  return Float32Array.from([...values.values()].flatMap(({ data }) => [...data]));
}

function ended(trainer: Trainer): void {
  trainer.dispose();
  trainer.model.dispose();
}

describe("A batches of B images are one of A · B", () => {
  // eps 1e-4: Adam turns the rounding of gradients near 0 into steps, unless eps is above it
  const common = { eps: 1e-4, clip: 0.5, ema: 0.5, emaWarmup: false, weightDecay: 0.01 };
  const LOSS = 2e-6; // relative: sums of float32 in another order, after up to 5 steps
  const WEIGHTS = 2e-6; // absolute: of weights of order 0.1, that moved by up to 0.015

  test.each([
    ["plain", {}, {}],
    [
      "with labels that are left out, and dropout; Adam; a line down",
      { num_class_embeds: 3, dropout: 0.3 },
      { labelDropout: 0.4, optimizer: "adam", decay: "linear", decaySteps: 7 },
    ],
  ] as const)("%s: losses, norms and weights of five steps", async (_, changes, options) => {
    const results = [];
    for (const [batch, accumulate] of [
      [6, 1],
      [2, 3],
    ] as const) {
      const sizes = { ...common, ...options, batch, accumulate };
      const trainer = await startedWith({ data: speckles() }, sizes, oneLevel(changes));
      const records: TrainingRecord[] = [];
      for await (const record of trainer.run({ steps: 5 })) records.push(record);
      const { counts } = await trainer.lossByTimestep();
      results.push({ records, counts, weights: await weightsOf(trainer) });
      ended(trainer);
    }
    const [whole, parts] = results as [(typeof results)[0], (typeof results)[0]];
    expect(parts.counts).toEqual(whole.counts);
    for (const [i, { step, loss, gradientNorm }] of whole.records.entries()) {
      const other = parts.records[i]!;
      expect(other.step).toBe(step);
      expect(Math.abs(other.loss / loss - 1), `loss ${step}`).toBeLessThan(LOSS);
      expect(Math.abs(other.gradientNorm / gradientNorm - 1), `norm ${step}`).toBeLessThan(LOSS);
    }
    expect(largestDifference(parts.weights, whole.weights)).toBeLessThan(WEIGHTS);
  });

  test("memory is given back", async () => {
    const { counters } = await testGpu();
    const before = counters.bufferBytes;
    const trainer = await startedWith({ data: speckles() }, { batch: 2, accumulate: 2 });
    for await (const _ of trainer.run({ steps: 1 }));
    ended(trainer);
    expect(counters.bufferBytes).toBe(before);
  });
});

describe("a step whose gradient is not finite", () => {
  const batchWith = (value: number) => {
    const [x0, noise] = [scattered([2, 1, 4, 4], 1), scattered([2, 1, 4, 4], 2)];
    x0.data[5] = value;
    return {
      x0: Float32Array.from(x0.data),
      noise: Float32Array.from(noise.data),
      timestep: [3, 500],
    };
  };
  const batches = (...bad: number[]): TrainingData => ({
    batches: [0, 0, 0, 0].map((_, s) => batchWith(bad.includes(s) ? Number.NaN : s / 4)),
    shape: [2, 1, 4, 4],
  });

  test("ends the training, and the error names the parameter that went bad first", async () => {
    const trainer = await startedWith(batches(1), {});
    const steps: number[] = [];
    const run = async () => {
      for await (const { step } of trainer.run({ steps: 3 })) steps.push(step);
    };
    await expect(run()).rejects.toThrow(
      "train: step 2 has loss NaN and gradient norm NaN; the gradient of conv_out.bias went bad " +
        "first; its update was left out. Lower the learning rate, or clip the gradient.",
    );
    expect(steps).toEqual([1]);
    ended(trainer);
  });

  test.each([1, 2])("is left out, with skip; %i batches a step", async (accumulate) => {
    const trainer = await startedWith(batches(1), { accumulate });
    const bad = accumulate === 1 ? 2 : 1;
    const weights = [await weightsOf(trainer)];
    const records: TrainingRecord[] = [];
    for (let s = 0; s < 4 / accumulate; s++) {
      for await (const record of trainer.run({ steps: 1, onNan: "skip" })) records.push(record);
      weights.push(await weightsOf(trainer));
    }
    for (const [i, record] of records.entries()) {
      const isBad = i + 1 === bad;
      expect(record.leftOut).toEqual(isBad ? { parameter: "conv_out.bias" } : undefined);
      expect(largestDifference(weights[i + 1]!, weights[i]!) === 0, `step ${i + 1}`).toBe(isBad);
    }
    ended(trainer);
  });

  test("ends the loop, with rollback; who goes back to what was saved goes on with the next batch", async () => {
    const trainer = await startedWith(batches(1), {});
    for await (const _ of trainer.run({ steps: 1 }));
    const files = await trainer.save();
    const saved = await weightsOf(trainer);
    const steps: [number, boolean][] = [];
    for await (const { step, leftOut: isOut } of trainer.run({ steps: 1, onNan: "rollback" })) {
      steps.push([step, isOut !== undefined]);
    }
    expect(steps).toEqual([[2, true]]);
    const checkpoint = await readCheckpoint(async (name) => files.get(name), "memory");
    await trainer.restore(checkpoint, { keepsPlace: true });
    expect(await weightsOf(trainer)).toEqual(saved);
    for await (const record of trainer.run({ steps: 2, onNan: "rollback" })) {
      expect(record.leftOut).toBeUndefined();
    }
    expect(trainer.step).toBe(4);
    ended(trainer);
  });

  test("32 of them in a row end it, with skip too", async () => {
    const data: TrainingData = {
      batches: Array.from({ length: 40 }, () => batchWith(Number.POSITIVE_INFINITY)),
      shape: [2, 1, 4, 4],
    };
    const trainer = await startedWith(data, {});
    let count = 0;
    const run = async () => {
      for await (const _ of trainer.run({ steps: 40, onNan: "skip" })) count++;
    };
    await expect(run()).rejects.toThrow("train: step 32, the 32th in a row, has loss ");
    expect(count).toBe(31);
    ended(trainer);
  });

  test("the parameter is the last in the flat buffer at or before the place", () => {
    const weights = new Weights("w");
    for (const [name, size] of [
      ["a", 3],
      ["b", 70],
      ["c", 5],
    ] as const) {
      weights.declare({ name, shape: [size], start: { constant: 0 } });
    }
    weights.place();
    const [b, c] = ["b", "c"].map((name) => (weights.tensor(name).home?.offset ?? 0) / 4);
    const places = [1, 3, b! + 1, b! + 70, c! + 1, c! + 5];
    const named = places.map((n) => leftOut(weights, n).parameter);
    expect(named).toEqual(["a", "a", "b", "b", "c", "c"]);
    expect(leftOut(weights, 0)).toEqual({ parameter: undefined });
  });
});
