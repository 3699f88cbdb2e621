import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Gpu } from "../../src/device/gpu.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import { lossGradients } from "../../src/train/gradients.ts";
import { testGpu, tilesGpu } from "../support/gpu.ts";
import {
  fixtures,
  goldenFile,
  goldenModel,
  largest,
  largestDifference,
  relativeToLargest,
} from "../support/model_folder.ts";

const cases = readdirSync(join(fixtures, "unets"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** PyTorch's own float32 is off by 1e-6 here, by 1e-6 in all gradients, by 4e-5 in one. */
const OUTPUT = 2e-5;
const ALL_GRADIENTS = 2e-5;
const ONE_GRADIENT = 2e-4;

const DEVICES: [string, () => Promise<Gpu>, readonly string[]][] = [
  ["here", testGpu, cases],
  ["by a GPU's kernels", tilesGpu, ["ddpm", "scale-shift"]],
];

const all = DEVICES.flatMap(([where, open, names]) =>
  names.map((name) => [`${name}, ${where}`, name, open] as const),
);

describe("the U-Net is diffusers' UNet2DModel   [PyTorch in float64]", () => {
  test.each(all)("%s: its output", async (_, name, open) => {
    const model = await goldenModel(`unets/${name}`, await open());
    const io = goldenFile(`unets/${name}/io.safetensors`);
    const output = await evaluate(model, {
      sample: io.floats("sample"),
      timestep: io.numbers("timestep"),
      classLabels: io.has("class_labels") ? io.numbers("class_labels") : undefined,
    });
    expect(output.shape).toEqual(io.floats("output").shape);
    expect(relativeToLargest(output.data, io.floats("output").data)).toBeLessThan(OUTPUT);
    model.dispose();
  });

  test.each(all)("%s: its loss and every gradient", async (_, name, open) => {
    const model = await goldenModel(`unets/${name}`, await open());
    const io = goldenFile(`unets/${name}/io.safetensors`);
    const { loss, parameters, sample } = await lossGradients(model, {
      x0: io.floats("x0"),
      noise: io.floats("noise"),
      timestep: io.numbers("gradient_timestep"),
      classLabels: io.has("class_labels") ? io.numbers("class_labels") : undefined,
    });
    expect(Math.abs(loss / io.floats("loss").data[0]! - 1)).toBeLessThan(1e-6);
    expect(relativeToLargest(sample.data, io.floats("grad_sample").data)).toBeLessThan(OUTPUT);

    const names = io.names.filter((key) => key.startsWith("grad.")).map((key) => key.slice(5));
    expect([...names].sort()).toEqual([...model.weights.specs.keys()].sort());
    const expected = new Map(names.map((key) => [key, io.floats(`grad.${key}`).data]));
    const largestOfAll = Math.max(...[...expected.values()].map(largest));
    let [squares, differences] = [0, 0];
    for (const [key, golden] of expected) {
      const actual = parameters.get(key)!.data;
      // softmax ignores a constant: this gradient is zero but for rounding
      const scale = key.endsWith("to_k.bias") ? largestOfAll : largest(golden);
      expect(largestDifference(actual, golden) / scale, key).toBeLessThan(ONE_GRADIENT);
      golden.forEach((value, i) => {
        squares += value ** 2;
        differences += (actual[i]! - value) ** 2;
      });
    }
    expect(Math.sqrt(differences / squares)).toBeLessThan(ALL_GRADIENTS);
    model.dispose();
  });
});
