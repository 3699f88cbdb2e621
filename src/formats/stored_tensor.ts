// A tensor as a file holds it: element type, shape, little-endian bytes; and its way to numbers.
//
// Nothing here knows where the bytes came from. Views are made where the bytes are aligned for
// their element, copies where they are not: a safetensors header may have any length.
import { SafetensorsError } from "../core/errors.ts";
import { fromHalves } from "../core/float16.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";

/** Bytes of one element. The order is the reference's own: writers sort by it, largest first. */
export const BYTES_PER_ELEMENT = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type Dtype = keyof typeof BYTES_PER_ELEMENT;

export const DTYPES = Object.keys(BYTES_PER_ELEMENT) as readonly Dtype[];

export const isDtype = (name: unknown): name is Dtype =>
  typeof name === "string" && Object.hasOwn(BYTES_PER_ELEMENT, name);

export interface StoredTensor {
  dtype: Dtype;
  shape: Shape;
  /** little-endian, row-major; often a view of the whole file */
  bytes: Uint8Array;
}

/** The tensor of float32 numbers, as a view of `data`. @throws SafetensorsError if they are not as many */
export function float32Tensor(shape: Shape, data: Float32Array): StoredTensor {
  if (data.length !== sizeOf(shape)) {
    throw new SafetensorsError(
      "safetensors/shape",
      `float32Tensor: ${showShape(shape)} holds ${sizeOf(shape)} numbers, got ${data.length}.`,
      "Give the shape that the numbers were made for.",
    );
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dtype: "F32", shape: [...shape], bytes };
}

/**
 * The numbers of a floating-point tensor as float32; float64 is rounded to nearest.
 *
 * @param name  of the tensor, for the error
 * @returns     [size]; for aligned F32 a view of the stored bytes, else fresh memory
 * @throws SafetensorsError for an integer tensor
 */
export function toFloat32({ dtype, bytes }: StoredTensor, name: string): Float32Array {
  const { buffer, byteOffset, byteLength } = alignedFor(dtype, bytes);
  const length = byteLength / BYTES_PER_ELEMENT[dtype];
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer, byteOffset, length);
    case "F64":
      return new Float32Array(new Float64Array(buffer, byteOffset, length));
    case "F16":
      return fromHalves(new Uint16Array(buffer, byteOffset, length));
    case "BF16":
      return bfloat16Values(new Uint16Array(buffer, byteOffset, length));
    default:
      throw new SafetensorsError(
        "safetensors/dtype",
        `toFloat32: "${name}" must hold F32, F16, BF16 or F64, got ${dtype}.`,
        "Convert the tensor to float32 before saving it.",
      );
  }
}

/**
 * The numbers of an integer tensor (or of booleans, as 0 and 1).
 *
 * @param name  of the tensor, for the error
 * @throws SafetensorsError for a floating-point tensor, and for 64-bit values beyond ±(2^53 − 1)
 */
export function toNumbers({ dtype, bytes }: StoredTensor, name = "tensor"): number[] {
  const { buffer, byteOffset, byteLength } = alignedFor(dtype, bytes);
  const length = byteLength / BYTES_PER_ELEMENT[dtype];
  switch (dtype) {
    case "I64":
      return safeIntegers(new BigInt64Array(buffer, byteOffset, length), name);
    case "U64":
      return safeIntegers(new BigUint64Array(buffer, byteOffset, length), name);
    case "I32":
      return [...new Int32Array(buffer, byteOffset, length)];
    case "U32":
      return [...new Uint32Array(buffer, byteOffset, length)];
    case "I16":
      return [...new Int16Array(buffer, byteOffset, length)];
    case "U16":
      return [...new Uint16Array(buffer, byteOffset, length)];
    case "I8":
      return [...new Int8Array(buffer, byteOffset, length)];
    case "U8":
    case "BOOL":
      return [...bytes];
    default:
      throw new SafetensorsError(
        "safetensors/dtype",
        `toNumbers: "${name}" must hold integers, got ${dtype}.`,
        "Save it as I32 or I64.",
      );
  }
}

/** The bytes, copied where their offset does not suit the element. */
function alignedFor(dtype: Dtype, bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % BYTES_PER_ELEMENT[dtype] === 0 ? bytes : new Uint8Array(bytes);
}

function safeIntegers(values: BigInt64Array | BigUint64Array, name: string): number[] {
  return Array.from(values, (value) => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new SafetensorsError(
      "safetensors/value",
      `toNumbers: "${name}" must hold integers within ±(2^53 − 1), got ${value}.`,
      "Larger ones are not exact as JavaScript numbers.",
    );
  });
}

/** bfloat16 is the upper half of a float32. */
function bfloat16Values(halves: Uint16Array): Float32Array {
  const words = Uint32Array.from(halves, (half) => half * 65536);
  return new Float32Array(words.buffer);
}
