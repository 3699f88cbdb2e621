// IDX files of bytes: Fashion-MNIST's own, small ones, and all the ways a file can be none.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FileError } from "../../src/core/errors.ts";
import { readIdx } from "../../src/formats/idx.ts";

function idx(sizes: readonly number[], data: Uint8Array, type = 8): Uint8Array {
  const file = new Uint8Array(4 + 4 * sizes.length + data.length);
  file.set([0, 0, type, sizes.length]);
  const view = new DataView(file.buffer);
  sizes.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  file.set(data, 4 + 4 * sizes.length);
  return file;
}

const count = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
const fashion = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../data/fashion-mnist/${name}`, import.meta.url)));

describe("readIdx on Fashion-MNIST's test set", () => {
  test("10,000 images of 28 × 28", async () => {
    const images = await readIdx(fashion("t10k-images-idx3-ubyte.gz"), "images");
    expect(images.shape).toEqual([10_000, 28, 28]);
    expect(images.data).toHaveLength(7_840_000);
    const mean = images.data.reduce((sum, value) => sum + value, 0) / images.data.length / 255;
    expect(mean).toBeCloseTo(0.2868, 3); // as published for the test set: 0.2868
  });

  test("10,000 labels, 1000 of each of 10 classes", async () => {
    const { shape, data } = await readIdx(fashion("t10k-labels-idx1-ubyte.gz"), "labels");
    expect(shape).toEqual([10_000]);
    expect([...data.subarray(0, 10)]).toEqual([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
    for (let label = 0; label < 10; label++) {
      expect(data.filter((value) => value === label)).toHaveLength(1000);
    }
  });
});

describe("readIdx reads files of 1 to 4 axes, gzip'd or not", () => {
  test.each([[[5]], [[2, 3]], [[2, 3, 4]], [[2, 1, 3, 4]], [[0, 28, 28]]])("%j", async (sizes) => {
    const data = count(sizes.reduce((a, b) => a * b));
    for (const file of [idx(sizes, data), gzip(idx(sizes, data))]) {
      expect(await readIdx(file, "f")).toEqual({ shape: sizes, data });
    }
  });

  test("a file larger than one chunk of inflating, inside a larger buffer", async () => {
    const data = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
    const file = gzip(idx([3, 100_000], data));
    const larger = new Uint8Array(file.length + 9);
    larger.set(file, 5);
    const read = await readIdx(larger.subarray(5, 5 + file.length), "f");
    expect(Buffer.compare(read.data, data)).toBe(0);
  });
});

const GOOD = idx([2, 3], count(6));
const damaged = gzip(idx([9000], count(9000))).map((byte, i) => (i === 40 ? byte ^ 255 : byte));

describe("readIdx refuses, with a FileError that says why", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /begins with 00 00 08, got \./],
    ["another format", count(100), /begins with 00 00 08, got 00 01 02 03\. Give a file such as/],
    ["floats", idx([1], count(4), 0x0d), /begins with 00 00 08, got 00 00 0d 01/],
    ["rank 0", idx([], count(1)), /has 1 … 4 axes, got 0/],
    ["rank 5", idx([1, 1, 1, 1, 1], count(1)), /has 1 … 4 axes, got 5/],
    ["a header cut short", GOOD.subarray(0, 11), /header takes 12 bytes, got 11/],
    ["a byte too few", GOOD.subarray(0, 17), /\[2, 3\] takes 6 bytes, got 5\. .*fetch it again/],
    ["a byte too many", idx([2, 3], count(7)), /\[2, 3\] takes 6 bytes, got 7/],
    [
      "sizes of 2^128 bytes",
      idx(Array(4).fill(2 ** 32 - 1), count(1)),
      /may hold 2147483648 bytes/,
    ],
    ["a gzip'd byte too few", gzip(GOOD.subarray(0, 17)), /takes 6 bytes, got 5/],
    ["a gzip'd byte too many", gzip(idx([2, 3], count(7))), /takes 6 bytes, got 7/],
    ["gzip cut short", gzip(GOOD).subarray(0, 20), /whole gzip file, got damaged or missing/],
    ["gzip of 2 bytes", gzip(GOOD).subarray(0, 2), /whole gzip file/],
    ["gzip without its last byte", gzip(GOOD).subarray(0, -1), /whole gzip file/],
    ["damaged gzip", damaged, /whole gzip file/],
    ["gzip of something else", gzip(count(100)), /begins with 00 00 08/],
  ])("%s", async (_, file, message) => {
    const error: unknown = await readIdx(file, "train.idx").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FileError);
    expect(String(error)).toMatch(/^FileError: train\.idx: /);
    expect(String(error)).toMatch(message);
  });

  test("a gzip bomb of 100 MB, after its first chunks", async () => {
    const bomb = gzip(idx([2, 3], new Uint8Array(1e8)));
    const before = process.memoryUsage().arrayBuffers;
    await expect(readIdx(bomb, "f")).rejects.toThrow(/\[2, 3\] takes 6 bytes, got more/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e7);
  });
});
