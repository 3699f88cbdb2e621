// Names and shapes of the published DDPMs' tensors, as diffusers 0.42 builds them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import { unetWeights } from "../../src/nn/unet.ts";
import { fixtures } from "../support/model_folder.ts";

interface Published {
  config: Record<string, unknown>;
  tensors: Record<string, number[]>;
}

describe("a config builds the tensors that diffusers builds of it", () => {
  test.each([
    ["ddpm-cifar10-32", 328, 35_746_307],
    ["ddpm-celebahq-256", 450, 113_673_219],
  ])("google/%s: %i tensors, %i numbers", (name, tensors, numbers) => {
    const file = readFileSync(join(fixtures, `names/${name}.json`), "utf8");
    const published: Published = JSON.parse(file);
    const weights = unetWeights(parseUNetConfig(published.config));
    const shapes = [...weights.specs.values()].map(({ name, shape }) => [name, [...shape]]);
    expect(Object.fromEntries(shapes)).toEqual(published.tensors);
    expect(weights.specs.size).toBe(tensors);
    expect(weights.count).toBe(numbers);
  });
});
