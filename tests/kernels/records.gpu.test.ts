import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testGpu } from "../support/gpu.ts";
import { runHuge } from "./records/huge.ts";
import { RECORDS } from "./records/records.ts";
import { isConv2d, testRecords } from "./records/suite.ts";

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

testRecords(RECORDS.filter((info) => !isConv2d(info)));

describe("more than 65,535 workgroups, and tensors of more than 128 MiB", () => {
  test.each(RECORDS.flatMap(({ huge }) => (huge ? [huge] : [])))("$name", async (huge) => {
    const { wrong, skipped } = await runHuge(await testGpu(), huge);
    if (skipped) console.log(`${huge.name}: ${skipped}`);
    expect(wrong).toBe(0);
  });
});
