// The WGSL of the published doors: without spaces, and otherwise the file's.
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { keyOf, type ShaderFamily, type Variant } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { subgroupMatrix } from "../../src/kernels/subgroup_matrix.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { VARIANTS } from "../conformance/variants.ts";

const script: string = "../../scripts/package/squeeze.mjs"; // JavaScript: it has no types
const { squeezed }: { squeezed: (wgsl: string) => string } = await import(script);

const generated = new URL("../../src/kernels/generated/", import.meta.url);
const names = readdirSync(generated).map((file) => file.slice(0, -3));

const squeezedFamily = (family: ShaderFamily): ShaderFamily => ({
  ...family,
  text: family.text.map(squeezed),
  squeezed: true,
});

describe("squeezed WGSL", () => {
  test("keeps apart what would be one token", () => {
    const wgsl = "fn f( a : vec2<f32> ) -> f32 {\n  let b = a.x - -1.0;\n  return b;\n}";
    expect(squeezed(wgsl)).toBe("fn f(a:vec2<f32>)->f32{\nlet b=a.x- -1.0;\nreturn b;\n}");
    expect(squeezed("var x: vec2<f32> = y;")).toBe("var x:vec2<f32> =y;");
  });

  test.each(names)("%s says what the file says, line for line", async (name) => {
    const module: Record<string, ShaderFamily> = await import(
      new URL(`${name}.ts`, generated).href
    );
    for (const family of Object.values(module)) {
      const [own, other] = [readingOf(squeezedFamily(family)), readingOf(family)];
      expect(own.entries).toEqual(other.entries);
      expect(Object.keys(own.settings)).toEqual(Object.keys(other.settings));
      const lines = (chunks: readonly string[]) => chunks.map((chunk) => chunk.split("\n").length);
      expect(lines(own.chunks)).toEqual(lines(other.chunks));
    }
  });

  test("compiles in every variant [Dawn's null backend]", async () => {
    const { gpu: source } = await openGpu({ adapter: "null" });
    const gpu = await Gpu.open({ gpu: source, subgroupMatrix });
    const families = new Map<string, ShaderFamily>();
    const squeezedVariant = (variant: Variant): Variant => {
      const { name } = variant.family;
      const family = families.get(name) ?? squeezedFamily(variant.family);
      families.set(name, family);
      return { ...variant, family };
    };
    const variants = VARIANTS.filter(({ constants }) => constants.elem !== "f16");
    expect(new Set(variants.map(keyOf)).size).toBeGreaterThan(100);
    await Promise.all(variants.map((variant) => gpu.pipelines.get(squeezedVariant(variant))));
    gpu.check();
    gpu.dispose();
  });

  test("a compiler's complaint has the file's line, and what stands there", async () => {
    const { gpu: source } = await openGpu({ adapter: "null" });
    const gpu = await Gpu.open({ gpu: source });
    const text = [squeezed("@compute @workgroup_size(1)\nfn main() {\n  let x = nothing;\n}")];
    const family: ShaderFamily = { name: "toy", hash: "0", text, squeezed: true };
    gpu.device.pushErrorScope("validation"); // as the self-test does: the message is asked for
    const compiling = gpu.pipelines.get({ family, entry: "main", constants: {} });
    await expect(compiling).rejects.toThrow(
      /shaders\/toy\.wgsl:3 unresolved value 'nothing', at "nothing;"/,
    );
    await gpu.device.popErrorScope();
    gpu.dispose();
  });
});
