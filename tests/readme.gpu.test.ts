import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type Dataset, fitImages } from "../src/train/dataset.ts";
import { testGpu } from "./support/gpu.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const example = new URL("tests/readme_example.ts", root); // made and removed here

afterAll(() => rmSync(example, { force: true }));

/** 40 grey images, each of one shade. */
const shades: Dataset = {
  name: "shades",
  count: 40,
  shape: [1, 16, 16],
  pixels: Uint8Array.from({ length: 40 * 256 }, (_, i) => Math.floor(i / 256) * 6),
};

describe("the README", () => {
  test("its example trains and samples", async () => {
    const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const short = code
      .replace("steps: 200", "steps: 2")
      .replace("count: 16, steps: 50", "count: 2, steps: 2");
    expect(short, "the example says how many steps").not.toBe(code);
    const index = fileURLToPath(new URL("src/index.ts", root));
    writeFileSync(example, short.replace('"wgsl-diffusion"', JSON.stringify(index)));
    const { trainAndSample } = await import(/* @vite-ignore */ fileURLToPath(example));
    const images = await trainAndSample(await testGpu(), fitImages(shades, 16, 16));
    expect(images).toHaveLength(2 * 16 * 16);
    expect(images.every(Number.isFinite)).toBe(true);
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
