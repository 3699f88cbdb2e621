import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { extensionsOf, keyOf, type ShaderFamily, type Variant } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { subgroupMatrix } from "../../src/kernels/subgroup_matrix.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";

const namesIn = (folder: string) =>
  readdirSync(new URL(folder, import.meta.url))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -3));

const families = namesIn("../../src/kernels/generated/");

/** All that the launchers can ask for: their exports that end in Variants. */
async function allVariants(): Promise<Variant[]> {
  const found = new Map<string, Variant>();
  for (const name of namesIn("../../src/kernels/")) {
    const module: Record<string, unknown> = await import(`../../src/kernels/${name}.ts`);
    for (const [key, value] of Object.entries(module)) {
      if (!key.endsWith("Variants")) continue;
      for (const variant of (value as () => Variant[])()) found.set(keyOf(variant), variant);
    }
  }
  return [...found.values()];
}

async function familyOf(name: string): Promise<ShaderFamily> {
  const module: Record<string, ShaderFamily> = await import(
    `../../src/kernels/generated/${name}.ts`
  );
  return module[name]!;
}

describe("every variant that a launcher can ask for compiles [Dawn's null backend]", () => {
  test.each(families)("%s", async (name) => {
    const { gpu: source } = await openGpu({ adapter: "null" });
    const gpu = await Gpu.open({ gpu: source, subgroupMatrix });
    const variants = (await allVariants()).filter(({ family }) => family.name === name);
    await Promise.all(variants.map((variant) => gpu.pipelines.get(variant)));
    gpu.check();
    const launched = new Set(variants.map(({ entry }) => entry));
    const entries = Object.keys(readingOf(await familyOf(name)).entries);
    expect([...launched].sort(), "entry points that no launcher asks for").toEqual(entries.sort());
    gpu.dispose();
  });

  test("on a device with WebGPU's default limits too, where they need no feature", async () => {
    const { gpu: source } = await openGpu({ adapter: "null" });
    const adapter = await source.requestAdapter();
    const gpu = await Gpu.open({ device: await adapter!.requestDevice() });
    const plain = (await allVariants()).filter((variant) => extensionsOf(variant).length === 0);
    expect(plain.length).toBeGreaterThan(20);
    await Promise.all(plain.map((variant) => gpu.pipelines.get(variant)));
    gpu.check();
  });
});
