import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import type { ShaderFamily } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { FAMILIES, variantsOf } from "../../src/inspect/families.ts";
import { matrixKernels } from "../../src/kernels/subgroup_matrix.ts";
import { TWINS } from "./twins/twins.ts";

const configs = { f32: { unit: "f32", M: 8, N: 8, K: 8 } } as const;

/** A device that promises nothing, both software adapters, one with subgroups, and one with matrix units. */
const TARGETS: Target[] = [
  PLAIN_TARGET,
  { subgroupSize: 4, software: "swiftshader" },
  { subgroupSize: 8, software: "llvmpipe" },
  { subgroupSize: 32, software: undefined, tiles: true },
  { ...PLAIN_TARGET, matrixUnits: matrixKernels({ configs, lanes: 32 }) },
];

const namesIn = (folder: string, extension: string) =>
  readdirSync(new URL(`../../${folder}/`, import.meta.url))
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length));

describe("every kernel family has a self-test", () => {
  const launched = new Set(
    FAMILIES.flatMap((family) => TARGETS.flatMap((target) => variantsOf(family, target))).map(
      ({ family, entry }) => `${family.name}.${entry}`,
    ),
  );

  test.each(namesIn("shaders", ".wgsl"))("%s.wgsl: all its entry points", async (name) => {
    const module: Record<string, ShaderFamily> = await import(
      `../../src/kernels/generated/${name}.ts`
    );
    const missing = Object.keys(readingOf(module[name]!).entries).filter(
      (entry) => !launched.has(`${name}.${entry}`),
    );
    expect(missing, "src/inspect/cases launches none of these, on any device").toEqual([]);
  });

  test.each(FAMILIES)("$family has launchers of its name, and twins", ({ family, cases }) => {
    expect(namesIn("src/kernels", ".ts")).toContain(family);
    expect(Object.keys(TWINS[family] ?? {})).toEqual(cases.map(({ name }) => name));
  });
});

describe("the inputs of a case are the same at every call", () => {
  test.each(FAMILIES)("$family", ({ cases }) => {
    for (const { inputs } of cases) expect(inputs()).toEqual(inputs());
  });
});
