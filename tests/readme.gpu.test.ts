import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { DiffusionModel } from "../src/nn/model.ts";
import { saveModel } from "../src/nn/save_model.ts";
import { type Dataset, fitImages } from "../src/train/dataset.ts";
import { presetFor } from "../src/train/presets.ts";
import { testGpu } from "./support/gpu.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");
const file = (i: number) => fileURLToPath(new URL(`tests/readme_example_${i}.ts`, root)); // made and removed here

afterAll(() => {
  for (const i of blocks.keys()) rmSync(file(i), { force: true });
});

/** What the examples export, with fewer steps and images. */
async function examples() {
  const index = JSON.stringify(fileURLToPath(new URL("src/index.ts", root)));
  const found = {};
  for (const [i, code] of blocks.entries()) {
    const short = code
      .replace("steps: 200", "steps: 2")
      .replace(/count: 16, steps: [25]0/, "count: 2, steps: 2");
    expect(short, "the example says how many steps").not.toBe(code);
    writeFileSync(file(i), short.replace('"wgsl-diffusion"', index));
    Object.assign(found, await import(/* @vite-ignore */ file(i)));
  }
  return found as Record<"draw" | "trainAndSample", (...given: unknown[]) => Promise<Float32Array>>;
}

/** 40 grey images, each of one shade. */
const shades: Dataset = {
  name: "shades",
  count: 40,
  shape: [1, 16, 16],
  pixels: Uint8Array.from({ length: 40 * 256 }, (_, i) => Math.floor(i / 256) * 6),
};

describe("the README", () => {
  test("its examples train a model, and sample one from its files", async () => {
    expect(blocks, "each ts block of the README is one of these").toHaveLength(2);
    const { draw, trainAndSample } = await examples();
    const gpu = await testGpu();
    const trained = await trainAndSample(gpu, fitImages(shades, 16, 16));
    expect(trained).toHaveLength(2 * 16 * 16);
    expect(trained.every(Number.isFinite)).toBe(true);

    const { config, scheduler } = presetFor(gpu.target);
    const model = await DiffusionModel.create(gpu, config, { seed: 0, scheduler });
    const files = await saveModel(model);
    const drawn = await draw(gpu, async (path: string) => files.get(path));
    expect(drawn).toHaveLength(trained.length);
    expect(drawn.every(Number.isFinite)).toBe(true);
  });

  test("lists every error code, and no other", () => {
    const table = [...readme.matchAll(/^\| `([a-z]+\/[a-z0-9-]+)` \|/gm)].map(([, code]) => code);
    expect(table).toEqual(codesInSource());
  });
});

/** Every code that src/ can throw, sorted. */
function codesInSource(): string[] {
  const modules = import.meta.glob("../src/**/*.ts", {
    query: "?raw",
    eager: true,
    import: "default",
  });
  const kinds = "bench|checkpoint|device|option|shape|file|safetensors|train";
  const pattern = new RegExp(`["\`]((?:${kinds})/[a-z0-9-]+)["\`]`, "g");
  const codes = Object.values(modules).flatMap((text) =>
    [...String(text).matchAll(pattern)].map(([, code]) => code!),
  );
  return [...new Set(codes)].sort();
}
