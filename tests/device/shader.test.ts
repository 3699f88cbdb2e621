import { describe, expect, test } from "vitest";
import { type ShaderFamily, specialise, workgroupSizeOf } from "../../src/device/shader.ts";

const family: ShaderFamily = {
  name: "toy",
  hash: "0",
  text: [
    "const WG: u32 = 64u;",
    "\nalias elem = f32;",
    "\n\nfn one() -> elem {\n  return elem(1);\n}",
    "\n@compute @workgroup_size(WG) fn plain() {\n  _ = one();\n}",
    "\n@compute @workgroup_size(WG) fn shared() {\n  _ = subgroupAdd(one());\n}",
  ],
};

describe("a variant", () => {
  test("holds only what its entry point reaches, and every line keeps its number", () => {
    const text = specialise({ family, entry: "shared", constants: {} });
    expect(text).not.toContain("plain");
    expect(text).toContain("enable subgroups;");
    const whole = family.text.join("").split("\n");
    expect(text.split("\n").indexOf("  _ = subgroupAdd(one());")).toBe(
      whole.indexOf("  _ = subgroupAdd(one());"),
    );
  });

  test("has its constants set, suffix and all, and its workgroup size with them", () => {
    const variant = { family, entry: "plain", constants: { WG: 16 } };
    expect(specialise(variant)).toContain("const WG: u32 = 16u;");
    expect(workgroupSizeOf(variant)).toEqual([16, 1, 1]);
  });

  test("enables f16 where an alias is made f16", () => {
    const text = specialise({ family, entry: "plain", constants: { elem: "f16" } });
    expect(text).toMatch(/^enable f16;/);
    expect(text).toContain("alias elem = f16;");
  });

  test("refuses constants and entry points that the file does not have", () => {
    expect(() => specialise({ family, entry: "plain", constants: { TILE: 4 } })).toThrow(
      "shader: toy.wgsl has no constant TILE. It has WG, elem.",
    );
    expect(() => specialise({ family, entry: "main", constants: {} })).toThrow(
      "shader: toy.wgsl has no entry point main. It has plain, shared.",
    );
  });
});
