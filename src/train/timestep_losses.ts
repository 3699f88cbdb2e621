// What training keeps of losses a timestep, on the GPU: how many, their sum, and, where timesteps are
// drawn by importance, the last ten of each. All of it is one buffer, so that it can be saved.
import type { Gpu } from "../device/gpu.ts";
import type { Graph } from "../graph/graph.ts";
import { bytesOf, homeOf, ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import {
  importanceTimesteps,
  KEPT_LOSSES,
  keepLosses,
  type LossRing,
  tallyLosses,
} from "../kernels/diffusion_timesteps.ts";
import { scaleRows } from "../kernels/elementwise.ts";

/** How timesteps are drawn: each with 1 / T, or by the second moment of its last losses. */
export const TIMESTEP_DRAWS = ["uniform", "importance"] as const;
export type TimestepDraw = (typeof TIMESTEP_DRAWS)[number];

/** The losses of every timestep since training began. */
export interface LossHistogram {
  /** [T]: images that were noised to t */
  counts: Uint32Array;
  /** [T]: the mean of their losses, before any importance factor; NaN where there were none */
  means: Float64Array;
}

/** A loss and its gradient, as the network's tape takes them. */
export interface BatchLoss {
  dprediction: Tensor;
  /** [N], its mean is the step's loss */
  perImage: Tensor;
}

export class TimestepLosses {
  readonly buffer = new ResidentBuffer("train.timesteps");
  readonly #counts: Tensor;
  readonly #sums: Tensor;
  readonly #ring: LossRing | undefined;
  #factors: Tensor | undefined;

  /** @param steps  T */
  constructor(steps: number, draw: TimestepDraw) {
    this.#counts = this.buffer.add([steps], "counts", "u32");
    this.#sums = this.buffer.add([steps], "sums");
    if (draw === "uniform") return;
    const kept = this.buffer.add([steps, KEPT_LOSSES], "kept");
    this.#ring = { kept, keptCounts: this.buffer.add([steps], "keptCounts", "u32") };
  }

  /** Records the draw of N timesteps by importance; undefined where the draw is uniform. */
  draw(graph: Graph, state: Tensor, count: number): Tensor | undefined {
    if (!this.#ring) return undefined;
    const { timesteps, factors } = importanceTimesteps(graph, { state, ...this.#ring }, { count });
    this.#factors = factors;
    return timesteps;
  }

  /** Records what is kept of a batch's losses, and multiplies loss and gradient by 1 / (T p_t). */
  keep(graph: Graph, timesteps: Tensor, loss: BatchLoss): BatchLoss {
    const { dprediction, perImage } = loss;
    tallyLosses(graph, { counts: this.#counts, sums: this.#sums, timesteps, perImage });
    const factor = this.#factors;
    if (!this.#ring || !factor) return loss;
    keepLosses(graph, { ...this.#ring, timesteps, perImage });
    return {
      dprediction: scaleRows(graph, { x: dprediction, factor }),
      perImage: scaleRows(graph, { x: perImage, factor }),
    };
  }

  /** Reads the histogram, after the steps that were submitted. @throws DeviceError */
  async read(gpu: Gpu): Promise<LossHistogram> {
    const bytes = (tensor: Tensor) => {
      const { buffer, offset } = homeOf(tensor);
      return gpu.read(buffer.buffer, offset, bytesOf(tensor));
    };
    const counts = new Uint32Array(await bytes(this.#counts));
    const sums = new Float32Array(await bytes(this.#sums));
    return { counts, means: Float64Array.from(sums, (sum, t) => sum / counts[t]!) };
  }
}
