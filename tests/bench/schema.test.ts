// bench/schema.json, and that all results in the repository fit it.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { benchResult, SUITES } from "../../src/bench/result.ts";
import { schemaFaults } from "../support/json_schema.ts";

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../bench/${path}`, import.meta.url), "utf8"));
const schema = read("schema.json");
const files = readdirSync(new URL("../../bench/results/", import.meta.url)).filter(
  (name) => name.endsWith("swiftshader.json") || name.endsWith("lavapipe.json"),
);

const adapter = { vendor: "v", architecture: "", device: "", description: "", driver: "d" };
const record = benchResult({ suite: "memory", name: "one", check: { error: 0 }, bytes: 7 }, [2, 1]);
const report = {
  schema: 1,
  date: "2026-11-25T10:00:00Z",
  commit: null,
  adapter,
  versions: { "wgsl-diffusion": "0.1.0" },
  flags: ["--no-sandbox"],
  results: [record],
};

describe("the schema of benchmarks", () => {
  test.each(files)("results/%s fits it", (name) => {
    expect(schemaFaults(schema, read(`results/${name}`))).toEqual([]);
  });

  test("what bench writes fits it, and holds all that it names", () => {
    expect(schemaFaults(schema, report)).toEqual([]);
    const { ratios: _, ...own } = schema.properties;
    expect(Object.keys(report).sort()).toEqual(Object.keys(own).sort());
    expect(Object.keys(record).sort()).toEqual(Object.keys(schema.$defs.result.properties).sort());
  });

  test("knows every suite", () => {
    expect(schema.$defs.result.properties.suite.enum).toEqual([...SUITES, "peers"]);
  });

  test.each([
    [{ ...report, schema: 2 }, "$.schema breaks const 1"],
    [{ ...report, extra: 1 }, "$.extra is not allowed"],
    [{ ...report, results: [{ ...record, n: 1.5 }] }, '$.results[0].n breaks type "integer"'],
    [{ ...report, results: [{ ...record, min_ms: -1 }] }, "$.results[0].min_ms breaks minimum 0"],
    [{ ...report, results: [{ ...record, suite: "x" }] }, "$.results[0].suite breaks enum"],
    [{ ...report, adapter: {} }, "$.adapter breaks required"],
  ])("refuses what does not fit: %#", (wrong, fault) => {
    expect(schemaFaults(schema, wrong).join("; ")).toContain(fault);
  });
});
