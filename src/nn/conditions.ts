// What the network is told beside the image: the time, and the class. Where it lies on the GPU, and
// how it is filled.
import { OptionError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { UNetConfig } from "../formats/unet_config.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import type { DiffusionModel } from "./model.ts";
import { timeFeatureCount, timeFeatures } from "./time_features.ts";
import { labelTensor, type UNetInputs } from "./unet.ts";

export class Conditions {
  readonly #model: DiffusionModel;
  readonly #time: Tensor;
  readonly #inverseTime: Tensor | undefined;
  readonly #labels: Tensor | undefined;

  /** Adds the tensors for N images to `buffer`. */
  constructor(model: DiffusionModel, buffer: ResidentBuffer, N: number) {
    const { config } = model;
    const isLearned = config.time_embedding_type === "learned";
    this.#model = model;
    this.#time = isLearned
      ? buffer.add([N], "time", "u32")
      : buffer.add([N, timeFeatureCount(config)], "time");
    if (config.time_embedding_type === "fourier") this.#inverseTime = buffer.add([N], "1/t");
    if (hasClasses(config)) this.#labels = buffer.add(...labelTensor(config, N));
  }

  get inputs(): Omit<UNetInputs, "sample"> {
    return { time: this.#time, inverseTime: this.#inverseTime, classLabels: this.#labels };
  }

  /**
   * Queues the conditions of the next run.
   *
   * @param timestep     [N], counted from 0; whole where the time embedding is learned
   * @param classLabels  as many as the labels' tensor holds numbers; [N] for "timestep"
   * @throws OptionError for labels that are missing, superfluous or out of range
   */
  write(timestep: ArrayLike<number>, classLabels: ArrayLike<number> | undefined): void {
    const { gpu, config, weights } = this.#model;
    const frequencies = weights.constants.get("time_proj.weight")?.values;
    const features = (times: ArrayLike<number>) => timeFeatures(config, times, frequencies);
    const labels = labelsOf(config, classLabels, this.#labels);
    if (config.time_embedding_type === "learned") {
      requireRows("timestep", timestep, config.num_train_timesteps ?? 0);
      writeTensor(gpu, this.#time, Uint32Array.from(timestep));
    } else writeTensor(gpu, this.#time, features(timestep));
    if (this.#inverseTime) {
      writeTensor(
        gpu,
        this.#inverseTime,
        Float32Array.from(timestep, (t) => 1 / t),
      );
    }
    if (!this.#labels || !labels) return;
    if (this.#labels.dtype === "u32") writeTensor(gpu, this.#labels, Uint32Array.from(labels));
    else if (config.class_embed_type === "identity") {
      writeTensor(gpu, this.#labels, Float32Array.from(labels));
    } else writeTensor(gpu, this.#labels, features(labels));
  }
}

export const hasClasses = (config: UNetConfig): boolean =>
  config.num_class_embeds !== null || config.class_embed_type !== null;

/** The labels, checked against what the network takes. */
function labelsOf(
  config: UNetConfig,
  labels: ArrayLike<number> | undefined,
  tensor: Tensor | undefined,
): ArrayLike<number> | undefined {
  if ((tensor === undefined) !== (labels === undefined)) {
    throw new OptionError(
      "option/class",
      tensor === undefined
        ? "class_labels: this model is not class-conditional, but labels were given."
        : "class_labels: this model is class-conditional, and needs a label for each image.",
      tensor === undefined ? "Leave them out." : "Add class_labels [N].",
    );
  }
  if (!tensor || !labels) return undefined;
  const count = config.class_embed_type === "timestep" ? tensor.shape[0]! : sizeOf(tensor.shape);
  if (labels.length !== count) {
    throw new OptionError(
      "option/class",
      `class_labels: this batch needs ${count} numbers, got ${labels.length}.`,
      "Give one label for each image.",
    );
  }
  if (tensor.dtype === "u32") requireRows("class_labels", labels, config.num_class_embeds ?? 0);
  return labels;
}

/** @throws OptionError unless all are rows of a table of `count` */
export function requireRows(
  name: "timestep" | "class_labels",
  values: ArrayLike<number>,
  count: number,
): void {
  const wrong = Array.from(values).find((t) => !(Number.isInteger(t) && t >= 0 && t < count));
  if (wrong === undefined) return;
  throw new OptionError(
    name === "timestep" ? "option/timestep" : "option/class",
    `${name}: must be a whole number in 0 … ${count - 1}, got ${wrong}.`,
    "config.json says how many the model knows.",
  );
}
