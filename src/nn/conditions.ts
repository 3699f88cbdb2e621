// What the network is told beside the image: the time, and the class. Where it lies on the GPU, and
// how it is filled.
import { OptionError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { UNetConfig } from "../formats/unet_config.ts";
import type { Graph } from "../graph/graph.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { spreadRow } from "../kernels/reverse_step.ts";
import type { DiffusionModel } from "./model.ts";
import { timeFeatureCount, timeFeatures } from "./time_features.ts";
import { labelTensor, type UNetInputs } from "./unet.ts";

/** Time and class as they are given for each run. */
export class Conditions {
  readonly #model: DiffusionModel;
  readonly #time: Tensor;
  readonly #inverseTime: Tensor | undefined;
  readonly #labels: ClassLabels;

  /** Adds the tensors for N images to `buffer`. */
  constructor(model: DiffusionModel, buffer: ResidentBuffer, N: number) {
    const times = timeTensors(model.config, buffer, N);
    this.#model = model;
    this.#time = times.time;
    this.#inverseTime = times.inverseTime;
    this.#labels = new ClassLabels(model, buffer, N);
  }

  get inputs(): Omit<UNetInputs, "sample"> {
    const classLabels = this.#labels.tensor;
    return { time: this.#time, inverseTime: this.#inverseTime, classLabels };
  }

  /**
   * Queues the conditions of the next run.
   *
   * @param timestep     [N], counted from 0; whole where the time embedding is learned
   * @param classLabels  as many as the labels' tensor holds numbers; [N] for "timestep"
   * @throws OptionError for labels that are missing, superfluous or out of range
   */
  write(timestep: ArrayLike<number>, classLabels: ArrayLike<number> | undefined): void {
    this.#labels.write(classLabels);
    writeTimes(this.#model, { time: this.#time, inverseTime: this.#inverseTime }, timestep);
  }
}

/** The times of many runs, written once: each run picks its row by the state's step, on the GPU. */
export class TimeTable {
  readonly #model: DiffusionModel;
  readonly #tables: TimeTensors;

  /** Adds a table of so many rows to `buffer`. */
  constructor(model: DiffusionModel, buffer: ResidentBuffer, rows: number) {
    this.#model = model;
    this.#tables = timeTensors(model.config, buffer, rows);
  }

  /** Records the choice of row `state.step`, for N images. */
  inputs(graph: Graph, state: Tensor, N: number): TimeTensors {
    const { time, inverseTime } = this.#tables;
    const row = (table: Tensor) => spreadRow(graph, { state, table }, N);
    return { time: row(time), inverseTime: inverseTime && row(inverseTime) };
  }

  /** Queues the table: a timestep a row. @throws OptionError as `Conditions.write` does */
  write(timesteps: ArrayLike<number>): void {
    writeTimes(this.#model, this.#tables, timesteps);
  }
}

/** The classes of N images, where the network knows classes. */
export class ClassLabels {
  readonly #model: DiffusionModel;
  readonly tensor: Tensor | undefined;

  constructor(model: DiffusionModel, buffer: ResidentBuffer, N: number) {
    this.#model = model;
    this.tensor = hasClasses(model.config)
      ? buffer.add(...labelTensor(model.config, N))
      : undefined;
  }

  /** Queues the labels. @throws OptionError for labels missing, superfluous or out of range */
  write(classLabels: ArrayLike<number> | undefined): void {
    const { gpu, config } = this.#model;
    const { tensor } = this;
    const labels = labelsOf(config, classLabels, tensor);
    if (!tensor || !labels) return;
    if (tensor.dtype === "u32") writeTensor(gpu, tensor, Uint32Array.from(labels));
    else if (config.class_embed_type === "identity") {
      writeTensor(gpu, tensor, Float32Array.from(labels));
    } else writeTensor(gpu, tensor, timeFeatures(config, labels, frequenciesOf(this.#model)));
  }
}

interface TimeTensors {
  time: Tensor;
  inverseTime: Tensor | undefined;
}

function timeTensors(config: UNetConfig, buffer: ResidentBuffer, rows: number): TimeTensors {
  const time =
    config.time_embedding_type === "learned"
      ? buffer.add([rows], "time", "u32")
      : buffer.add([rows, timeFeatureCount(config)], "time");
  const isFourier = config.time_embedding_type === "fourier";
  return { time, inverseTime: isFourier ? buffer.add([rows], "1/t") : undefined };
}

function writeTimes(
  model: DiffusionModel,
  { time, inverseTime }: TimeTensors,
  timesteps: ArrayLike<number>,
): void {
  const { gpu, config } = model;
  if (config.time_embedding_type === "learned") {
    requireRows("timestep", timesteps, config.num_train_timesteps ?? 0);
    writeTensor(gpu, time, Uint32Array.from(timesteps));
  } else writeTensor(gpu, time, timeFeatures(config, timesteps, frequenciesOf(model)));
  if (!inverseTime) return;
  const inverses = Float32Array.from(timesteps, (t) => 1 / t);
  writeTensor(gpu, inverseTime, inverses);
}

const frequenciesOf = ({ weights }: DiffusionModel) =>
  weights.constants.get("time_proj.weight")?.values;

/**
 * The class that stands for no class: the last row of the class embedding. Training that drops labels
 * puts it in their place, and guidance asks the network with it for the unconditional output.
 *
 * @returns num_class_embeds − 1
 * @throws OptionError for a model without a class embedding, or with a single row
 * @see Ho & Salimans 2022 (arXiv:2207.12598) §3.2
 */
export function nullClass(config: UNetConfig): number {
  const { num_class_embeds: count, class_embed_type: type } = config;
  if (count !== null && type === null && count >= 2) return count - 1;
  throw new OptionError(
    "option/class",
    "class_labels: this model has no class that stands for none: it must have num_class_embeds ≥ 2 " +
      `and class_embed_type null, got ${count} and ${type}.`,
    "Train with a class more than the data has, and labels dropped now and then.",
  );
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
  const isTime = config.class_embed_type === "timestep";
  const rows = isTime ? config.num_train_timesteps : config.num_class_embeds;
  if (tensor.dtype === "u32") requireRows("class_labels", labels, rows ?? 0);
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
