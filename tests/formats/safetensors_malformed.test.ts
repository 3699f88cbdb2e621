// Files that break a rule of safetensors: each is refused at once, with the rule.
import { describe, expect, test } from "vitest";
import { SafetensorsError } from "../../src/core/errors.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { entry, lengthOnly, rawFile } from "./raw_safetensors.ts";

type Case = [name: string, file: Uint8Array, message: RegExp];

const one = (parts: Parameters<typeof entry>[0], dataBytes = 16): Uint8Array =>
  rawFile(`{"a":${entry(parts)}}`, dataBytes);
const two = (a: [number, number], b: [number, number], dataBytes: number): Uint8Array => {
  const bytes = (offsets: [number, number]) =>
    entry({ dtype: "U8", shape: [offsets[1] - offsets[0]], offsets });
  return rawFile(`{"a":${bytes(a)},"b":${bytes(b)}}`, dataBytes);
};
const text = (content: string): Uint8Array => new TextEncoder().encode(content.padEnd(200, " "));
const invalidUtf8 = Uint8Array.from([...text(`{"?":${entry()}}`)], (byte) =>
  byte === 0x3f ? 0xff : byte,
);
const manyEmpty = (count: number): Uint8Array => {
  const empty = entry({ shape: [0], offsets: [0, 0] });
  return rawFile(`{${Array.from({ length: count }, (_, i) => `"${i}":${empty}`).join(",")}}`);
};

