// Stored bytes become the numbers they stand for, wherever they lie.
import { describe, expect, test } from "vitest";
import {
  type Dtype,
  float32Tensor,
  type StoredTensor,
  toFloat32,
  toNumbers,
} from "../../src/formats/safetensors.ts";

const stored = (dtype: Dtype, numbers: ArrayBufferView, length: number): StoredTensor => ({
  dtype,
  shape: [length],
  bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
});

/** The same tensor, its first byte at an odd address. */
function unaligned(tensor: StoredTensor): StoredTensor {
  const memory = new Uint8Array(tensor.bytes.length + 1);
  memory.set(tensor.bytes, 1);
  return { ...tensor, bytes: memory.subarray(1) };
}

describe("toFloat32", () => {
  test("aligned F32 is a view of the stored bytes, unaligned a copy with the same numbers", () => {
    const numbers = Float32Array.of(1.5, -2, Number.NaN, -0);
    const tensor = float32Tensor([2, 2], numbers);
    expect(toFloat32(tensor, "w").buffer).toBe(numbers.buffer);
    expect(toFloat32(unaligned(tensor), "w")).toEqual(numbers);
  });

  test("F64 is rounded to nearest", () => {
    const tensor = stored("F64", Float64Array.of(0.1, 1e300, 2 ** -149), 3);
    const expected = Float32Array.of(Math.fround(0.1), Number.POSITIVE_INFINITY, 2 ** -149);
    expect(toFloat32(tensor, "w")).toEqual(expected);
    expect(toFloat32(unaligned(tensor), "w")).toEqual(expected);
  });

  test.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 1023 * 2 ** -24],
    [0x0001, 2 ** -24],
    [0x8000, -0],
    [0x3555, 1365 / 4096],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])("F16 %i is %d [IEEE 754 binary16]", (bits, value) => {
    const tensor = stored("F16", Uint16Array.of(0, bits), 2);
    expect(toFloat32(tensor, "w")[1]).toBe(value);
    expect(toFloat32(unaligned(tensor), "w")[1]).toBe(value);
  });

  test("every finite F16 is written as its sign, exponent and fraction say", () => {
    const bits = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
    const values = toFloat32(stored("F16", bits, bits.length), "w");
    const gap = (i: number) => 2 ** (Math.max(i >> 10, 1) - 25); // between neighbours
    expect(values[0]).toBe(0);
    const wrong = [...bits].filter((i) => i > 0 && values[i]! - values[i - 1]! !== gap(i - 1));
    expect(wrong).toEqual([]);
  });

  test.each([
    [0x3f80, 1],
    [0xc040, -3],
    [0x0001, 2 ** -133],
    [0x7f7f, 255 * 2 ** 120],
    [0xff80, Number.NEGATIVE_INFINITY],
    [0x7fc0, Number.NaN],
  ])("BF16 %i is %d: the upper half of a float32", (bits, value) => {
    expect(toFloat32(unaligned(stored("BF16", Uint16Array.of(0, bits), 2)), "w")[1]).toBe(value);
  });

  test("integers are refused by name", () => {
    expect(() => toFloat32(stored("I64", BigInt64Array.of(1n), 1), "step")).toThrow(
      '"step" must hold F32, F16, BF16 or F64, got I64. Convert the tensor to float32',
    );
  });
});

describe("toNumbers", () => {
  test.each<[Dtype, ArrayBufferView, number[]]>([
    ["I64", BigInt64Array.of(-1n, 2n ** 53n - 1n), [-1, 2 ** 53 - 1]],
    ["U64", BigUint64Array.of(0n, 7n), [0, 7]],
    ["I32", Int32Array.of(-5, 2 ** 31 - 1), [-5, 2 ** 31 - 1]],
    ["U32", Uint32Array.of(2 ** 32 - 1), [2 ** 32 - 1]],
    ["I16", Int16Array.of(-300), [-300]],
    ["U16", Uint16Array.of(65535), [65535]],
    ["I8", Int8Array.of(-128), [-128]],
    ["U8", Uint8Array.of(0, 255), [0, 255]],
    ["BOOL", Uint8Array.of(1, 0), [1, 0]],
  ])("%s, aligned or not", (dtype, numbers, expected) => {
    const tensor = stored(dtype, numbers, expected.length);
    expect(toNumbers(tensor)).toEqual(expected);
    expect(toNumbers(unaligned(tensor))).toEqual(expected);
  });

  test.each([2n ** 53n, -(2n ** 53n)])("a 64-bit %s is refused: not exact", (value) => {
    expect(() => toNumbers(stored("I64", BigInt64Array.of(value), 1), "timestep")).toThrow(
      `"timestep" must hold integers within ±(2^53 − 1), got ${value}.`,
    );
  });

  test("floating-point tensors are refused by name", () => {
    expect(() => toNumbers(float32Tensor([1], Float32Array.of(1)), "timestep")).toThrow(
      'toNumbers: "timestep" must hold integers, got F32.',
    );
  });
});

describe("float32Tensor", () => {
  test("refuses a shape of another size", () => {
    expect(() => float32Tensor([2, 3], new Float32Array(5))).toThrow(
      "float32Tensor: [2, 3] holds 6 numbers, got 5.",
    );
  });
});
