// A batch whose x_0, ε and t come from the host, for checking against other frameworks: where it
// lies, how it is noised, and its loss.
import type { Shape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { diffusionLossGiven, LEVEL_FIELDS, qSampleGiven } from "../kernels/diffusion.ts";
import { Conditions, requireRows } from "../nn/conditions.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { UNetInputs } from "../nn/unet.ts";
import type { BatchSource } from "./batch_source.ts";
import { type LevelTable, levelTable } from "./objective.ts";

export interface GivenValues {
  /** [N, C, H, W], in [−1, 1] */
  x0: Float32Array;
  /** ε, as many */
  noise: Float32Array;
  /** [N], whole numbers from 0 */
  timestep: ArrayLike<number>;
  /** [N], for a class-conditional model */
  classLabels?: ArrayLike<number> | undefined;
}

export class GivenBatch implements BatchSource {
  readonly #batches: readonly GivenValues[] | undefined;
  readonly #model: DiffusionModel;
  readonly #tensors: Record<"x0" | "noise" | "timesteps" | "levels", Tensor>;
  readonly #levels: LevelTable;
  readonly #conditions: Conditions;

  /**
   * Adds the tensors of a batch to `buffer`.
   *
   * @param shape    [N, C, H, W]
   * @param batches  what each step takes, in order; else `write` says it
   */
  constructor(
    model: DiffusionModel,
    buffer: ResidentBuffer,
    { shape, batches }: { shape: Shape; batches?: readonly GivenValues[] },
  ) {
    const N = shape[0]!;
    this.#batches = batches;
    this.#model = model;
    this.#levels = levelTable(model.scheduler);
    this.#tensors = {
      x0: buffer.add(shape, "x0"),
      noise: buffer.add(shape, "noise"),
      timesteps: buffer.add([N], "timesteps", "u32"),
      levels: buffer.add([this.#levels.steps, LEVEL_FIELDS.length], "levels"),
    };
    this.#conditions = new Conditions(model, buffer, N);
  }

  /** x_t, and all that the network is told beside it. */
  noised(graph: Graph): UNetInputs {
    const { xt } = qSampleGiven(graph, this.#tensors);
    return { sample: xt, ...this.#conditions.inputs };
  }

  loss(graph: Graph, prediction: Tensor): { dprediction: Tensor; perImage: Tensor } {
    return diffusionLossGiven(graph, { ...this.#tensors, prediction });
  }

  writeTables(): void {
    writeTensor(this.#model.gpu, this.#tensors.levels, this.#levels.values);
  }

  prepare(step: number): void {
    const batch = this.#batches?.[step];
    if (batch) this.write(batch);
  }

  /** Queues a batch for the next run. @throws OptionError for timesteps or labels out of range */
  write({ x0, noise, timestep, classLabels }: GivenValues): void {
    const { gpu } = this.#model;
    requireRows("timestep", timestep, this.#levels.steps);
    writeTensor(gpu, this.#tensors.x0, Float32Array.from(x0));
    writeTensor(gpu, this.#tensors.noise, Float32Array.from(noise));
    writeTensor(gpu, this.#tensors.timesteps, Uint32Array.from(timestep));
    this.#conditions.write(timestep, classLabels);
  }
}
