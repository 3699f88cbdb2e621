// One evaluation of a model on given tensors.
import { Tape } from "../autograd/tape.ts";
import { OptionError, ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, showShape } from "../core/shape.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import type { DiffusionModel } from "./model.ts";
import { timeFeatureCount, timeFeatures } from "./time_features.ts";
import { type UNetInputs, unet } from "./unet.ts";

export interface Evaluation {
  /** [N, C, H, W] */
  sample: { shape: Shape; data: Float32Array };
  /** [N], counted from 0; whole or not */
  timestep: ArrayLike<number>;
  /** [N], for a class-conditional model */
  classLabels?: ArrayLike<number> | undefined;
}

/** Buffers that hold what the network is told beside the image, and how to fill them. */
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
    if (config.num_class_embeds !== null) this.#labels = buffer.add([N], "classLabels", "u32");
  }

  get inputs(): Omit<UNetInputs, "sample"> {
    return { time: this.#time, inverseTime: this.#inverseTime, classLabels: this.#labels };
  }

  /** @throws OptionError for labels that are missing, superfluous or out of range */
  write(timestep: ArrayLike<number>, classLabels: ArrayLike<number> | undefined): void {
    const { gpu, config, weights } = this.#model;
    requireLabels(config.num_class_embeds, classLabels);
    if (config.time_embedding_type === "learned") {
      requireTimesteps(timestep, config.num_train_timesteps ?? 0);
      writeTensor(gpu, this.#time, Uint32Array.from(timestep));
    } else {
      const frequencies = weights.constants.get("time_proj.weight")?.values;
      writeTensor(gpu, this.#time, timeFeatures(config, timestep, frequencies));
    }
    if (this.#inverseTime) {
      writeTensor(
        gpu,
        this.#inverseTime,
        Float32Array.from(timestep, (t) => 1 / t),
      );
    }
    if (this.#labels && classLabels) writeTensor(gpu, this.#labels, Uint32Array.from(classLabels));
  }
}

/**
 * The network's output for given images and timesteps.
 *
 * @returns float32 [N, out_channels, H, W]
 * @throws ShapeError, OptionError for inputs that do not fit the model; DeviceError
 */
export async function evaluate(
  model: DiffusionModel,
  { sample, timestep, classLabels }: Evaluation,
): Promise<{ shape: Shape; data: Float32Array<ArrayBuffer> }> {
  model.requireAlive();
  const { gpu, config, weights } = model;
  const N = requireImages("forward", sample.shape, config.in_channels);
  requireShape("forward", "timestep", [timestep.length], [N]);
  if (classLabels) requireShape("forward", "class_labels", [classLabels.length], [N]);

  const buffer = new ResidentBuffer("forward.inputs");
  const input = buffer.add(sample.shape, "sample");
  const conditions = new Conditions(model, buffer, N);
  const graph = new Graph(gpu.target);
  const network = { tape: new Tape(graph), weights };
  const output = unet(network, config, { sample: input, ...conditions.inputs });
  const program = await Program.compile(gpu, graph, { label: "forward", keep: [output] });
  try {
    writeTensor(gpu, input, Float32Array.from(sample.data));
    conditions.write(timestep, classLabels);
    program.run();
    const data = (await program.read(output)).slice(
      0,
      output.shape.reduce((a, b) => a * b, 1),
    );
    return { shape: output.shape, data };
  } finally {
    program.dispose();
    buffer.destroy(gpu);
  }
}

/** N of images [N, C, H, W] with the channels the model takes. */
export function requireImages(operation: string, shape: Shape, channels: number): number {
  const [N, C] = shape;
  if (shape.length === 4 && C === channels && N !== undefined && N > 0) return N;
  throw new ShapeError(
    "shape/image",
    `${operation}: images must be [N, ${channels}, H, W] for this model, got ${showShape(shape)}.`,
    "config.json says in_channels.",
  );
}

function requireLabels(classes: number | null, labels: ArrayLike<number> | undefined): void {
  if ((classes === null) !== (labels === undefined)) {
    throw new OptionError(
      "option/class",
      classes === null
        ? "class_labels: this model is not class-conditional, but labels were given."
        : `class_labels: this model needs a label 0 … ${classes - 1} for each image.`,
      classes === null ? "Leave them out." : "Add class_labels [N].",
    );
  }
  const wrong = Array.from(labels ?? []).find((label) => !(label >= 0 && label < (classes ?? 0)));
  if (wrong === undefined) return;
  throw new OptionError(
    "option/class",
    `class_labels: must be in 0 … ${(classes ?? 0) - 1}, got ${wrong}.`,
    "config.json says num_class_embeds.",
  );
}

function requireTimesteps(timestep: ArrayLike<number>, count: number): void {
  const wrong = Array.from(timestep).find((t) => !(Number.isInteger(t) && t >= 0 && t < count));
  if (wrong === undefined) return;
  throw new OptionError(
    "option/timestep",
    `timestep: must be a whole number in 0 … ${count - 1} for learned embeddings, got ${wrong}.`,
    "config.json says num_train_timesteps.",
  );
}
