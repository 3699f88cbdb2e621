import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { entryOf, keyOf, type Variant } from "../../src/device/shader.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";

const folder = new URL("../../src/kernels/", import.meta.url);
const families = readdirSync(folder)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -3));

/** What a launcher file can ask for: its export that ends in Variants. */
async function variantsOf(name: string): Promise<Variant[]> {
  const module: Record<string, unknown> = await import(`../../src/kernels/${name}.ts`);
  const found = Object.entries(module).find(([key]) => key.endsWith("Variants"));
  expect(found, `${name}.ts exports no …Variants`).toBeDefined();
  return found![1] as Variant[];
}

describe("every variant that a launcher can ask for compiles [Dawn's null backend]", () => {
  test.each(families)("%s", async (name) => {
    const { gpu: source } = await openGpu({ adapter: "null" });
    const gpu = await Gpu.open({ gpu: source });
    const variants = await variantsOf(name);
    expect(new Set(variants.map(keyOf)).size).toBe(variants.length);
    await Promise.all(variants.map((variant) => gpu.pipelines.get(variant)));
    gpu.check();
    const { family } = variants[0]!;
    const launched = new Set(variants.map(({ entry }) => entry));
    expect([...launched].sort(), "entry points without a launcher").toEqual(
      Object.keys(family.entries).sort(),
    );
    gpu.dispose();
  });

  test("a plain variant of each family fits WebGPU's default limits", async () => {
    const { gpu: source } = await openGpu({ adapter: "null" });
    const adapter = await source.requestAdapter();
    const gpu = await Gpu.open({ device: await adapter!.requestDevice() });
    for (const name of families) {
      const plain = (await variantsOf(name)).filter((variant) => !entryOf(variant).subgroups);
      expect(plain.length, name).toBeGreaterThan(0);
      await Promise.all(plain.map((variant) => gpu.pipelines.get(variant)));
    }
    gpu.check();
  });
});
