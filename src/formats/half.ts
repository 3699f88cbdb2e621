// float32 numbers as the bytes of a shorter floating-point type: rounded to nearest, ties to even.
//
// As PyTorch's .to(dtype): float16 beyond ±65504 is infinite, a NaN stays one. The way back is
// toFloat32 in stored_tensor.ts, and is exact.
import type { Shape } from "../core/shape.ts";
import { BYTES_PER_ELEMENT, type StoredTensor } from "./stored_tensor.ts";

/** What weights may be stored as. */
export type FloatDtype = "F32" | "F16" | "BF16";

/** A tensor of float32 numbers stored as `dtype`; as F32 a view of `data`. */
export function floatTensor(shape: Shape, data: Float32Array, dtype: FloatDtype): StoredTensor {
  const { buffer, byteOffset, byteLength } = data;
  if (dtype === "F32") {
    return { dtype, shape: [...shape], bytes: new Uint8Array(buffer, byteOffset, byteLength) };
  }
  const words = new Uint32Array(buffer, byteOffset, data.length);
  const halves = Uint16Array.from(words, dtype === "F16" ? float16Bits : bfloat16Bits);
  const size = data.length * BYTES_PER_ELEMENT[dtype];
  return { dtype, shape: [...shape], bytes: new Uint8Array(halves.buffer, 0, size) };
}

const INFINITY = 0x7f800000; // of float32, like those below
const FLOAT16_END = 0x477ff000; // 65520: from here on the nearest float16 is infinite
const FLOAT16_NORMAL = 0x38800000; // 2⁻¹⁴, the least normal float16
const FLOAT16_BIAS = 0x38000000; // 127 − 15 in the exponent
const FLOAT16_UNIT = 0x33800000; // 2⁻²⁴, the least float16

/** The upper half of a float32, rounded. */
function bfloat16Bits(word: number): number {
  const magnitude = word & 0x7fffffff;
  if (magnitude > INFINITY) return 0x7fc0;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

function float16Bits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > INFINITY) return sign | 0x7e00;
  if (magnitude >= FLOAT16_END) return sign | 0x7c00;
  if (magnitude < FLOAT16_NORMAL) return sign | subnormalBits(magnitude);
  return sign | ((magnitude + 0xfff + ((magnitude >>> 13) & 1) - FLOAT16_BIAS) >>> 13);
}

/** A multiple of 2⁻²⁴: the 24-bit fraction shifted right by what its exponent lacks. */
function subnormalBits(magnitude: number): number {
  const exponent = magnitude >>> 23;
  const shift = (FLOAT16_UNIT >>> 23) + 23 - exponent;
  if (exponent === 0 || shift > 24) return 0; // below half of 2⁻²⁴
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const floor = fraction >>> shift;
  const rest = fraction - floor * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && floor % 2 === 1) ? floor + 1 : floor;
}
