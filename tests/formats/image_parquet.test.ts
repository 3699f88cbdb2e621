// Parquet files as Hugging Face's datasets has them: two small ones of pyarrow 26, and damaged ones.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { imageHeader } from "../../src/formats/image_header.ts";
import { readImageParquet } from "../../src/formats/image_parquet.ts";
import { reads, refuses } from "../support/refusal.ts";

const file = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/data/${name}`, import.meta.url)));
const snappy = file("images-snappy.parquet");

/** The same length of bytes with one word in place of another, wherever it stands. */
function renamed(word: string, other: string): Uint8Array {
  return Uint8Array.from(
    Buffer.from(Buffer.from(snappy).toString("latin1").replaceAll(word, other), "latin1"),
  );
}

describe("readImageParquet", () => {
  test.each(["images-snappy.parquet", "images-zstd.parquet"])("%s", async (name) => {
    const { images, labels, classes } = await readImageParquet(file(name), name);
    expect([...labels!]).toEqual([2, 0, 1, 1, 0, 2]);
    expect(classes).toEqual(["ant", "bee", "cat"]);
    const sizes = images.map((bytes) => imageHeader(bytes, "row"));
    expect(sizes.map(({ width, height }) => [width, height])).toEqual(
      Array.from({ length: 6 }, (_, i) => [5 + i, 4 + (i % 2)]),
    );
  });

  test("inside a larger buffer", async () => {
    const larger = new Uint8Array(snappy.length + 9);
    larger.set(snappy, 5);
    const { images } = await readImageParquet(larger.subarray(5, 5 + snappy.length), "f");
    expect(images).toHaveLength(6);
  });

  test("without a column of labels", async () => {
    const { images, labels } = await readImageParquet(renamed("label", "count"), "f");
    expect([images.length, labels]).toEqual([6, undefined]);
  });
});

const footer = (length: number) => {
  const changed = snappy.slice();
  new DataView(changed.buffer).setUint32(changed.length - 8, length, true);
  return changed;
};

describe("readImageParquet refuses, with a FileError that says why", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /is no parquet file that can be read: .*too short/],
    ["another format", new Uint8Array(1000), /footer != PAR1/],
    ["a file cut short", snappy.subarray(0, -20), /is no parquet file that can be read/],
    ["a footer of 4 GB", footer(0xffffffff), /metadata length 4294967295 exceeds/],
    ["a footer of no bytes", footer(0), /is no parquet file that can be read/],
    [
      "no column of images",
      renamed("image", "photo"),
      /its columns are photo, label\. Give a file/,
    ],
    ["rows of paths alone", file("paths-only.parquet"), /row 0 holds none, only a path\. Save/],
    ["a codec that is unknown", snappy.slice().fill(0x16, 1277, 1278), /unsupported compression/],
  ])("%s", (_, bytes, message) => refuses(() => readImageParquet(bytes, "f.parquet"), message));
});

describe("readImageParquet on a damaged file: a FileError, or rows", () => {
  test("after 1 to 4 changed bytes or a cut, 400 times", async () => {
    let refused = 0;
    const change = fc.tuple(fc.nat(snappy.length - 1), fc.nat(255));
    const length = fc.oneof(
      { weight: 4, arbitrary: fc.constant(snappy.length) },
      fc.nat(snappy.length),
    );
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(changes, length, async (changes, length) => {
      const bytes = snappy.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      if (!(await reads(() => readImageParquet(bytes, "f")))) refused++;
    });
    await fc.assert(property, { seed: 5, numRuns: 400 });
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(400);
  }, 20_000);
});
