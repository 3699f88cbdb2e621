// From what a trainer is given to the source of its batches.
import { OptionError } from "../core/errors.ts";
import type { ResidentBuffer, Tensor } from "../graph/tensor.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { BatchSource } from "./batch_source.ts";
import { DatasetBatch } from "./dataset_batch.ts";
import { GivenBatch } from "./given_batch.ts";
import type { HyperParameters } from "./hyper_parameters.ts";
import type { TrainingData } from "./trainer.ts";

/**
 * Adds the tensors of a batch to `buffer`.
 *
 * @throws OptionError, ShapeError for data that cannot be trained on
 */
export function sourceOf(
  model: DiffusionModel,
  buffer: ResidentBuffer,
  parts: { data: TrainingData; options: HyperParameters; state: Tensor },
): BatchSource {
  const { data, options, state } = parts;
  if ("data" in data) return new DatasetBatch(model, buffer, { ...options, ...data, state });
  requireGiven(options);
  return new GivenBatch(model, buffer, { ...data, loss: options });
}

/** Given batches say their images, timesteps and labels: nothing is left to draw. */
function requireGiven({ timesteps, labelDropout, flip, randomCrop }: HyperParameters): void {
  const isPlain = timesteps === "uniform" && labelDropout === 0;
  if (isPlain && !flip && randomCrop === 0) return;
  throw new OptionError(
    "option/training",
    "train: given batches are used as they are, got " +
      `timesteps ${timesteps}, labelDropout ${labelDropout}, flip ${flip}, randomCrop ${randomCrop}.`,
    "Leave them out, or train on a data set.",
  );
}
