// GPU time by timestamp queries: one pair a pass, as many passes as wanted.
//
// Chrome rounds timestamps to 65.5 or 100 µs unless told otherwise; in Node they are exact.
import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "./gpu.ts";

const PASSES_PER_SET = 2048; // a query set holds at most 4096 timestamps
const BYTES = 8;

export class Timestamps {
  readonly #gpu: Gpu;
  readonly #count: number;
  readonly #sets: GPUQuerySet[];

  /**
   * @param count  passes to time
   * @throws DeviceError device/feature
   */
  constructor(gpu: Gpu, count: number) {
    if (!gpu.has("timestamp-query")) {
      throw new DeviceError(
        "device/feature",
        "timestamps: this device has no timestamp-query.",
        "Time whole submissions instead.",
      );
    }
    this.#gpu = gpu;
    this.#count = count;
    this.#sets = Array.from({ length: Math.ceil(count / PASSES_PER_SET) }, () =>
      gpu.device.createQuerySet({ type: "timestamp", count: 2 * PASSES_PER_SET }),
    );
  }

  /** What to begin the i-th pass with. */
  writes(i: number): GPUComputePassTimestampWrites {
    const first = 2 * (i % PASSES_PER_SET);
    return {
      querySet: this.#sets[Math.floor(i / PASSES_PER_SET)]!,
      beginningOfPassWriteIndex: first,
      endOfPassWriteIndex: first + 1,
    };
  }

  /** Submits the encoder's passes and waits: nanoseconds of each. Frees the queries. */
  async durations(encoder: GPUCommandEncoder): Promise<Float64Array> {
    const gpu = this.#gpu;
    const setBytes = 2 * PASSES_PER_SET * BYTES;
    const size = this.#sets.length * setBytes;
    let buffer: GPUBuffer | undefined;
    try {
      buffer = await gpu.guarded("timestamps", () => this.#resolved(encoder, setBytes));
      const stamps = new BigUint64Array(await gpu.read(buffer, 0, size));
      return Float64Array.from({ length: this.#count }, (_, i) =>
        Number(stamps[2 * i + 1]! - stamps[2 * i]!),
      );
    } finally {
      if (buffer) gpu.destroyBuffer(buffer);
      for (const set of this.#sets) set.destroy();
    }
  }

  /** Submits, and gives the buffer that the timestamps are written to. */
  #resolved(encoder: GPUCommandEncoder, setBytes: number): GPUBuffer {
    const usage = 0x200 | 0x04; // QUERY_RESOLVE | COPY_SRC
    const buffer = this.#gpu.createBuffer("timestamps", this.#sets.length * setBytes, usage);
    for (const [i, set] of this.#sets.entries()) {
      encoder.resolveQuerySet(set, 0, 2 * PASSES_PER_SET, buffer, i * setBytes);
    }
    this.#gpu.submit([encoder.finish()]);
    return buffer;
  }
}
