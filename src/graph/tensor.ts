// Symbolic tensors: a shape, a type and a name. Where its bytes lie is decided later, once.
//
// A tensor with a home lies at a fixed place of a ResidentBuffer and outlives a program's run:
// parameters, gradients, moments, images. All others are placed by the plan, and share memory.
import { fromHalves } from "../core/float16.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";

export type Dtype = "f32" | "f16" | "u32";

export interface Tensor {
  readonly label: string;
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly home?: { readonly buffer: ResidentBuffer; readonly offset: number };
  /**
   * Of a concatenation [N, C, H, W] that is read in place (`Graph.join`): channels of its first part, all
   * images of which lie before those of the second. Kernels that may bind one are told of it.
   */
  readonly split?: number | undefined;
  /** what it is joined of */
  readonly parts?: readonly [Tensor, Tensor];
  /** of a part: what it lies in, and from which byte on */
  part?: { readonly of: Tensor; readonly offset: number };
  /** of tiles that a convolution wrote, [N, C, tiles, 3]: their count, mean and squared deviations */
  moments?: Tensor;
  /** of a norm's output: what it is made of, for kernels that make it as they read */
  normed?: Normed;
}

/** f((x − mean) · factor + offset), channel by channel. */
export interface Normed {
  readonly x: Tensor;
  /** [N, C, 3]: mean, factor, offset */
  readonly lines: Tensor;
  /** f: 0 none, 1 silu */
  readonly activation: number;
}

const BYTES: Record<Dtype, number> = { f32: 4, f16: 2, u32: 4 };

/** Storage bindings start at multiples of this; the largest value any device may ask for. */
export const ALIGNMENT = 256;

export const alignUp = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT;

/** Bytes of a tensor; a multiple of 4. */
export const bytesOf = ({ shape, dtype }: Tensor): number =>
  Math.max(4, Math.ceil((sizeOf(shape) * BYTES[dtype]) / 4) * 4);

/** Channels of the first part of a joined tensor, of another all: what kernels are told. */
export const splitOf = ({ split, shape }: Tensor): number => split ?? shape[1]!;

/** @throws Error unless both are joined alike, or neither; what is undefined is like all */
export function requireAlike(a: Tensor | undefined, b: Tensor): void {
  if (a && a.split !== b.split) throw new Error(`${a.label} and ${b.label} are not joined alike`);
}

/** One GPUBuffer that holds tensors one after the other. */
export class ResidentBuffer {
  readonly label: string;
  readonly tensors: Tensor[] = [];
  readonly #alignment: number;
  #size = 0;
  #buffer: GPUBuffer | undefined;

  /** @param alignment  bytes that each tensor starts at a multiple of: a multiple of 256, the default */
  constructor(label: string, alignment = ALIGNMENT) {
    this.label = label;
    this.#alignment = alignment;
  }

  /** Bytes, padding included. */
  get size(): number {
    return Math.max(this.#size, this.#alignment);
  }

  /** Appends a tensor. The buffer must not have been allocated yet. */
  add(shape: Shape, label: string, dtype: Dtype = "f32"): Tensor {
    if (this.#buffer) throw new Error(`${this.label}: ${label} comes after the allocation`);
    const tensor: Tensor = { label, shape, dtype, home: { buffer: this, offset: this.#size } };
    this.tensors.push(tensor);
    this.#size += Math.ceil(bytesOf(tensor) / this.#alignment) * this.#alignment;
    return tensor;
  }

  /** All of it as one flat float32 tensor, padding included. Add nothing afterwards. */
  whole(): Tensor {
    return {
      label: this.label,
      shape: [this.size / BYTES.f32],
      dtype: "f32",
      home: { buffer: this, offset: 0 },
    };
  }

  /** Makes the GPUBuffer, zeroed; a second call does nothing. Call inside `Gpu.guarded`. */
  allocate(gpu: Gpu): void {
    const usage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST
    if (this.isIn(gpu)) return;
    this.#buffer = gpu.createBuffer(this.label, this.size, usage);
  }

  /** Whether it is allocated. */
  isIn(gpu: Gpu): boolean {
    return this.#buffer !== undefined && gpu.holds(this.#buffer);
  }

  get buffer(): GPUBuffer {
    if (this.#buffer) return this.#buffer;
    throw new Error(`${this.label}: used before it was allocated`);
  }

  destroy(gpu: Gpu): void {
    if (this.#buffer) gpu.destroyBuffer(this.#buffer);
    this.#buffer = undefined;
  }
}

/** A resident tensor's buffer and offset. */
export function homeOf(tensor: Tensor): { buffer: ResidentBuffer; offset: number } {
  if (tensor.home) return tensor.home;
  throw new Error(`${tensor.label}: has no fixed place; only resident tensors can be read or set`);
}

/** The numbers in a tensor's bytes: float32, bits for u32, and as many as it has for float16. */
export function valuesOf({ shape, dtype }: Tensor, bytes: ArrayBuffer): Float32Array<ArrayBuffer> {
  if (dtype !== "f16") return new Float32Array(bytes);
  return fromHalves(new Uint16Array(bytes).subarray(0, sizeOf(shape)));
}

/**
 * Writes values into a resident tensor from a byte on, in the order of the queue. Into a float16 one
 * `writeValues` does.
 */
export function writeTensor(
  gpu: Gpu,
  tensor: Tensor,
  values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>,
  firstByte = 0,
): void {
  const { buffer, offset } = homeOf(tensor);
  const fits = firstByte + values.byteLength <= bytesOf(tensor);
  if (!fits) throw new Error(`${tensor.label}: too many values`);
  gpu.device.queue.writeBuffer(buffer.buffer, offset + firstByte, values);
}

/** Reads a resident tensor back, see `valuesOf`. @throws DeviceError as `Gpu.read` does */
export async function readTensor(gpu: Gpu, tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
  const { buffer, offset } = homeOf(tensor);
  return valuesOf(tensor, await gpu.read(buffer.buffer, offset, bytesOf(tensor)));
}
