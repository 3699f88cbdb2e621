// The WGSL of the published doors: with short names and without spaces, and otherwise the file's.
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { keyOf, type ShaderFamily, type Variant } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { nameOf } from "../../src/device/shader_text.ts";
import { subgroupMatrix } from "../../src/kernels/subgroup_matrix.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { VARIANTS } from "../conformance/variants.ts";

const script: string = "../../scripts/package/squeeze.mjs"; // JavaScript: it has no types
interface Script {
  squeezed: (pieces: readonly string[]) => string[];
  withoutSpaces: (wgsl: string) => string;
}
const { squeezed, withoutSpaces }: Script = await import(script);

const generated = new URL("../../src/kernels/generated/", import.meta.url);
const names = readdirSync(generated).map((file) => file.slice(0, -3));

const squeezedFamily = (family: ShaderFamily): ShaderFamily => ({
  ...family,
  text: squeezed(family.text),
  squeezed: true,
});

const tokensOf = (wgsl: string) => wgsl.match(/[A-Za-z_]\w*|\.?\d[\w.]*|[^\s\w]/g) ?? [];

/** Pairs of which no two share one side alone. */
class OneToOne {
  readonly #there = new Map<string, string>();
  readonly #back = new Map<string, string>();

  pair(from: string, to: string): void {
    expect([from, this.#there.get(from) ?? to]).toEqual([from, to]);
    expect([to, this.#back.get(to) ?? from]).toEqual([to, from]);
    this.#there.set(from, to);
    this.#back.set(to, from);
  }
}

describe("squeezed WGSL", () => {
  test("keeps apart what would be one token", () => {
    const wgsl = "fn f( a : vec2<f32> ) -> f32 {\n  let b = a.x - -1.0;\n  return b;\n}";
    expect(withoutSpaces(wgsl)).toBe("fn f(a:vec2<f32>)->f32{\nlet b=a.x- -1.0;\nreturn b;\n}");
    expect(withoutSpaces("var x: vec2<f32> = y;")).toBe("var x:vec2<f32> =y;");
  });

  test("gives short names to what nothing outside looks up", () => {
    const wgsl =
      "struct Dims { count: u32 }\n@group(0) @binding(0) var<uniform> dims: Dims;\n" +
      "struct Somewhere { row: u32, x: u32 }\nconst ROWS: u32 = 4u;\n" +
      "fn spot_under(count: u32) -> Somewhere {\n  let row = count / dims.count;\n  return Somewhere(row, ROWS);\n}\n" +
      "@compute @workgroup_size(1)\nfn forward(@builtin(workgroup_id) group: vec3u) {\n" +
      "  let step = step(1.0, f32(spot_under(group.x).row));\n}";
    expect(squeezed([wgsl])).toEqual([
      "struct Dims{count:u32}\n@group(0)@binding(0)var<uniform>dims:Dims;\n" +
        "struct A{a:u32,x:u32}\nconst ROWS:u32=4u;\n" +
        "fn B(a:u32)->A{\nlet b=a/dims.count;\nreturn A(b,ROWS);\n}\n" +
        "@compute@workgroup_size(1)\nfn forward(@builtin(workgroup_id)g:vec3u){\n" +
        "let step=step(1.0,f32(B(g.x).a));\n}",
    ]);
  });

  test.each(names)("%s says what the file says, line for line", async (name) => {
    const module: Record<string, ShaderFamily> = await import(
      new URL(`${name}.ts`, generated).href
    );
    for (const family of Object.values(module)) {
      const [own, other] = [readingOf(squeezedFamily(family)), readingOf(family)];
      for (const [name, { chunks, ...entry }] of Object.entries(own.entries)) {
        const { chunks: reached = [], ...rest } = other.entries[name] ?? {};
        expect(entry).toEqual(rest);
        // a local no longer passes for a declaration of its name: that one may be left out
        expect(reached).toEqual(expect.arrayContaining([...chunks]));
      }
      expect(Object.keys(own.entries)).toEqual(Object.keys(other.entries));
      expect(Object.keys(own.settings)).toEqual(Object.keys(other.settings));
      const lines = (chunks: readonly string[]) => chunks.map((chunk) => chunk.split("\n").length);
      expect(lines(own.chunks)).toEqual(lines(other.chunks));
    }
  });

  test.each(names)("%s differs from the file in names alone, each for one", async (name) => {
    const module: Record<string, ShaderFamily> = await import(
      new URL(`${name}.ts`, generated).href
    );
    const { chunks } = readingOf(module[name]!);
    const tops = new OneToOne();
    squeezed(chunks).forEach((text, i) => {
      const [short, long] = [tokensOf(text), tokensOf(chunks[i]!)];
      expect(short.length).toBe(long.length);
      const inside = new OneToOne();
      for (const [j, token] of long.entries()) {
        const isMember =
          long[j - 1] === "." || (chunks[i]!.includes("struct") && long[j + 1] === ":");
        if (!isMember) inside.pair(token, short[j]!);
      }
      tops.pair(nameOf(chunks[i]!)!, nameOf(text)!);
    });
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
    const text = squeezed(["@compute @workgroup_size(1)\nfn main() {\n  let x = nothing;\n}"]);
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