const LENGTHS: Case[] = [
  ["no bytes", new Uint8Array(0), /begins with 8 bytes of header length, got 0 bytes.*cut short/],
  ["7 bytes", new Uint8Array(7), /begins with 8 bytes of header length, got 7/],
  ["a header longer than the file", lengthOnly(57n), /header ends at byte 65, past the file's 64/],
  ["2^63 + 50", lengthOnly(2n ** 63n + 50n), /may have 100000000 bytes, got 9223372036854775858/],
  ["more than 100 MB", lengthOnly(100_000_001n), /may have 100000000 bytes, got 100000001/],
  ["an empty header", lengthOnly(0n), /must begin with "\{"/],
  ["a Git LFS pointer", text("version https://git-lfs.github.com/spec/v1"), /git lfs pull/],
  ["a zipped pickle", text("PK\x03\x04 archive/data.pkl"), /PyTorch pickle/],
  ["a web page", text("<!DOCTYPE html><html>"), /web page/],
];

const HEADERS: Case[] = [
  ["not JSON", rawFile(`{"a":}`), /header must be JSON, got "\{\\"a\\":\}"/],
  ["two objects", rawFile("{}{}"), /header must be JSON/],
  ["an array", rawFile("[]"), /must begin with "\{"/],
  ["null", rawFile("null"), /must begin with "\{"/],
  ["a leading space", rawFile(` {"a":${entry()}}`, 16), /must begin with "\{"/],
  ["a byte order mark", rawFile(`\ufeff{"a":${entry()}}`, 16), /must begin with "\{"/],
  ["a name of invalid UTF-8", rawFile(invalidUtf8, 16), /header must be UTF-8/],
  ["a lone surrogate", rawFile(`{"\\ud800":${entry()}}`, 16), /valid Unicode/],
  ["a long name", rawFile(`{"${"é".repeat(513)}":${entry()}}`, 16), /at most 1024.*got 1026/],
  ["a key twice", rawFile(`{"a":${entry()},"a":${entry()}}`, 16), /key "a" must be given once/],
  ["the same key escaped", rawFile(`{"a":${entry()},"\\u0061":${entry()}}`, 16), /key "a" must/],
  [
    "dtype twice",
    rawFile(`{"a":{"dtype":"F16",${entry().slice(1)}}`, 16),
    /key "dtype" must be given once/,
  ],
  ["200,000 brackets", rawFile("{".padEnd(200_001, "[")), /nest at most 3 deep/],
  ["200,000 objects", rawFile(`{"a":`.repeat(200_000)), /nest at most 3 deep/],
  ["200,000 empty tensors", manyEmpty(200_000), /may hold 65536 tensors, this one has more/],
  ["65,537 empty tensors", manyEmpty(65_537), /may hold 65536 tensors, this one has more/],
  ["metadata that is no text", rawFile(`{"__metadata__":{"n":1}}`), /__metadata__ "n".*got 1/],
  ["metadata in an array", rawFile(`{"__metadata__":["x"]}`), /must map names to text/],
  ["null metadata", rawFile(`{"__metadata__":null}`), /must map names to text, got null/],
];

const TENSORS: Case[] = [
  ["a null tensor", rawFile(`{"a":null}`), /"a" must have dtype, shape and data_offsets, got null/],
  ["an array for a tensor", rawFile(`{"a":[1]}`), /"a" must have dtype, shape/],
  ["no offsets", rawFile(`{"a":{"dtype":"F32","shape":[4]}}`, 16), /data_offsets.*got nothing/],
  [
    "no shape",
    rawFile(`{"a":{"dtype":"F32","data_offsets":[0,16]}}`, 16),
    /shape of sizes.*nothing/,
  ],
  [
    "no dtype",
    rawFile(`{"a":{"shape":[4],"data_offsets":[0,16]}}`, 16),
    /unsupported dtype nothing/,
  ],
  ["an unknown dtype", one({ dtype: "F4" }), /"a" has the unsupported dtype "F4".*BOOL, U8/],
  ["dtype __proto__", one({ dtype: "__proto__" }), /unsupported dtype "__proto__"/],
  ["dtype toString", one({ dtype: "toString" }), /unsupported dtype "toString"/],
  ["9 axes", one({ shape: [1, 1, 1, 1, 1, 1, 1, 1, 4] }), /"a" may have 8 axes, got 9/],
  ["a negative size", one({ shape: [-4] }), /"a": sizes and offsets must be whole.*got -4/],
  ["two negative sizes", one({ shape: [-2, -2] }), /whole numbers in digits, got -2/],
  ["minus zero", one({ shape: "=[-0]", offsets: [0, 0] }, 0), /in digits, got -0/],
  ["a fractional size", one({ shape: [1.5] }), /whole numbers in digits, got 1\.5/],
  ["4.0", one({ shape: "=[4.0]" }), /whole numbers in digits, got 4\.0/],
  ["a size as text", one({ shape: ["4"] }), /shape of sizes from 0 up, got \["4"\]/],
  ["a null size", one({ shape: [null] }), /shape of sizes from 0 up, got \[null\]/],
  ["a true size", one({ shape: "=[true]" }), /shape of sizes from 0 up, got \[true\]/],
  ["a shape in text", one({ shape: "[4]" }), /shape of sizes from 0 up/],
  ["a size of 2^53", one({ shape: [2 ** 53, 0] }), /shape of sizes from 0 up/],
  [
    "a shape past 2^64",
    one({ shape: [2 ** 40, 2 ** 40, 4] }),
    /takes more than 2\^53 bytes, got 16/,
  ],
  ["2^62 float32 numbers", one({ shape: [2 ** 31, 2 ** 31] }), /takes more than 2\^53 bytes/],
  ["shape [100] for 8 bytes", one({ shape: [100], offsets: [0, 8] }, 8), /takes 400 bytes, got 8/],
  ["a dtype too wide", one({ dtype: "F64" }), /"a" is F64 \[4\], which takes 32 bytes, got 16/],
];

const OFFSETS: Case[] = [
  ["begin > end", one({ offsets: [16, 0] }), /0 ≤ begin ≤ end, got \[16,0\]/],
  ["a negative offset", one({ offsets: [-16, 0] }), /in digits, got -16/],
  ["a fractional offset", one({ offsets: [0, 16.5] }), /in digits, got 16\.5/],
  ["an offset of 1e400", one({ offsets: "=[0,1e400]" }), /in digits, got 1e400/],
  ["an offset of 400 digits", one({ offsets: `=[0,${"9".repeat(400)}]` }), /0 ≤ begin ≤ end/],
  ["three offsets", one({ offsets: [0, 8, 16] }), /data_offsets \[begin, end\]/],
  ["one offset", one({ offsets: [0] }), /data_offsets \[begin, end\]/],
  ["offsets in an object", one({ offsets: { 0: 0, 1: 16 } }), /data_offsets \[begin, end\]/],
  ["an end past the file", one({}, 8), /"a" ends at byte 16, past the data's 8\. The file is cut/],
  [
    "overlapping tensors",
    two([0, 8], [4, 12], 12),
    /"b" begins at byte 4, inside "a", which ends at 8/,
  ],
  ["the same range twice", two([0, 8], [0, 8], 8), /"b" begins at byte 0, inside "a"/],
  ["a hole", two([0, 8], [9, 12], 12), /bytes 8 to 9, before "b", belong to no tensor/],
  ["a hole at the start", one({ offsets: [4, 20] }, 20), /bytes 0 to 4, before "a", belong to no/],
  ["trailing bytes", one({}, 19), /the last 3 bytes, after 16, belong to no tensor/],
  ["data with no tensor", rawFile("{}", 5), /the last 5 bytes, after 0, belong to no tensor/],
];

describe.each([
  ["the header's length", LENGTHS],
  ["the header", HEADERS],
  ["a tensor's entry", TENSORS],
  ["where tensors lie", OFFSETS],
])("readSafetensors refuses a file for %s", (_, cases) => {
  test.each(cases)("%s", (_, file, message) => {
    const started = process.cpuUsage();
    const error = failureOf(file);
    const { user } = process.cpuUsage(started);
    expect(user / 1000).toBeLessThan(500 /* ms; about 50 alone, more beside a busy compiler */);
    expect(error).toBeInstanceOf(SafetensorsError);
    expect(error.message).toMatch(/^(unet\.safetensors): .*\. [A-Z].*\.$/); // file: rule, values. Cure.
    expect(error.message).toMatch(message);
    expect(error.code).toMatch(/^safetensors\/[a-z-]+$/);
  });
});

function failureOf(file: Uint8Array): SafetensorsError {
  try {
    readSafetensors(file, "unet.safetensors");
  } catch (error) {
    return error as SafetensorsError;
  }
  throw new Error("the file was accepted");
}
