// float16 runs where the device has shader-f16: on lavapipe or a GPU, not on SwiftShader.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/nn/evaluate.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { readWeights } from "../../src/nn/save_model.ts";
import { sample } from "../../src/samplers/sample.ts";
import { steering } from "../../src/samplers/steering.ts";
import { fitImages, idxDataset } from "../../src/train/dataset.ts";
import { lossGradients } from "../../src/train/gradients.ts";
import type { HyperParameters } from "../../src/train/hyper_parameters.ts";
import { presetFor } from "../../src/train/presets.ts";
import { Trainer, type TrainingData } from "../../src/train/trainer.ts";
import { testGpu } from "../support/gpu.ts";
import {
  fixtures,
  goldenBatches,
  goldenFile,
  goldenModel,
  relativeToLargest,
} from "../support/model_folder.ts";

const folder = "training/fashion";
const gpu = await testGpu();
const hasHalf = gpu.has("shader-f16");

const cases = readdirSync(join(fixtures, "unets"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Some 30 maps one after the other, each rounded by at most 2⁻¹⁰ of itself. */
const OUTPUT = 2e-2;
/** Of the gradients' l2 norm: twice as many roundings. */
const GRADIENTS = 4e-2;

async function recordsOf(
  model: DiffusionModel,
  source: TrainingData,
  { steps, ...options }: Partial<HyperParameters> & { steps: number },
) {
  const trainer = await Trainer.create(model, source, options);
  const records = [];
  for await (const record of trainer.run({ steps })) records.push(record);
  const bytes = trainer.report.peakBytes;
  trainer.dispose();
  return { records, losses: records.map(({ loss }) => loss), bytes };
}

describe.runIf(hasHalf)("a U-Net of float16 maps   [PyTorch in float64]", () => {
  test.each(cases)(
    "%s: output and gradients are those of float32 but for roundings",
    async (name) => {
      const model = await goldenModel(`unets/${name}`);
      const io = goldenFile(`unets/${name}/io.safetensors`);
      const classLabels = io.has("class_labels") ? io.numbers("class_labels") : undefined;
      const output = await evaluate(model, {
        sample: io.floats("sample"),
        timestep: io.numbers("timestep"),
        classLabels,
        dtype: "float16",
      });
      const error = relativeToLargest(output.data, io.floats("output").data);
      expect(error).toBeLessThan(OUTPUT);
      expect(error).toBeGreaterThan(1e-5); // else nothing was float16

      const { loss, parameters } = await lossGradients(model, {
        x0: io.floats("x0"),
        noise: io.floats("noise"),
        timestep: io.numbers("gradient_timestep"),
        classLabels,
        dtype: "float16",
      });
      expect(Math.abs(loss / io.floats("loss").data[0]! - 1)).toBeLessThan(OUTPUT);
      let [squares, differences] = [0, 0];
      for (const [key, { data }] of parameters) {
        if (!io.has(`grad.${key}`)) continue;
        io.floats(`grad.${key}`).data.forEach((value, i) => {
          squares += value ** 2;
          differences += (data[i]! - value) ** 2;
        });
      }
      expect(Math.sqrt(differences / squares)).toBeLessThan(GRADIENTS);
      model.dispose();
    },
  );
});

describe.runIf(hasHalf)("training in float16", () => {
  test("200 steps on Fashion-MNIST: each loss within 2 % of float32's, in less memory", async () => {
    const { config, scheduler, hyperParameters } = presetFor(gpu.target);
    const bytes = readFileSync("data/fashion-mnist/t10k-images-idx3-ubyte.gz");
    const data = fitImages(await idxDataset(bytes, "fashion-mnist"), 16, 16);
    const run = async (dtype: HyperParameters["dtype"]) => {
      const model = await DiffusionModel.create(gpu, config, { seed: 1, scheduler });
      const options = { ...hyperParameters, decaySteps: 200, steps: 200, dtype };
      const result = await recordsOf(model, { data }, options);
      model.dispose();
      return result;
    };
    const single = await run("float32");
    const half = await run("float16");
    const apart = half.losses.map((loss, i) => Math.abs(loss / single.losses[i]! - 1));
    expect(Math.max(...apart)).toBeLessThan(0.02);
    expect(half.losses).not.toEqual(single.losses);
    expect(half.bytes).toBeLessThan(0.65 * single.bytes);
    expect(new Set(half.records.map(({ lossScale }) => lossScale))).toEqual(new Set([65_536]));
  }, 300_000);

  test("a loss scale that overflows is halved until it does not; those steps change nothing", async () => {
    const model = await goldenModel(`${folder}/start`);
    const before = await readWeights(gpu, model.weights);
    const { records } = await recordsOf(model, goldenBatches(folder), {
      steps: 12,
      dtype: "float16",
      lossScale: 2 ** 32,
      lossScaleGrowth: 4,
    });
    const overflowed = records.map(({ gradientNorm }) => !Number.isFinite(gradientNorm));
    expect(overflowed[0]).toBe(true);
    expect(overflowed.at(-1)).toBe(false);
    for (const [i, { lossScale }] of records.entries()) {
      if (i === 0) continue;
      const last = records[i - 1]!.lossScale;
      expect(lossScale).toBe(overflowed[i - 1] ? last / 2 : lossScale > last ? 2 * last : last);
    }
    const after = await readWeights(gpu, model.weights);
    for (const [name, { data }] of after) {
      expect(data.every(Number.isFinite), name).toBe(true);
      if (name === "conv_in.weight") expect(data).not.toEqual(before.get(name)!.data);
    }
    model.dispose();
  });

  test("sampling in float16 gives float32's images but for roundings", async () => {
    const model = await goldenModel(`${folder}/start`);
    const side = model.config.sample_size as number;
    const image = { shape: [1, 1, side, side], data: new Float32Array(side * side) };
    const strength = 0.4; // from noise alone, the first steps would multiply an error by 1 / √ᾱ_T
    const imagesOf = async (dtype: "float32" | "float16") => {
      const from = { image, strength, seed: 3, dtype };
      const request = { count: 2, steps: 20, sampler: "ddim", ...from } as const;
      for await (const frame of sample(model, request)) {
        if (frame.step === frame.of) return frame.images();
      }
      throw new Error("no last frame");
    };
    const [single, half] = [await imagesOf("float32"), await imagesOf("float16")];
    expect(relativeToLargest(half, single)).toBeLessThan(OUTPUT);
    expect(half).not.toEqual(single);
    model.dispose();
  });
});

describe.runIf(!hasHalf)("a device without shader-f16", () => {
  test("refuses float16 before anything is allocated", async () => {
    const model = await goldenModel(`${folder}/start`);
    const before = gpu.counters.bufferBytes;
    await expect(
      Trainer.create(model, goldenBatches(folder), { dtype: "float16" }),
    ).rejects.toThrow(
      "dtype float16: needs the feature shader-f16, which this device does not have.",
    );
    expect(gpu.counters.bufferBytes).toBe(before);
    model.dispose();
  });
});

test("steering needs float32", async () => {
  const model = await goldenModel(`${folder}/start`);
  const wgsl = "fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 { return 0.0; }";
  const request = { count: 1, dtype: "float16", steer: steering({ wgsl, strength: 1 }) } as const;
  await expect(sample(model, request).next()).rejects.toThrow(
    "sample: steer needs dtype float32, got float16.",
  );
  model.dispose();
});
