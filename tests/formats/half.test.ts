// float32 → float16, bfloat16: to nearest, ties to even, as IEEE 754 and PyTorch.
import { describe, expect, test } from "vitest";
import { floatTensor } from "../../src/formats/half.ts";
import { toFloat32 } from "../../src/formats/safetensors.ts";

const rounded = (dtype: "F16" | "BF16", ...numbers: number[]) => [
  ...toFloat32(floatTensor([numbers.length], Float32Array.from(numbers), dtype), "w"),
];
const bitsOf = (dtype: "F16" | "BF16", data: Float32Array) => {
  const { bytes } = floatTensor([data.length], data, dtype);
  return new Uint16Array(bytes.buffer, bytes.byteOffset, data.length);
};
const everyHalf = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe.each([
  ["F16", 0x7c00],
  ["BF16", 0x7f80],
] as const)("floatTensor as %s", (dtype, infinity) => {
  test("every number of the type keeps its bits; a NaN stays a NaN", () => {
    const stored = { dtype, shape: [65536], bytes: new Uint8Array(everyHalf.buffer) };
    const bits = bitsOf(dtype, toFloat32(stored, "w"));
    for (const half of everyHalf) {
      const isNaNBits = (half & 0x7fff) > infinity;
      if (isNaNBits) expect(bits[half]! & 0x7fff).toBeGreaterThan(infinity);
      else if (bits[half] !== half) throw new Error(`${half} became ${bits[half]}`);
    }
  });

  test("halfway between two neighbours the even one is taken, beside it the nearer", () => {
    const values = toFloat32(
      { dtype, shape: [65536], bytes: new Uint8Array(everyHalf.buffer) },
      "w",
    );
    for (let half = 0; half < infinity - 1; half += 13) {
      const [low, high] = [values[half]!, values[half + 1]!];
      const middle = (low + high) / 2; // exact in float32 but for the last subnormals of bfloat16
      if (Math.fround(middle) !== middle) continue;
      const even = half % 2 === 0 ? half : half + 1;
      const near = (x: number) => bitsOf(dtype, Float32Array.of(x, -x));
      expect([...near(middle)]).toEqual([even, even | 0x8000]);
      const [below, above] = neighbours(middle);
      expect(near(below)[0]).toBe(half);
      expect(near(above)[0]).toBe(half + 1);
    }
  });
});

describe("floatTensor at the ends of the range", () => {
  test("float16 is infinite from 65520 on, bfloat16 only near the end of float32", () => {
    expect(rounded("F16", 65519, 65520, -1e30)).toEqual([65504, Infinity, -Infinity]);
    expect(rounded("BF16", 1e38, 3.4e38)[0]).toBeCloseTo(1e38, -36);
    expect(rounded("BF16", 3.4e38)).toEqual([Infinity]);
  });

  test("F32 is a view", () => {
    const data = Float32Array.of(1, 2);
    expect(floatTensor([2], data, "F32").bytes.buffer).toBe(data.buffer);
  });
});

/** The float32 numbers before and after a positive one. */
function neighbours(x: number): [number, number] {
  const word = new Uint32Array(Float32Array.of(x).buffer)[0]!;
  const numbers = new Float32Array(Uint32Array.of(word - 1, word + 1).buffer);
  return [numbers[0]!, numbers[1]!];
}
