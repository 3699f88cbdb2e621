// Files, damaged: what a fuzzer does to a valid one. Data in, data out; fast-check draws the edits.
import fc from "fast-check";
import { crc32 } from "../../src/formats/crc32.ts";

/** Numbers at which readers of counts and lengths go wrong. */
const COUNTS = [0, 1, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Pieces of JSON that change what a value is. */
const TOKENS = [
  ...'[]{}",:\\-09',
  "null",
  "true",
  "1e400",
  "-1",
  "0.5",
  "9007199254740993",
  "[[[[[[[[",
  '"__proto__":{"x":1},',
  '"constructor":',
  '"\\ud800"',
  "../",
  "\0",
];

export type Edit =
  | { kind: "byte"; at: number; value: number }
  | { kind: "count"; at: number; value: number; little: boolean }
  | { kind: "remove" | "repeat"; at: number; length: number }
  | { kind: "insert"; at: number; text: string }
  | { kind: "cut"; at: number };

/** A place is a part of the file, so that one edit serves files of every length. */
const at = fc.noBias(fc.nat(2 ** 24 - 1)).map((place) => place / 2 ** 24);

/** 1 to 4 edits. */
export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("byte" as const), at, value: fc.nat(255) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("count" as const),
        at,
        value: fc.constantFrom(...COUNTS),
        little: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("remove" as const, "repeat" as const),
        at,
        length: fc.integer({ min: 1, max: 64 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("insert" as const),
        at,
        text: fc.constantFrom(...TOKENS),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), at }) },
  ),
  { minLength: 1, maxLength: 4 },
);

/** The file with the edits made, one after the other. */
export const mutated = (file: Uint8Array, edits: readonly Edit[]): Uint8Array =>
  edits.reduce(edited, file);

function edited(file: Uint8Array, edit: Edit): Uint8Array {
  const place = Math.floor(edit.at * file.length);
  switch (edit.kind) {
    case "byte": {
      const copy = file.slice();
      if (copy.length > 0) copy[place] = edit.value;
      return copy;
    }
    case "count": {
      const copy = file.slice();
      if (place + 4 <= copy.length)
        new DataView(copy.buffer).setUint32(place, edit.value, edit.little);
      return copy;
    }
    case "remove":
      return joined(file.subarray(0, place), file.subarray(place + edit.length));
    case "repeat":
      return joined(file.subarray(0, place + edit.length), file.subarray(place));
    case "insert":
      return joined(
        file.subarray(0, place),
        new TextEncoder().encode(edit.text),
        file.subarray(place),
      );
    case "cut":
      return file.slice(0, place);
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A PNG whose chunks' checksums are right again, as far as its chunks can be walked. */
export function withPngSums(file: Uint8Array): Uint8Array {
  const copy = file.slice();
  const view = new DataView(copy.buffer);
  for (let at = 8; at + 12 <= copy.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > copy.length) break;
    view.setUint32(end, crc32(copy.subarray(at + 4, end)));
    at = end + 4;
  }
  return copy;
}

/** What a value of a JSON file may be instead. */
const AWKWARD = [
  0,
  -1,
  1.5,
  1e9,
  1e300,
  2 ** 53,
  "",
  "8",
  "__proto__",
  null,
  true,
  [],
  {},
  [0],
  [-1, 8],
];

export type Value = readonly [key: number, value: unknown];

/** 1 to 3 values, each for a key by its place. */
export const values: fc.Arbitrary<Value[]> = fc.array(
  fc.tuple(fc.nat(63), fc.oneof(fc.constantFrom<unknown>(...AWKWARD), fc.jsonValue())),
  { minLength: 1, maxLength: 3 },
);

/** The JSON object of a file with other values at some of its keys. */
export function withValues(file: Uint8Array, others: readonly Value[]): Uint8Array {
  const json = JSON.parse(new TextDecoder().decode(file));
  const keys = Object.keys(json);
  for (const [key, value] of others) json[keys[key % keys.length]!] = value;
  return new TextEncoder().encode(JSON.stringify(json));
}
