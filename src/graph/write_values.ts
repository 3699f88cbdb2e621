// Writing numbers into tensors of any dtype, which tuning and tests do; networks are fed float32.
import { toHalves } from "../core/float16.ts";
import type { Gpu } from "../device/gpu.ts";
import { bytesOf, type Tensor, writeTensor } from "./tensor.ts";

/** Writes all values of a resident tensor, into a float16 one the nearest halves. */
export function writeValues(
  gpu: Gpu,
  tensor: Tensor,
  values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
): void {
  writeTensor(gpu, tensor, tensor.dtype === "f16" ? halvesOf(tensor, values) : values);
}

/** In whole words, as buffers are written. */
function halvesOf(tensor: Tensor, values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bytesOf(tensor));
  new Uint16Array(bytes.buffer).set(toHalves(values));
  return bytes;
}
