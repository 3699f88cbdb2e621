// JSON files are objects or a FileError; messages can show any value; near names are found.
import { describe, expect, test } from "vitest";
import { FileError } from "../../src/core/errors.ts";
import { jsonText, parseJsonObject, showValue } from "../../src/formats/json.ts";
import { nearestName } from "../../src/formats/spelling.ts";

describe("parseJsonObject", () => {
  test("reads text and bytes", () => {
    expect(parseJsonObject('{"a":[1]}', "f")).toEqual({ a: [1] });
    expect(parseJsonObject(new TextEncoder().encode('{"é":1}'), "f")).toEqual({ é: 1 });
  });

  test("takes __proto__ for a key like any other", () => {
    const json = parseJsonObject('{"__proto__":{"polluted":1}}', "f");
    expect(Object.keys(json)).toEqual(["__proto__"]);
    expect("polluted" in {}).toBe(false);
    expect("polluted" in json).toBe(false);
  });

  test("takes the numbers that Python writes and JSON lacks, outside of texts", () => {
    const text = '{"lambda_min_clipped":-Infinity,"b":[NaN,Infinity],"c":"NaN \\" -Infinity"}';
    expect(parseJsonObject(text, "f")).toEqual({
      lambda_min_clipped: -Infinity,
      b: [NaN, Infinity],
      c: 'NaN " -Infinity',
    });
    expect(() => parseJsonObject('{"a":-Infinit}', "f")).toThrow(FileError);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ["nothing", "", /config\.json: must be JSON, got: /],
    ["a comma too many", '{"a":1,}', /must be JSON/],
    ["an array", "[1]", /must be a JSON object, got \[1\]\. Put it in braces/],
    ["null", "null", /must be a JSON object, got null/],
    ["invalid UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), /must be JSON/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseJsonObject(text, "config.json")).toThrow(FileError);
    expect(() => parseJsonObject(text, "config.json")).toThrow(message);
  });
});

describe("jsonText", () => {
  test("writes numbers that are none as Python does, and reads them again", () => {
    const object = { a: -Infinity, b: [NaN, 1], c: "-Infinity" };
    const text = jsonText(object);
    expect(text).toContain('"a": -Infinity,');
    expect(parseJsonObject(text, "f")).toEqual(object);
  });

  test("sorts the keys, indents by 2, ends the line: Python's sort_keys, indent = 2", () => {
    const text = jsonText({ b: [1, null], a: "x", _c: { z: true } });
    expect(text).toBe(
      '{\n  "_c": {\n    "z": true\n  },\n  "a": "x",\n  "b": [\n    1,\n    null\n  ]\n}\n',
    );
  });
});

describe("showValue never throws", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;

  test.each([
    [undefined, "nothing"],
    [Number.NaN, "NaN"],
    [2n ** 70n, "1180591620717411303424"],
    ["8", '"8"'],
    [[1, "a"], '[1,"a"]'],
    [cyclic, "an object that is no JSON"],
  ])("%o", (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  test("and cuts what is long", () => {
    expect(showValue("x".repeat(100))).toBe(`"${"x".repeat(59)}…`);
    expect(showValue(Array(100).fill(7))).toBe(`[${"7,".repeat(29)}7…`);
  });
});

describe("nearestName", () => {
  const known = ["layers_per_block", "dropout", "act_fn", "norm_eps"];

  test.each([
    ["layer_per_block", "layers_per_block"],
    ["droput", "dropout"],
    ["DROPOUT", "dropout"],
    ["act_fun", "act_fn"],
    ["norm_epsilon", "norm_eps"],
    ["batch_size", undefined],
    ["x", undefined],
    ["", undefined],
  ])("%s", (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });

  test("a name of 100,000 letters is near to none, at once", () => {
    expect(nearestName("y".repeat(100_000), known)).toBeUndefined();
  });
});
