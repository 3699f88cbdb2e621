// Legal files are read, however odd; what is written is read back, and is the reference's bytes.
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SafetensorsError } from "../../src/core/errors.ts";
import {
  float32Tensor,
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from "../../src/formats/safetensors.ts";
import { BYTES_PER_ELEMENT, DTYPES } from "../../src/formats/stored_tensor.ts";
import { entry, rawFile } from "./raw_safetensors.ts";

const namesOf = (file: Uint8Array): string[] => [...readSafetensors(file, "f").tensors.keys()];

describe("readSafetensors takes what is legal but nasty", () => {
  test("no tensors", () => {
    expect(namesOf(rawFile("{}"))).toEqual([]);
  });

  test("tensors named __proto__, constructor and __proto__.x, and no prototype changes", () => {
    const names = ["__proto__", "constructor", "__proto__.x"];
    const parts = names.map((name, i) => `"${name}":${entry({ offsets: [16 * i, 16 * i + 16] })}`);
    expect(namesOf(rawFile(`{${parts.join(",")}}`, 48))).toEqual(names);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("metadata named __proto__", () => {
    const { metadata } = readSafetensors(rawFile(`{"__metadata__":{"__proto__":"x"}}`), "f");
    expect([...metadata]).toEqual([["__proto__", "x"]]);
  });

  test("65,536 tensors of no elements beside metadata", () => {
    const empty = entry({ shape: [0], offsets: [0, 0] });
    const parts = Array.from({ length: 65_536 }, (_, i) => `"${i}":${empty}`);
    expect(namesOf(rawFile(`{"__metadata__":{},${parts.join(",")}}`))).toHaveLength(65_536);
  });

  test("an empty tensor that shares an offset with another", () => {
    const empty = entry({ shape: [2, 0], offsets: [0, 0] });
    const { tensors } = readSafetensors(rawFile(`{"a":${entry()},"b":${empty}}`, 16), "f");
    expect(tensors.get("b")).toMatchObject({ shape: [2, 0], bytes: new Uint8Array(0) });
  });

  test("an escaped name, white space, padding, an unknown field", () => {
    const header = `{ "\\u0061\\"\\n" : {"note":{"x":1.5}, ${entry().slice(1)} \n}   `;
    expect(namesOf(rawFile(header, 16))).toEqual(['a"\n']);
  });

  test("an empty name, a name of 1024 bytes", () => {
    const b = entry({ offsets: [16, 32] });
    const file = rawFile(`{"":${entry()},"${"é".repeat(512)}":${b}}`, 32);
    expect(namesOf(file)).toEqual(["", "é".repeat(512)]);
  });

  test("a scalar, and offsets in another order than the names", () => {
    const header = `{"b":${entry({ offsets: [4, 20] })},"a":${entry({ shape: [], offsets: [0, 4] })}}`;
    const { tensors } = readSafetensors(rawFile(header, 20), "f");
    expect([...tensors.get("a")!.bytes]).toEqual([0, 1, 2, 3]);
    expect(tensors.get("b")!.bytes[0]).toBe(4);
  });

  test("a file that is itself a part of a larger buffer, and the tensors are views of it", () => {
    const file = rawFile(`{"a":${entry()}}`, 16);
    const larger = new Uint8Array(file.length + 7);
    larger.set(file, 3);
    const { tensors } = readSafetensors(larger.subarray(3, 3 + file.length), "f");
    expect(tensors.get("a")!.bytes.buffer).toBe(larger.buffer);
    expect([...tensors.get("a")!.bytes]).toEqual([...Array(16).keys()]);
  });
});

describe("writeSafetensors writes the reference's bytes", () => {
  const folder = new URL("../fixtures/ops/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));

  test.each(files)("read and written again, %s is the same", (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, folder)));
    const { tensors, metadata } = readSafetensors(bytes, name);
    const written = writeSafetensors(tensors, Object.fromEntries(metadata));
    expect(Buffer.compare(written, bytes)).toBe(0);
  });

  test("larger elements first, then by name; header padded to a multiple of 8", () => {
    const bytes = (dtype: StoredTensor["dtype"]): StoredTensor => ({
      dtype,
      shape: [1],
      bytes: new Uint8Array(BYTES_PER_ELEMENT[dtype]),
    });
    const given = [
      ["u8", "U8"],
      ["z", "F32"],
      ["i64", "I64"],
      ["b", "F32"],
      ["half", "F16"],
    ] as const;
    const file = writeSafetensors(given.map(([name, dtype]) => [name, bytes(dtype)] as const));
    expect(namesOf(file)).toEqual(["i64", "b", "z", "half", "u8"]);
    expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  test("the same tensors and metadata in another order are the same bytes", () => {
    const a = float32Tensor([2], Float32Array.of(1, 2));
    const b = float32Tensor([1], Float32Array.of(3));
    const one = writeSafetensors(
      new Map([
        ["a", a],
        ["b", b],
      ]),
      { x: "1", y: "2" },
    );
    expect(
      writeSafetensors(
        new Map([
          ["b", b],
          ["a", a],
        ]),
        { y: "2", x: "1" },
      ),
    ).toEqual(one);
  });
});

describe("write → read is the identity", () => {
  const tensor = fc
    .record({ dtype: fc.constantFrom(...DTYPES), shape: fc.array(fc.nat(3), { maxLength: 4 }) })
    .chain(({ dtype, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1) * BYTES_PER_ELEMENT[dtype];
      const bytes = fc.uint8Array({ minLength: length, maxLength: length });
      return bytes.map((bytes): StoredTensor => ({ dtype, shape, bytes }));
    });
  const name = fc.string({ unit: "binary", maxLength: 12 }).filter((s) => s !== "__metadata__");
  const tensors = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([name]) => name });

  test("for tensors of any dtype, shape and name", () => {
    fc.assert(
      fc.property(tensors, fc.dictionary(name, fc.string()), (tensors, metadata) => {
        const back = readSafetensors(writeSafetensors(tensors, metadata), "f");
        expect(back.tensors).toEqual(new Map(tensors));
        expect(back.metadata).toEqual(new Map(Object.entries(metadata)));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("writeSafetensors refuses what it could not read back", () => {
  const ok = float32Tensor([1], Float32Array.of(1));

  test.each<[string, [string, StoredTensor][], RegExp]>([
    [
      "a name twice",
      [
        ["a", ok],
        ["a", ok],
      ],
      /the name "a" must be given once, got it twice/,
    ],
    ["__metadata__", [["__metadata__", ok]], /the name "__metadata__" is reserved/],
    ["a long name", [["x".repeat(1025), ok]], /at most 1024 bytes of valid Unicode, got 1025/],
    [
      "too few bytes",
      [["a", { ...ok, shape: [2] }]],
      /"a" is F32 \[2\], which takes 8 bytes, got 4/,
    ],
    ["a size that is no count", [["a", { ...ok, shape: [0.25, 4] }]], /sizes from 0 up.*0\.25/],
    ["9 axes", [["a", { ...ok, shape: Array(9).fill(1) }]], /"a" may have 8 axes, got 9/],
  ])("%s", (_, tensors, message) => {
    const write = () => writeSafetensors(tensors);
    expect(write).toThrow(SafetensorsError);
    expect(write).toThrow(message);
  });
});
