// The optimiser's numbers of each step, formed in float64 and sent many steps ahead.
import type { Gpu } from "../device/gpu.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { SCHEDULE_FIELDS, scheduleRow } from "../kernels/adamw.ts";
import { emaDecayAt, type HyperParameters, learningRateAt } from "./hyper_parameters.ts";
import { RING, rowsAhead } from "./ring.ts";

export class OptimiserSchedule {
  /** of `adamw` */
  readonly tensor: Tensor;
  readonly #options: HyperParameters;

  /** Adds its ring to a buffer. */
  constructor(buffer: ResidentBuffer, options: HyperParameters) {
    this.tensor = buffer.add([RING, SCHEDULE_FIELDS.length], "schedule");
    this.#options = options;
  }

  /** Queues the rows that step `step` needs and does not have; `isFirst` of a run. */
  prepare(gpu: Gpu, step: number, isFirst: boolean): void {
    const rows = rowsAhead(step, isFirst);
    if (!rows) return;
    const values = Array.from({ length: rows.count }, (_, i) => this.#row(rows.from + i));
    const firstByte = (rows.from % RING) * SCHEDULE_FIELDS.length * 4;
    writeTensor(gpu, this.tensor, Float32Array.from(values.flat()), firstByte);
  }

  #row(step: number): number[] {
    const { betas, eps, optimizer, weightDecay: decay } = this.#options;
    const [weightDecay, l2] = optimizer === "adamw" ? [decay, 0] : [0, decay];
    const learningRate = learningRateAt(step, this.#options);
    const emaDecay = emaDecayAt(step, this.#options);
    return scheduleRow(step, { learningRate, betas, eps, weightDecay, l2, emaDecay });
  }
}
