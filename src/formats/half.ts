// float32 numbers as the bytes of a shorter floating-point type: rounded to nearest, ties to even.
//
// As PyTorch's .to(dtype): float16 beyond ±65504 is infinite, a NaN stays one. The way back is
// toFloat32 in stored_tensor.ts, and is exact.
import { toHalves } from "../core/float16.ts";
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
  const words = () => new Uint32Array(buffer, byteOffset, data.length);
  const halves = dtype === "F16" ? toHalves(data) : Uint16Array.from(words(), bfloat16Bits);
  const size = data.length * BYTES_PER_ELEMENT[dtype];
  return { dtype, shape: [...shape], bytes: new Uint8Array(halves.buffer, 0, size) };
}

const INFINITY = 0x7f800000; // of float32

/** The upper half of a float32, rounded. */
function bfloat16Bits(word: number): number {
  const magnitude = word & 0x7fffffff;
  if (magnitude > INFINITY) return 0x7fc0;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}
