import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { testGpu } from "../support/gpu.ts";
import { mapInputs, runSample, targetsOf } from "./records/conform.ts";
import { runHuge } from "./records/huge.ts";
import { RECORDS } from "./records/records.ts";

const namesIn = (folder: string, extension: string) =>
  readdirSync(new URL(`../../${folder}/`, import.meta.url))
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length));

describe("every family has a record, and every shader is in one", () => {
  test.each(namesIn("shaders", ".wgsl"))("%s.wgsl", (name) => {
    const families = RECORDS.filter(({ shaders }) => shaders.includes(name));
    expect(families, "tests/kernels/records has no record of this shader").toHaveLength(1);
    expect(namesIn("src/kernels", ".ts")).toContain(families[0]!.family);
  });
});

describe.each(RECORDS)("$family: value, gradient, adjoint, repeats, poison", (info) => {
  test.each(info.samples())("$name", async (sample) => {
    const gpu = await testGpu();
    const isHalved = mapInputs(sample).length > 0 && gpu.has("shader-f16");
    for (const target of targetsOf(gpu, sample)) {
      for (const dtype of isHalved ? (["f32", "f16"] as const) : (["f32"] as const)) {
        const { faults } = await runSample({ gpu, target, dtype }, info, sample);
        expect(faults, `${dtype} ${JSON.stringify(target)}`).toEqual([]);
      }
    }
  });

  test("says which types its maps have", () => {
    const hasMaps = info.samples().some((sample) => mapInputs(sample).length > 0);
    expect(info.dtypes).toEqual(hasMaps ? ["f32", "f16"] : ["f32"]);
  });

  test.each(info.refusals)("refuses $what", ({ launch, message }) => {
    const graph = new Graph();
    expect(() => launch(graph, (...shape) => graph.alloc(shape, "t"))).toThrow(message);
  });
});

describe("more than 65,535 workgroups, and tensors of more than 128 MiB", () => {
  test.each(RECORDS.flatMap(({ huge }) => (huge ? [huge] : [])))("$name", async (huge) => {
    const { wrong, skipped } = await runHuge(await testGpu(), huge);
    if (skipped) console.log(`${huge.name}: ${skipped}`);
    expect(wrong).toBe(0);
  });
});
