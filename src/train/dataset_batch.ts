// Batches drawn on the GPU from a data set that lies there: the images of a step, t and ε.
//
// The host sends the order of the images alone, many steps ahead: a seeded permutation an epoch,
// which is a function of (seed, epoch) and so resumes from a step's number.
import { OptionError, ShapeError } from "../core/errors.ts";
import { permutation } from "../core/permutation.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { type Batches, batchLabels, qSample, qSampleAt } from "../kernels/diffusion.ts";
import { diffusionLoss } from "../kernels/diffusion_loss.ts";
import { embedding } from "../kernels/embedding.ts";
import { hasClasses, nullClass } from "../nn/conditions.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { timeFeatureCount, timeFeatures } from "../nn/time_features.ts";
import type { UNetInputs } from "../nn/unet.ts";
import type { BatchSource } from "./batch_source.ts";
import { identityOf } from "./data_identity.ts";
import { classCount, type Dataset } from "./dataset.ts";
import { ImageParts, type ImagePartsOptions, type OrderedImages } from "./image_parts.ts";
import { type LossSettings, LossTables } from "./loss_tables.ts";
import { RING, rowsAhead } from "./ring.ts";
import type { BatchLoss, TimestepDraw } from "./timestep_losses.ts";
import type { DataIdentity, DataPlace } from "./training_state.ts";

export interface DatasetOptions extends LossSettings, Omit<ImagePartsOptions, "order"> {
  data: Dataset;
  /** batches of a step */
  accumulate: number;
  seed: number | bigint;
  timesteps: TimestepDraw;
  labelDropout: number;
}

export class DatasetBatch implements BatchSource {
  readonly #model: DiffusionModel;
  #identity: Promise<DataIdentity> | undefined;
  readonly #options: DatasetOptions;
  readonly #tables: LossTables;
  readonly #tensors: Record<"state" | "order" | "levels", Tensor>;
  readonly #parts: ImageParts;
  readonly #dataLabels: Tensor | undefined;
  readonly #timeTable: Tensor;
  #timesteps: Tensor | undefined;
  #ordered: OrderedImages | undefined;
  #skipped = 0; // images by which batches begin later than one after the other
  #order: { epoch: number; images: Uint32Array } = { epoch: -1, images: new Uint32Array(0) };

