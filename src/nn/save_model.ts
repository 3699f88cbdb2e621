// A model's files, from the GPU: apart from the model, so that a page that only samples carries no writer.
import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { modelFiles, type WriteOptions } from "../formats/model_files.ts";
import { float32Tensor } from "../formats/safetensors.ts";
import { homeOf, readTensor } from "../graph/tensor.ts";
import type { DiffusionModel } from "./model.ts";
import type { Weights } from "./weights.ts";

/**
 * The files of a folder that diffusers opens, by name: config, weights, scheduler. `loadModel` opens them.
 *
 * @param weights  others of the model's layout, such as a trainer's average; default its own
 * @throws DeviceError
 */
export async function saveModel(
  model: DiffusionModel,
  weights: Weights = model.weights,
  options: WriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  model.requireAlive();
  const { gpu, config, scheduler } = model;
  const values = await readWeights(gpu, weights);
  const tensors = new Map(
    [...values].map(([name, { shape, data }]) => [name, float32Tensor(shape, data)]),
  );
  return modelFiles({ config, tensors, scheduler }, options);
}

/** Every parameter by name. @throws DeviceError as `Gpu.read` does */
export async function readWeights(
  gpu: Gpu,
  weights: Weights,
): Promise<Map<string, { shape: Shape; data: Float32Array }>> {
  const flat = await readTensor(gpu, weights.buffer.whole());
  const read = new Map<string, { shape: Shape; data: Float32Array }>();
  for (const { name, shape } of weights.specs.values()) {
    const first = homeOf(weights.tensor(name)).offset / 4;
    read.set(name, { shape, data: flat.slice(first, first + sizeOf(shape)) });
  }
  for (const [name, { shape, values }] of weights.constants) {
    read.set(name, { shape, data: values });
  }
  return read;
}
