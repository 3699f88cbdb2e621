// Reading results while the GPU goes on: a few staging buffers made once, used in turn.
import type { Gpu } from "./gpu.ts";

export class Readback {
  readonly #gpu: Gpu;
  readonly #size: number;
  readonly #buffers: GPUBuffer[];
  readonly #free: GPUBuffer[];

  /**
   * Make it inside `Gpu.guarded`.
   *
   * @param size   bytes of one reading, at most
   * @param depth  readings that may be under way at once
   */
  constructor(gpu: Gpu, label: string, { size, depth }: { size: number; depth: number }) {
    this.#gpu = gpu;
    this.#size = size;
    this.#buffers = Array.from({ length: depth }, (_, i) =>
      gpu.createBuffer(`${label}.read${i}`, size, 1 | 8 /* MAP_READ | COPY_DST */),
    );
    this.#free = [...this.#buffers];
  }

  /**
   * Queues a copy now, behind what was submitted; the promise gives its bytes.
   *
   * @throws Error while `depth` readings are under way
   */
  read(source: GPUBuffer, offset: number, size: number): Promise<ArrayBuffer> {
    const staging = this.#free.pop();
    if (!staging || size > this.#size) throw new Error("readback: too many readings, or too long");
    const encoder = this.#gpu.device.createCommandEncoder({ label: staging.label });
    encoder.copyBufferToBuffer(source, offset, staging, 0, size);
    this.#gpu.submit([encoder.finish()]);
    return this.#gpu.readMapped(staging, size).finally(() => this.#free.push(staging));
  }

  dispose(): void {
    for (const buffer of this.#buffers) this.#gpu.destroyBuffer(buffer);
  }
}
