// A model: a configuration, its weights on the GPU, and the scheduler's configuration it came with.
import { untilAborted } from "../core/abort.ts";
import { DeviceError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import type { OpenFile } from "../formats/byte_source.ts";
import { openModelFolder } from "../formats/model_folder.ts";
import { toFloat32 } from "../formats/safetensors.ts";
import { readTensor, scratchFor } from "../formats/safetensors_open.ts";
import type { UNetConfig } from "../formats/unet_config.ts";
import { unetWeights } from "./unet.ts";
import type { Weights } from "./weights.ts";

export type NamedValues = ReadonlyMap<string, { shape: Shape; data: Float32Array }>;

export class DiffusionModel {
  readonly gpu: Gpu;
  readonly config: UNetConfig;
  /** scheduler_config.json as it was read, or is to be written */
  readonly scheduler: Record<string, unknown> | undefined;
  readonly weights: Weights;
  #disposed = false;

  private constructor(gpu: Gpu, config: UNetConfig, parts: ModelParts) {
    this.gpu = gpu;
    this.config = config;
    this.scheduler = parts.scheduler;
    this.weights = parts.weights;
  }

  /**
   * A new model with PyTorch's starting values.
   *
   * @param seed  of the starting values
   * @throws ShapeError, OptionError for a configuration that cannot be built
   */
  static async create(
    gpu: Gpu,
    config: UNetConfig,
    { seed, scheduler }: { seed: number | bigint; scheduler?: Record<string, unknown> | undefined },
  ): Promise<DiffusionModel> {
    const weights = unetWeights(config);
    await allocate(gpu, weights);
    try {
      weights.initialise(gpu, seed);
    } catch (error) {
      weights.buffer.destroy(gpu);
      throw error;
    }
    return new DiffusionModel(gpu, config, { weights, scheduler });
  }

  /**
   * Opens a folder as diffusers saves it: of a U-Net, or of a whole pipeline.
   *
   * Weights go to the GPU tensor by tensor: a file that is given as a Blob or a ByteSource is never
   * whole in memory.
   *
   * @param open   gives a file of the folder, or undefined
   * @param where  the folder's name, for messages
   * @param options  `scheduler`: keys that count before the folder's own, to train it another way
   * @throws FileError, SafetensorsError, OptionError, ShapeError for what cannot be opened; DeviceError;
   *         the signal's reason
   */
  static async load(
    gpu: Gpu,
    open: OpenFile,
    where: string,
    {
      signal,
      scheduler: keys,
    }: { signal?: AbortSignal | undefined; scheduler?: Record<string, unknown> | undefined } = {},
  ): Promise<DiffusionModel> {
    signal?.throwIfAborted();
    const folder = await untilAborted(openModelFolder(open, where), signal);
    const { config, tensors } = folder;
    const weights = unetWeights(config);
    await allocate(gpu, weights);
    try {
      const scratch = scratchFor(tensors.values());
      const sources = [...tensors].map(([name, tensor]) => {
        const floats = async () => {
          signal?.throwIfAborted();
          return toFloat32(await untilAborted(readTensor(tensor, scratch), signal), name);
        };
        return [name, { shape: tensor.shape, floats }] as const;
      });
      await weights.load(gpu, new Map(sources));
    } catch (error) {
      weights.buffer.destroy(gpu);
      throw error;
    }
    const scheduler = keys
      ? { _class_name: "DDPMScheduler", ...folder.scheduler, ...keys }
      : folder.scheduler;
    return new DiffusionModel(gpu, config, { weights, scheduler });
  }

  /** @throws DeviceError after dispose() */
  requireAlive(): void {
    if (!this.#disposed) return;
    throw new DeviceError(
      "device/disposed",
      "DiffusionModel: it was disposed of.",
      "Load it again; a disposed model has no weights.",
    );
  }

  dispose(): void {
    this.#disposed = true;
    this.weights.buffer.destroy(this.gpu);
  }
}

async function allocate(gpu: Gpu, { buffer }: Weights): Promise<void> {
  gpu.requireRoom("allocating parameters", buffer.size);
  await gpu.guarded("allocating parameters", () => buffer.allocate(gpu));
}

interface ModelParts {
  weights: Weights;
  scheduler: Record<string, unknown> | undefined;
}
