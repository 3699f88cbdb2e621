// What training keeps of losses a timestep, on the GPU: how many, their sum, and, where timesteps are
// drawn by importance, the last ten of each. All of it is one buffer, so that it can be saved.
import { FileError } from "../core/errors.ts";
import { type Shape, sameShape, showShape } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { type StoredTensor, toFloat32, toNumbers } from "../formats/safetensors.ts";
import type { Graph } from "../graph/graph.ts";
import {
  bytesOf,
  homeOf,
  ResidentBuffer,
  readTensor,
  type Tensor,
  writeTensor,
} from "../graph/tensor.ts";
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

  /** All that is kept, by its name in a checkpoint. @throws DeviceError */
  async save(gpu: Gpu): Promise<Map<string, StoredTensor>> {
    const flat = await readTensor(gpu, this.buffer.whole());
    return new Map(
      this.#named().map(([name, tensor]) => {
        const { offset } = homeOf(tensor);
        const bytes = new Uint8Array(flat.buffer, offset, bytesOf(tensor));
        const dtype = tensor.dtype === "u32" ? "I32" : "F32"; // PyTorch has no arithmetic on U32
        return [name, { dtype, shape: tensor.shape, bytes }] as const;
      }),
    );
  }

  /**
   * Sets all that is kept; to nothing, where a checkpoint does not hold it.
   *
   * @throws FileError for tensors of another shape
   */
  load(gpu: Gpu, saved: ReadonlyMap<string, StoredTensor>): void {
    for (const [name, tensor] of this.#named()) {
      const stored = saved.get(name);
      requireSameShape(name, stored?.shape ?? tensor.shape, tensor.shape);
      const zeros = new Uint8Array(bytesOf(tensor));
      const isCount = tensor.dtype === "u32";
      const numbers = isCount
        ? (given: StoredTensor) => Uint32Array.from(toNumbers(given, name))
        : (given: StoredTensor) => Float32Array.from(toFloat32(given, name));
      writeTensor(gpu, tensor, stored ? numbers(stored) : zeros);
    }
  }

  #named(): [string, Tensor][] {
    const ring = this.#ring;
    return [
      ["loss_history.counts", this.#counts],
      ["loss_history.sums", this.#sums],
      ...(ring
        ? ([
            ["loss_history.kept", ring.kept],
            ["loss_history.kept_counts", ring.keptCounts],
          ] as [string, Tensor][])
        : []),
    ];
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

function requireSameShape(name: string, got: Shape, shape: Shape): void {
  if (sameShape(got, shape)) return;
  throw new FileError(
    "checkpoint/format",
    `checkpoint: ${name} must be ${showShape(shape)}, got ${showShape(got)}.`,
    "The loss history belongs to a schedule of another length.",
  );
}
