// Batches drawn on the GPU from a data set that lies there: the images of a step, t and ε.
//
// The host sends the order of the images alone, many steps ahead: a seeded permutation an epoch,
// which is a function of (seed, epoch) and so resumes from a step's number.
import { OptionError, ShapeError } from "../core/errors.ts";
import { permutation } from "../core/permutation.ts";
import { showShape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { diffusionLoss, LEVEL_FIELDS, qSample } from "../kernels/diffusion.ts";
import { embedding } from "../kernels/embedding.ts";
import { hasClasses } from "../nn/conditions.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { timeFeatureCount, timeFeatures } from "../nn/time_features.ts";
import type { UNetInputs } from "../nn/unet.ts";
import type { BatchSource } from "./batch_source.ts";
import type { Dataset } from "./dataset.ts";
import { type LevelTable, levelTable } from "./objective.ts";
import { RING, rowsAhead } from "./ring.ts";

export class DatasetBatch implements BatchSource {
  readonly #model: DiffusionModel;
  readonly #data: Dataset;
  readonly #batch: number;
  readonly #seed: number | bigint;
  readonly #levels: LevelTable;
  readonly #tensors: Record<"state" | "images" | "order" | "levels", Tensor>;
  readonly #timeTable: Tensor;
  #timesteps: Tensor | undefined;
  #order: { epoch: number; images: Uint32Array } = { epoch: -1, images: new Uint32Array(0) };

  /** @throws ShapeError, OptionError for data or a network that cannot be trained so */
  constructor(
    model: DiffusionModel,
    buffer: ResidentBuffer,
    options: { data: Dataset; batch: number; seed: number | bigint; state: Tensor },
  ) {
    const { data, batch, seed, state } = options;
    requireTrainable(model, data);
    this.#model = model;
    this.#data = data;
    this.#batch = batch;
    this.#seed = seed;
    this.#levels = levelTable(model.scheduler);
    const { steps } = this.#levels;
    this.#tensors = {
      state,
      images: buffer.add([Math.ceil(data.pixels.length / 4)], "images", "u32"),
      order: buffer.add([RING, batch], "order", "u32"),
      levels: buffer.add([steps, LEVEL_FIELDS.length], "levels"),
    };
    this.#timeTable = buffer.add([steps, timeFeatureCount(model.config)], "timeTable");
  }

  get #shape(): number[] {
    return [this.#batch, ...this.#data.shape];
  }

  noised(graph: Graph): UNetInputs {
    const { xt, timesteps } = qSample(graph, this.#tensors, { shape: this.#shape });
    this.#timesteps = timesteps;
    const isLearned = this.#model.config.time_embedding_type === "learned";
    const time = isLearned
      ? timesteps
      : embedding(graph, { table: this.#timeTable, indices: timesteps });
    return { sample: xt, time };
  }

  loss(graph: Graph, prediction: Tensor): { dprediction: Tensor; perImage: Tensor } {
    const timesteps = this.#timesteps;
    if (!timesteps) throw new Error("DatasetBatch: loss before noised");
    return diffusionLoss(
      graph,
      { ...this.#tensors, timesteps, prediction },
      { shape: this.#shape },
    );
  }

  writeTables(): void {
    const { gpu, config } = this.#model;
    const { pixels } = this.#data;
    const padded = new Uint8Array(Math.ceil(pixels.length / 4) * 4);
    padded.set(pixels);
    writeTensor(gpu, this.#tensors.images, padded);
    writeTensor(gpu, this.#tensors.levels, this.#levels.values);
    const all = Array.from({ length: this.#levels.steps }, (_, t) => t);
    writeTensor(gpu, this.#timeTable, timeFeatures(config, all));
  }

  prepare(step: number, isFirst: boolean): void {
    const rows = rowsAhead(step, isFirst);
    if (!rows) return;
    const words = new Uint32Array(rows.count * this.#batch);
    for (let i = 0; i < words.length; i++) words[i] = this.#imageAt(rows.from * this.#batch + i);
    const offset = (rows.from % RING) * this.#batch * 4;
    writeTensor(this.#model.gpu, this.#tensors.order, words, offset);
  }

  /** The image at a place of the endless sequence of epochs. */
  #imageAt(position: number): number {
    const { count } = this.#data;
    const epoch = Math.floor(position / count);
    if (epoch !== this.#order.epoch) {
      this.#order = { epoch, images: permutation(count, this.#seed, epoch) };
    }
    return this.#order.images[position % count]!;
  }
}

function requireTrainable({ config }: DiffusionModel, data: Dataset): void {
  if (data.shape[0] !== config.in_channels) {
    throw new ShapeError(
      "shape/image",
      `train: the network takes ${config.in_channels} channels, ${data.name} has ` +
        `${showShape(data.shape)}.`,
      "Set in_channels and out_channels to the images' channels.",
    );
  }
  const isFourier = config.time_embedding_type === "fourier";
  if (!isFourier && !hasClasses(config)) return;
  throw new OptionError(
    "option/network",
    isFourier
      ? "train: Fourier time embeddings take ln t, and timesteps are drawn from 0 on."
      : "train: a class-conditional network needs labels, and this data set has none.",
    isFourier ? 'Use time_embedding_type "positional".' : "Leave num_class_embeds out.",
  );
}
