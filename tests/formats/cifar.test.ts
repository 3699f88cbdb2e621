// CIFAR's binaries: rows made here by the page's description, and files that are none.
import { describe, expect, test } from "vitest";
import { readCifar } from "../../src/formats/cifar.ts";
import { refuses } from "../support/refusal.ts";

/** Rows of labels and pixels: pixel i of row n is (n + i) mod 251. */
function rows(labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((own, n) => [...own, ...Array.from({ length: 3072 }, (_, i) => (n + i) % 251)]),
  );
}

describe("readCifar", () => {
  test("CIFAR-10: the label, then red, green and blue planes of 32 × 32", () => {
    const { count, shape, labels, pixels } = readCifar(rows([[3], [9], [0]]), "f");
    expect([count, shape, [...labels!]]).toEqual([3, [3, 32, 32], [3, 9, 0]]);
    expect([pixels.length, pixels[0], pixels[3071], pixels[3072], pixels[6144]]).toEqual([
      9216,
      0,
      3071 % 251,
      1,
      2,
    ]);
  });

  test("CIFAR-100: the second, fine label", () => {
    const { count, labels, pixels } = readCifar(
      rows([
        [19, 99],
        [0, 42],
      ]),
      "f",
    );
    expect([count, [...labels!], pixels[3072]]).toEqual([2, [99, 42], 1]);
  });

  test("a length that both could have is told by its labels", () => {
    const length = 3073 * 3074;
    const file = new Uint8Array(length); // rows of CIFAR-100 whose 1st, 3073rd, … bytes are labels
    for (let at = 0; at < length; at += 3074) file.set([7, 77], at);
    expect(readCifar(file, "f").count).toBe(3073);
    expect(readCifar(new Uint8Array(length), "f").count).toBe(3074);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /rows of 3073 bytes .* got 0 bytes/],
    [
      "a byte too few",
      rows([[1]]).subarray(1),
      /got 3072 bytes in all\. Give a file such as data_/,
    ],
    ["a label of 10", rows([[1], [10]]), /labels of CIFAR-10 are in 0 … 9, got 10 in row 1/],
    ["a coarse label of 20", rows([[20, 5]]), /labels of CIFAR-100 are in 0 … 19, got 20 in row 0/],
    ["a fine label of 100", rows([[1, 100]]), /in 0 … 99, got 100 in row 0/],
  ])("refuses %s", (_, file, message) => refuses(() => readCifar(file, "f.bin"), message));
});
