// zip archives: those that fflate makes, by hand changed ones, and every way to do harm with one.
import fc from "fast-check";
import { strToU8, type Zippable, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/formats/crc32.ts";
import { readZip } from "../../src/formats/zip.ts";
import { reads, refuses } from "../support/refusal.ts";

const text = (length: number) => Uint8Array.from({ length }, (_, i) => 97 + ((i * i) % 17));
const GOOD: Zippable = {
  "cats/one.png": text(3000),
  "cats/two.png": [text(70_000), { level: 0 }],
  "empty.txt": new Uint8Array(0),
  "ä/ö.txt": strToU8("name in UTF-8"),
};
const archive = zipSync(GOOD);

const END = archive.length - 22;
const START = new DataView(archive.buffer).getUint32(END + 16, true);

/** The archive with bytes of its first directory entry, its end or anything else changed. */
function changed(at: number, ...bytes: number[]): Uint8Array {
  const copy = archive.slice();
  copy.set(bytes, at);
  return copy;
}

const contents = (bytes: Uint8Array) =>
  Object.fromEntries(readZip(bytes, "z").map((file) => [file.path, file.read()]));

const named = (path: string) => zipSync({ [path]: text(10) });

/** The archive with sizes and places of its end in the form for large archives. */
function asZip64(): Uint8Array {
  const large = new Uint8Array(archive.length + 76);
  large.set(archive.subarray(0, END));
  const view = new DataView(large.buffer);
  const old = new DataView(archive.buffer);
  view.setUint32(END, 0x06064b50, true);
  view.setBigUint64(END + 4, 44n, true);
  view.setBigUint64(END + 24, BigInt(old.getUint16(END + 8, true)), true);
  view.setBigUint64(END + 32, BigInt(old.getUint16(END + 10, true)), true);
  view.setBigUint64(END + 40, BigInt(old.getUint32(END + 12, true)), true);
  view.setBigUint64(END + 48, BigInt(START), true);
  view.setUint32(END + 56, 0x07064b50, true);
  view.setBigUint64(END + 64, BigInt(END), true);
  large.set(archive.subarray(END), END + 76);
  large.fill(0xff, END + 76 + 8, END + 76 + 20);
  return large;
}

describe("readZip", () => {
  test("gives the files, deflated or stored, byte for byte", () => {
    const files = contents(archive);
    expect(Object.keys(files)).toEqual(Object.keys(GOOD));
    expect(files["cats/one.png"]).toEqual(text(3000));
    expect(Buffer.compare(files["cats/two.png"]!, text(70_000))).toBe(0);
    expect(files["empty.txt"]).toHaveLength(0);
  });

  test("with a comment behind, inside a larger buffer, and in the form for large archives", () => {
    const larger = new Uint8Array(archive.length + 20);
    larger.set(archive, 7);
    larger.set([5], 7 + END + 20); // a comment of five bytes
    expect(Object.keys(contents(larger.subarray(7, 7 + archive.length + 5)))).toHaveLength(4);
    expect(contents(asZip64())).toEqual(contents(archive));
  });

  test("CRC-32 has its check value", () => {
    expect(crc32(strToU8("123456789"))).toBe(0xcbf43926);
  });
});

const FLAGS = START + 8;
const METHOD = START + 10;
const SIZES = START + 20;
const NAME_LENGTH = "cats/one.png".length;
const DATA = 30 + NAME_LENGTH;

describe("readZip refuses, with a FileError that says why", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /z: is no whole zip archive/],
    ["something else", text(5000), /is no whole zip archive: its directory is not at its end/],
    ["an archive cut short", archive.subarray(0, -1), /is no whole zip archive/],
    ["a name with ..", named("a/../../b"), /holds "a\/\.\.\/\.\.\/b": names are relative/],
    ["an absolute name", named("/etc/passwd"), /holds "\/etc\/passwd": names/],
    ["a drive's name", named("C:/x"), /holds "C:\/x": names/],
    ["a backslash", named("a\\..\\b"), /names are relative, with "\/"/],
    ["an encrypted file", changed(FLAGS, 1), /is encrypted \("cats\/one\.png"\)\. Unpack it with/],
    ["another method", changed(METHOD, 12), /with method 12; known are 0 and 8/],
    ["a link", changed(START + 5, 3).fill(0xa1, START + 41, START + 42), /holds a link, "cats/],
    ["an entry that is none", changed(START, 0), /has no entry of its directory at byte/],
    ["a directory past the end", changed(END + 16, 0xff, 0xff, 0xff, 0x0f), /no whole zip/],
    ["more files than there are", changed(END + 10, 9), /has no entry of its directory/],
    [
      "a stored file that grows",
      changed(METHOD, 0),
      /3000 bytes packed into \d+; at most \d+ can be/,
    ],
  ])("%s", (_, file, message) => refuses(() => readZip(file, "z"), message));

  test("a bomb, by its ratio, before anything is inflated", async () => {
    const bomb = zipSync({ "b.png": new Uint8Array(5e7) });
    await refuses(() => readZip(bomb, "z"), /holds "b\.png", 50000000 bytes packed into \d+/);
  });

  test("a bomb of many files that lie on top of one another, by its total", async () => {
    const count = 3000;
    const one = zipSync({ "f-0000.png": text(2 ** 20) });
    const view = new DataView(one.buffer);
    const end = one.length - 22;
    const start = view.getUint32(end + 16, true);
    const entry = one.slice(start, end);
    const all = new Uint8Array(start + count * entry.length + 22);
    all.set(one.subarray(0, start));
    for (let i = 0; i < count; i++) {
      entry.set(strToU8(`f-${String(i).padStart(4, "0")}.png`), 46);
      all.set(entry, start + i * entry.length);
    }
    const tail = one.slice(end);
    new DataView(tail.buffer).setUint16(10, count, true);
    new DataView(tail.buffer).setUint32(12, count * entry.length, true);
    all.set(tail, all.length - 22);
    await refuses(() => readZip(all, "z"), /may hold 2147483648 bytes, got more/);
  });

  test("the same name twice", async () => {
    const twin = zipSync({ "a.png": text(5), "b.png": text(5) });
    const start = new DataView(twin.buffer).getUint32(twin.length - 6, true);
    twin[start + 46] = "b".charCodeAt(0);
    await refuses(() => readZip(twin, "z"), /holds "b\.png" twice/);
  });

  test.each<[string, Uint8Array, RegExp]>([
    [
      "damaged bytes",
      changed(DATA + 3, 255, 255, 255, 255),
      /z\/cats\/one\.png: the archive's dir/,
    ],
    ["a wrong CRC", changed(START + 16, 1, 2, 3, 4), /says the CRC-32 4030201, got/],
    ["fewer bytes than it says", changed(SIZES + 4, 0xb9), /says 3001 bytes, got 3000/],
    ["more bytes than it says", changed(SIZES + 4, 0x10, 0), /says 16 bytes, got more/],
    ["no local header", changed(0, 0), /says a local header at byte 0, got none/],
    [
      "a file past the directory",
      changed(SIZES, 0xff, 0xff, 0xff, 0),
      /16777215 bytes from \d+ on/,
    ],
  ])("when a file is read: %s", (_, file, message) => refuses(() => contents(file), message));
});

describe("readZip on a damaged archive: a FileError, or files", () => {
  test("after 1 to 6 changed bytes or a cut, 1,500 times", async () => {
    let refused = 0;
    const at = fc.oneof(fc.nat(200), fc.integer({ min: START, max: archive.length - 1 }));
    const length = fc.oneof(
      { weight: 4, arbitrary: fc.constant(archive.length) },
      fc.nat(archive.length),
    );
    const changes = fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(changes, length, async (changes, length) => {
      const file = archive.slice(0, length);
      for (const [at, value] of changes) if (at < length) file[at] = value;
      if (!(await reads(() => contents(file)))) refused++;
    });
    await fc.assert(property, { seed: 4, numRuns: 1500 });
    expect(refused).toBeGreaterThan(500);
    expect(refused).toBeLessThan(1500);
  });
});
