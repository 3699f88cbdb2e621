// The loss on images that are not trained on, always with the same noise and timesteps: what differs
// from one time to the next is the weights alone.
import { Forward } from "../autograd/forward.ts";
import { DeviceError } from "../core/errors.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { initialState, STATE_SHAPE } from "../kernels/diffusion.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";
import type { Weights } from "../nn/weights.ts";
import type { Dataset } from "./dataset.ts";
import { DatasetBatch } from "./dataset_batch.ts";
import type { LossSettings } from "./loss_tables.ts";

/** Of noise and timesteps: the same in every run, so that runs can be compared. */
const SEED = 0x76616c;

export interface ValidationOptions extends LossSettings {
  /** images not trained on */
  data: Dataset;
  /** images at once */
  batch: number;
  /** whose loss it is: the average of a trainer, or the weights themselves */
  weights: Weights;
}

interface ValidationParts {
  source: DatasetBatch;
  program: Program;
  perImage: Tensor;
  state: Tensor;
  buffers: readonly ResidentBuffer[];
}

export class Validation {
  readonly #model: DiffusionModel;
  readonly #options: ValidationOptions;
  readonly #parts: ValidationParts;
  #isDisposed = false;

  private constructor(model: DiffusionModel, options: ValidationOptions, parts: ValidationParts) {
    this.#model = model;
    this.#options = options;
    this.#parts = parts;
  }

  /** @throws OptionError, ShapeError, DeviceError as `Trainer.create` does */
  static async create(model: DiffusionModel, options: ValidationOptions): Promise<Validation> {
    model.requireAlive();
    const { gpu, config } = model;
    const { data, weights, objective, loss } = options;
    const batch = Math.min(options.batch, data.count);
    const inputs = new ResidentBuffer("validation.inputs");
    const progress = new ResidentBuffer("validation.state");
    const state = progress.add(STATE_SHAPE, "state", "u32");
    const source = new DatasetBatch(model, inputs, {
      ...{ data, state, objective, loss, seed: SEED },
      ...{ batch, accumulate: Math.ceil(data.count / batch) },
      ...{ timesteps: "uniform", labelDropout: 0, flip: false, randomCrop: 0 },
    });
    const graph = new Graph(gpu.target);
    const prediction = unet({ tape: new Forward(graph), weights }, config, source.noised(graph));
    const { perImage } = source.loss(graph, prediction);
    const program = await Program.compile(gpu, graph, { label: "validation", keep: [perImage] });
    const buffers = [inputs, progress, ...source.buffers];
    const parts = { source, program, perImage, state, buffers };
    const validation = new Validation(model, options, parts);
    try {
      source.writeTables();
      return validation;
    } catch (error) {
      validation.dispose();
      throw error;
    }
  }

  /**
   * The mean loss over the held-out images, each noised once: whatever the batch. Behind what was
   * submitted.
   *
   * @throws DeviceError
   */
  async loss(): Promise<number> {
    this.#requireAlive();
    const { source, program, perImage, state } = this.#parts;
    const { count } = this.#options.data;
    const batch = perImage.shape[0] ?? 1;
    let sum = 0;
    for (let first = 0; first < count; first += batch) {
      source.prepare(first / batch, first === 0);
      writeTensor(this.#model.gpu, state, initialState(SEED, { firstImage: first }));
      program.run();
      const losses = await program.read(perImage);
      // the last batch ends in images of the next epoch, which had their turn
      for (const loss of losses.subarray(0, Math.min(batch, count - first))) sum += loss;
    }
    return sum / count;
  }

  /** Frees all but the model and the weights. */
  dispose(): void {
    this.#isDisposed = true;
    const { program, buffers } = this.#parts;
    program.dispose();
    for (const buffer of buffers) buffer.destroy(this.#model.gpu);
  }

  #requireAlive(): void {
    this.#model.requireAlive();
    if (!this.#isDisposed) return;
    throw new DeviceError(
      "device/disposed",
      "Validation: it was disposed of.",
      "Make another with Validation.create().",
    );
  }
}
