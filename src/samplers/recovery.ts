// Sampling that outlives its device: begun anew on another one, whose images are the same bit for bit.
//
// Frames hold nothing then, for what lies on a device that is lost cannot be read: the images come at
// the end.
import type { Gpu } from "../device/gpu.ts";
import { throughLosses } from "../device/through_losses.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { ImageShape, SampleOptions } from "./request.ts";
import { sample } from "./sample.ts";

export interface SampleRecoveryOptions extends Omit<SampleOptions, "weights"> {
  /** opens a device: at the start, and after each loss */
  open(): Promise<Gpu>;
  /** loads the model, the same each time */
  load(gpu: Gpu): Promise<DiffusionModel>;
}

export interface SampledImages {
  shape: ImageShape;
  /** [count, C, H, W], in [−1, 1] */
  data: Float32Array<ArrayBuffer>;
}

/** A step that was done; none twice, however often the sampling began. */
export interface SampledStep {
  /** 1 … of */
  step: number;
  of: number;
  timestep: number;
}

/**
 * Samples images, on another device where one is lost. Model and device are disposed of.
 *
 * @throws DeviceError device/lost where two more tries after a loss bring no new step, or no other
 *         device is given; whatever else `open`, `load` and `sample` throw
 */
export async function* sampleThroughLosses(
  options: SampleRecoveryOptions,
): AsyncGenerator<SampledStep, SampledImages, void> {
  const { open, load, signal, ...asked } = options;
  const progress = { told: 0 };
  let last: Gpu | undefined;
  const work = (gpu: Gpu) => {
    last = gpu;
    return sampling(gpu, { ...asked, signal, load }, progress);
  };
  const images = yield* throughLosses({ what: "sampleThroughLosses", open, work, signal });
  last?.dispose();
  return images;
}

async function* sampling(
  gpu: Gpu,
  { load, ...asked }: Omit<SampleRecoveryOptions, "open">,
  progress: { told: number },
): AsyncGenerator<SampledStep, SampledImages, void> {
  const model = await load(gpu);
  try {
    return yield* newSteps(model, asked, progress);
  } finally {
    model.dispose();
  }
}

/**
 * Samples from the start, and tells the steps that were not told before.
 *
 * @param progress  of the same sampling on devices before: the last step that was told
 */
export async function* newSteps(
  model: DiffusionModel,
  asked: SampleOptions,
  progress: { told: number },
): AsyncGenerator<SampledStep, SampledImages, void> {
  for await (const { step, of, timestep, shape, images } of sample(model, asked)) {
    const result = step === of ? { shape, data: await images() } : undefined;
    if (step > progress.told) {
      progress.told = step;
      yield { step, of, timestep };
    }
    if (result) return result;
  }
  throw new Error("sampling: a plan without rows");
}
