// Damaged files: whatever byte or header character changes, a typed error or tensors, never a crash.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SafetensorsError } from "../../src/core/errors.ts";
import { float32Tensor, readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";

const VALID = writeSafetensors(
  [
    ["conv_in.weight", float32Tensor([2, 1, 3, 3], new Float32Array(18).fill(0.5))],
    ["conv_in.bias", float32Tensor([2], Float32Array.of(1, -1))],
    ["step", { dtype: "I64", shape: [], bytes: new Uint8Array(8) }],
    ["mask", { dtype: "U8", shape: [3], bytes: Uint8Array.of(1, 0, 1) }],
    ["none", { dtype: "F16", shape: [0, 4], bytes: new Uint8Array(0) }],
  ],
  { format: "pt" },
);
const HEADER_BYTES = Number(new DataView(VALID.buffer).getBigUint64(0, true));
const HEADER = new TextDecoder().decode(VALID.subarray(8, 8 + HEADER_BYTES));
const DATA = VALID.subarray(8 + HEADER_BYTES);

/** Either a typed error, or tensors that tile the data. Returns whether it was read. */
function readsOrRefuses(file: Uint8Array): boolean {
  try {
    const { tensors } = readSafetensors(file, "f");
    const total = [...tensors.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    const header = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
    expect(total).toBe(file.length - 8 - header);
    return true;
  } catch (error) {
    if (error instanceof SafetensorsError) return false;
    throw error;
  }
}

const edits = fc.array(
  fc.record({
    at: fc.nat(HEADER.length - 1),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.constantFrom("[", "]", "{", "}", '"', "\\", ",", ":", "-", "0", "9", "e9", ".5", "null"),
      fc.constantFrom(
        '"__proto__":',
        '"shape"',
        '"F64"',
        '"\\ud800"',
        "\0",
        "99999999999999999999",
      ),
      fc.string({ maxLength: 2 }),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

describe("readSafetensors on a damaged file: a SafetensorsError, or tensors that tile the data", () => {
  test("after 1 to 8 changed bytes or a cut, 2,000 times", () => {
    let refused = 0;
    const change = fc.tuple(fc.nat(VALID.length - 1), fc.nat(255));
    const length = fc.oneof(
      { weight: 3, arbitrary: fc.constant(VALID.length) },
      fc.nat(VALID.length),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), length, (changes, length) => {
        const file = VALID.slice(0, length);
        for (const [at, value] of changes) if (at < length) file[at] = value;
        if (!readsOrRefuses(file)) refused++;
      }),
      { seed: 2, numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(1000); // most changes hit the header
    expect(refused).toBeLessThan(2000); // some only hit the data
  });

  test("after 1 to 3 edits of the header's text, 2,000 times", () => {
    let read = 0;
    fc.assert(
      fc.property(edits, (edits) => {
        let text = HEADER;
        for (const { at, remove, insert } of edits) {
          text = text.slice(0, at) + insert + text.slice(at + remove);
        }
        if (readsOrRefuses(fileOf(text))) read++;
      }),
      { seed: 3, numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(0); // an edit of a name is harmless
  });
});

function fileOf(header: string): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + DATA.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(DATA, 8 + text.length);
  return file;
}
