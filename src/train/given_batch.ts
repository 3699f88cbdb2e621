// A batch whose x_0, ε and t come from the host, for checking against other frameworks: where it
// lies, how it is noised, and its loss.
import type { Shape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { qSampleGiven } from "../kernels/diffusion.ts";
import { diffusionLossGiven } from "../kernels/diffusion_loss.ts";
import { Conditions, requireRows } from "../nn/conditions.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { UNetInputs } from "../nn/unet.ts";
import type { BatchSource } from "./batch_source.ts";
import { identityOf } from "./data_identity.ts";
import { type LossSettings, LossTables } from "./loss_tables.ts";
import type { BatchLoss } from "./timestep_losses.ts";
import type { DataIdentity } from "./training_state.ts";

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
  #identity: Promise<DataIdentity> | undefined;
  readonly #tensors: Record<"x0" | "noise" | "timesteps", Tensor>;
  readonly #tables: LossTables;
  readonly #conditions: Conditions;

  /**
   * Adds the tensors of a batch to `buffer`.
   *
   * @param shape    [N, C, H, W]
   * @param batches  what each step takes, in order; else `write` says it
   * @param loss     what is minimised; default L_simple
   */
  constructor(
    model: DiffusionModel,
    buffer: ResidentBuffer,
    options: { shape: Shape; batches?: readonly GivenValues[]; loss?: LossSettings },
  ) {
    const { shape, batches, loss } = options;
    const N = shape[0]!;
    this.#batches = batches;
    this.#model = model;
    this.#tables = new LossTables(model, buffer, loss);
    this.#tensors = {
      x0: buffer.add(shape, "x0"),
      noise: buffer.add(shape, "noise"),
      timesteps: buffer.add([N], "timesteps", "u32"),
    };
    this.#conditions = new Conditions(model, buffer, N);
  }

  get steps(): number {
    return this.#tables.steps;
  }

  get timesteps(): Tensor {
    return this.#tensors.timesteps;
  }

  /** x_t, and all that the network is told beside it. */
  noised(graph: Graph): UNetInputs {
    const { xt } = qSampleGiven(graph, { ...this.#tensors, levels: this.#tables.levels });
    return { sample: xt, ...this.#conditions.inputs };
  }

  loss(graph: Graph, prediction: Tensor): BatchLoss {
    const { levels, options } = this.#tables;
    return diffusionLossGiven(graph, { ...this.#tensors, levels, prediction }, options);
  }

  writeTables(): void {
    this.#tables.write(this.#model.gpu);
  }

  prepare(index: number): void {
    const batch = this.#batches?.[index];
    if (batch) this.write(batch);
  }

  placeOf(): undefined {}

  startAt(): void {}

  identity(): Promise<DataIdentity> {
    const [N = 0, ...shape] = this.#tensors.x0.shape;
    const batches = this.#batches ?? [];
    const bytes = batches.map(({ x0 }) => new Uint8Array(x0.buffer, x0.byteOffset, x0.byteLength));
    this.#identity ??= identityOf({ name: "batches", count: N * batches.length, shape, bytes });
    return this.#identity;
  }

  /** Queues a batch for the next run. @throws OptionError for timesteps or labels out of range */
  write({ x0, noise, timestep, classLabels }: GivenValues): void {
    const { gpu } = this.#model;
    requireRows("timestep", timestep, this.#tables.steps);
    writeTensor(gpu, this.#tensors.x0, Float32Array.from(x0));
    writeTensor(gpu, this.#tensors.noise, Float32Array.from(noise));
    writeTensor(gpu, this.#tensors.timesteps, Uint32Array.from(timestep));
    this.#conditions.write(timestep, classLabels);
  }
}
