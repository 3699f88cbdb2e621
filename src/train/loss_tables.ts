// The tables of an objective on the GPU, and what the loss launchers are told of it.
import { OptionError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { LEVEL_FIELDS } from "../kernels/diffusion.ts";
import { BOUND_FIELDS, type DiffusionLoss, type LossOptions } from "../kernels/diffusion_loss.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { type LevelTable, levelTable, type Objective } from "./objective.ts";

/** What is minimised. */
export interface LossSettings {
  objective: Objective;
  /** l of a prediction's error */
  loss: DiffusionLoss;
}

const SIMPLE: LossSettings = { objective: { name: "simple" }, loss: "mse" };

export class LossTables {
  /** f32 [T, 5], see `packLevels` */
  readonly levels: Tensor;
  /** of `diffusionLoss` */
  readonly options: LossOptions;
  readonly #table: LevelTable;

  /**
   * Adds the tables of a model's scheduler to `buffer`.
   *
   * @throws OptionError for an objective that does not fit the model
   */
  constructor(
    model: DiffusionModel,
    buffer: ResidentBuffer,
    { objective, loss }: LossSettings = SIMPLE,
  ) {
    requireVariance(model, objective);
    this.#table = levelTable(model.scheduler, objective);
    const { steps, bound } = this.#table;
    this.levels = buffer.add([steps, LEVEL_FIELDS.length], "levels");
    if (!bound) {
      this.options = { loss };
      return;
    }
    const bounds = buffer.add([steps, BOUND_FIELDS.length], "bounds");
    const { scale, detachMean } = bound;
    this.options = { loss, bound: { bounds, scale, detachMean } };
  }

  /** T. */
  get steps(): number {
    return this.#table.steps;
  }

  write(gpu: Gpu): void {
    const { values, bound } = this.#table;
    writeTensor(gpu, this.levels, values);
    if (bound && this.options.bound) writeTensor(gpu, this.options.bound.bounds, bound.values);
  }
}

/** A learned variance, and the objectives with a bound, need the outputs that the scheduler speaks of. */
function requireVariance({ config, scheduler }: DiffusionModel, { name }: Objective): void {
  const variance = String(scheduler?.variance_type ?? "fixed_small");
  const isLearned = variance.startsWith("learned");
  if (!isLearned && name !== "bound" && name !== "hybrid") return;
  const wanted = isLearned ? 2 * config.in_channels : config.in_channels;
  if (config.out_channels === wanted && (isLearned || name === "bound")) return;
  throw new OptionError(
    "option/objective",
    `train: ${name} needs ${name === "hybrid" ? "a learned variance_type" : "out_channels"} that ` +
      `fits the network, got variance_type ${variance} and out_channels = ${config.out_channels} ` +
      `for in_channels = ${config.in_channels}.`,
    'A learned variance, such as "learned_range", takes twice as many out_channels.',
  );
}