  /** @throws ShapeError, OptionError for data or a network that cannot be trained so */
  constructor(model: DiffusionModel, buffer: ResidentBuffer, options: DatasetOptions) {
    const { data, batch, accumulate, state } = options;
    requireTrainable(model, data);
    requireLabels(model, options);
    this.#model = model;
    this.#options = options;
    this.#tables = new LossTables(model, buffer, options);
    const { steps, levels } = this.#tables;
    this.#tensors = {
      state,
      order: buffer.add([accumulate === 1 ? RING : 1, batch], "order", "u32"),
      levels,
    };
    this.#parts = new ImageParts(model.gpu, data, { ...options, order: this.#tensors.order });
    if (hasClasses(model.config)) {
      this.#dataLabels = buffer.add([data.count], "dataLabels", "u32");
    }
    this.#timeTable = buffer.add([steps, timeFeatureCount(model.config)], "timeTable");
  }

  get #shape(): number[] {
    return [this.#options.batch, ...this.#options.data.shape];
  }

  get steps(): number {
    return this.#tables.steps;
  }

  get buffers(): readonly ResidentBuffer[] {
    return this.#parts.buffers;
  }

  get timesteps(): Tensor {
    if (this.#timesteps) return this.#timesteps;
    throw new Error("DatasetBatch: timesteps before noised");
  }

  noised(graph: Graph, drawn?: Tensor): UNetInputs {
    this.#ordered = this.#parts.record(graph);
    const { xt, timesteps } = this.#noise(graph, { ...this.#tensors, ...this.#ordered }, drawn);
    this.#timesteps = timesteps;
    const isLearned = this.#model.config.time_embedding_type === "learned";
    const time = isLearned
      ? timesteps
      : embedding(graph, { table: this.#timeTable, indices: timesteps });
    return { sample: xt, time, classLabels: this.#labels(graph) };
  }

  #noise(
    graph: Graph,
    batches: Batches,
    drawn: Tensor | undefined,
  ): { xt: Tensor; timesteps: Tensor } {
    const shape = this.#shape;
    if (!drawn) return qSample(graph, batches, { shape });
    const { xt } = qSampleAt(graph, { ...batches, timesteps: drawn }, { shape });
    return { xt, timesteps: drawn };
  }

  #labels(graph: Graph): Tensor | undefined {
    const dataLabels = this.#dataLabels;
    if (!dataLabels) return undefined;
    const { state, order } = this.#tensors;
    const dropping = {
      dropout: this.#options.labelDropout,
      nullClass: nullClass(this.#model.config),
    };
    return batchLabels(graph, { state, order, dataLabels }, dropping);
  }

  loss(graph: Graph, prediction: Tensor): BatchLoss {
    const { timesteps } = this;
    const ordered = this.#ordered;
    if (!ordered) throw new Error("DatasetBatch: loss before noised");
    const options = { shape: this.#shape, ...this.#tables.options };
    const inputs = { ...this.#tensors, ...ordered, timesteps, prediction };
    return diffusionLoss(graph, inputs, options);
  }

  writeTables(): void {
    const { gpu, config } = this.#model;
    const { labels } = this.#options.data;
    this.#parts.write(gpu);
    if (this.#dataLabels && labels) writeTensor(gpu, this.#dataLabels, Uint32Array.from(labels));
    this.#tables.write(gpu);
    const all = Array.from({ length: this.steps }, (_, t) => t);
    writeTensor(gpu, this.#timeTable, timeFeatures(config, all));
  }

  prepare(batch: number, isFirst: boolean): void {
    const ring = this.#tensors.order.shape[0] ?? 1; // 1: kernels know of steps, not of batches
    const rows = ring === 1 ? { from: batch, count: 1 } : rowsAhead(batch, isFirst);
    if (!rows) return;
    const words = new Uint32Array(rows.count * this.#options.batch);
    for (let i = 0; i < words.length; i++)
      words[i] = this.#imageAt(rows.from * this.#options.batch + i);
    const offset = (rows.from % ring) * this.#options.batch * 4;
    writeTensor(this.#model.gpu, this.#tensors.order, words, offset);
  }

  placeOf(batch: number): DataPlace {
    const { count: images } = this.#options.data;
    const place = batch * this.#options.batch + this.#skipped;
    return { epoch: Math.floor(place / images), position: place % images, images };
  }

  startAt(batch: number, { epoch, position, images }: DataPlace): void {
    this.#skipped = epoch * images + position - batch * this.#options.batch;
  }

  identity(): Promise<DataIdentity> {
    const { pixels, labels, ...data } = this.#options.data;
    this.#identity ??= identityOf({
      ...data,
      bytes: labels ? [pixels, bytesOf(labels)] : [pixels],
    });
    return this.#identity;
  }

  /** The image that would have this number if batches followed one another from the first on. */
  #imageAt(number: number): number {
    const { count } = this.#options.data;
    const position = Math.max(0, number + this.#skipped); // a batch of the past is never read
    const epoch = Math.floor(position / count);
    if (epoch !== this.#order.epoch) {
      this.#order = { epoch, images: permutation(count, this.#options.seed, epoch) };
    }
    return this.#order.images[position % count]!;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function requireTrainable({ config }: DiffusionModel, data: Dataset): void {
  if (data.shape[0] !== config.in_channels) {
    throw new ShapeError(
      "shape/image",
      `train: the network takes ${config.in_channels} channels, ${data.name} has ` +
        `${showShape(data.shape)}.`,
      "Set in_channels and out_channels to the images' channels.",
    );
  }
  if (data.count < 1 || data.pixels.length !== data.count * sizeOf(data.shape)) {
    throw new ShapeError(
      "shape/image",
      `train: ${data.name} must hold at least one image, and a byte for each of its numbers, got ` +
        `${data.count} of ${showShape(data.shape)} in ${data.pixels.length} bytes.`,
      "Count the images, or read them again.",
    );
  }
  if (config.time_embedding_type !== "fourier") return;
  throw new OptionError(
    "option/network",
    "train: Fourier time embeddings take ln t, and timesteps are drawn from 0 on.",
    'Use time_embedding_type "positional".',
  );
}

/** Labels are there where the network asks for them, and have rows of its embedding. */
function requireLabels({ config }: DiffusionModel, { data, labelDropout }: DatasetOptions): void {
  const known = config.num_class_embeds ?? 0;
  const needed = classCount(data) + (labelDropout > 0 ? 1 : 0); // the null class is a row too
  if (!hasClasses(config)) {
    if (labelDropout === 0) return;
    throw new OptionError(
      "option/class",
      `train: label dropout needs a class-conditional network, got ${labelDropout} without one.`,
      "Set num_class_embeds to the number of classes and 1.",
    );
  }
  if (config.class_embed_type === null && data.labels && needed <= known) return;
  throw new OptionError(
    "option/class",
    data.labels
      ? `train: the classes of ${data.name}${labelDropout > 0 ? " and the null class" : ""} need ` +
          `${needed} rows of the class embedding, got num_class_embeds = ${known}` +
          `${config.class_embed_type === null ? "" : ` and ${config.class_embed_type} labels`}.`
      : `train: a class-conditional network needs labels, and ${data.name} has none.`,
    data.labels
      ? `Set num_class_embeds to ${needed}.`
      : "Give labels, or leave num_class_embeds out.",
  );
}
