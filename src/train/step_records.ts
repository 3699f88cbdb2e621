// What steps leave on the GPU for the host: loss and norm, and where a gradient was not finite. Rings
// in one buffer, read while the next steps run.
import type { Gpu } from "../device/gpu.ts";
import { Readback } from "../device/readback.ts";
import { homeOf, ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import { RECORD_FIELDS, unpackRecords } from "../kernels/adamw.ts";
import type { Weights } from "../nn/weights.ts";
import { type LeftOut, leftOut } from "./not_finite.ts";
import { RING } from "./ring.ts";

/** What a step left behind. */
export interface TrainingRecord {
  /** 1, 2, … */
  step: number;
  /** the objective on the step's batch, at the weights before it; L_simple unless told */
  loss: number;
  /** global norm of the gradient, before clipping */
  gradientNorm: number;
  /** there where the step changed nothing, for a gradient that was not finite */
  leftOut?: LeftOut;
}

export class StepRecords {
  readonly buffer = new ResidentBuffer("train.records");
  /** of `finishStep` */
  readonly history: Tensor;
  /** of `locateNotFinite` */
  readonly found: Tensor;
  #readback: Readback | undefined;

  constructor() {
    this.history = this.buffer.add([RING, RECORD_FIELDS.length], "history");
    this.found = this.buffer.add([RING], "found", "u32");
  }

  /** Makes what is read into. @param readings  that may be under way at once */
  allocate(gpu: Gpu, readings: number): void {
    const { label, size } = this.buffer;
    this.#readback = new Readback(gpu, label, { size, depth: readings });
  }

  /**
   * Queues the reading of `count` steps from step `first` (0, 1, …) on, behind what was submitted.
   *
   * @param weights  whose gradients they were
   * @throws DeviceError
   */
  async read(weights: Weights, first: number, count: number): Promise<TrainingRecord[]> {
    if (!this.#readback) throw new Error("StepRecords: read before allocate");
    const bytes = await this.#readback.read(this.buffer.buffer, 0, this.buffer.size);
    const found = new Uint32Array(bytes, homeOf(this.found).offset, RING);
    const ring = unpackRecords(new Float32Array(bytes, 0, RING * RECORD_FIELDS.length));
    return Array.from({ length: count }, (_, i) => {
      const slot = (first + i) % RING;
      const { loss, gradientNorm, clipFactor } = ring[slot]!;
      const record = { step: first + i + 1, loss, gradientNorm };
      if (clipFactor > 0) return record;
      return { ...record, leftOut: leftOut(weights, found[slot]!) };
    });
  }

  dispose(gpu: Gpu): void {
    this.#readback?.dispose();
    this.buffer.destroy(gpu);
  }
}
