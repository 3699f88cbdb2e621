// A run that takes milliseconds: its data, its scheduler, its trainer.
import type { Gpu } from "../../src/device/gpu.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import type { HyperParameters } from "../../src/train/hyper_parameters.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { oneLevel } from "./tiny_unet.ts";

export const SCHEDULER = { num_train_timesteps: 12, beta_start: 0.005, beta_end: 0.4 };

export const STRIPES: Dataset = {
  name: "stripes",
  count: 6,
  shape: [1, 4, 4],
  pixels: Uint8Array.from({ length: 6 * 16 }, (_, i) => (i * 53) % 256),
};

const HYPER_PARAMETERS = { batch: 3, learningRate: 3e-3, ema: 0.9, seed: 5 };

export const tinyModel = (gpu: Gpu): Promise<DiffusionModel> =>
  DiffusionModel.create(gpu, oneLevel(), { seed: 1, scheduler: SCHEDULER });

/** A new trainer on a new model. */
export async function tinyTrainer(
  gpu: Gpu,
  changes: Partial<HyperParameters> = {},
): Promise<Trainer> {
  const model = await tinyModel(gpu);
  return Trainer.create(model, { data: STRIPES }, { ...HYPER_PARAMETERS, ...changes });
}
