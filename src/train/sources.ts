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

/** Given batches say their timesteps and labels: nothing is left to draw. */
function requireGiven({ timesteps, labelDropout }: HyperParameters): void {
  if (timesteps === "uniform" && labelDropout === 0) return;
  throw new OptionError(
    "option/training",
    "train: given batches hold their timesteps and labels, got " +
      `timesteps ${timesteps} and labelDropout ${labelDropout}.`,
    "Leave both out, or train on a data set.",
  );
}
