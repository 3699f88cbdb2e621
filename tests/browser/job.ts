// One job, the same in a page and in Node: train the small preset a little, then sample.
import {
  DiffusionModel,
  fitImages,
  type Gpu,
  idxDataset,
  presetFor,
  sample,
  Trainer,
} from "../../src/index.ts";

export interface JobResult {
  adapter: string;
  losses: number[];
  /** [4, 1, 16, 16], from the averaged weights */
  images: number[];
}

const SEED = 7;
const STEPS = 20;
const SMALL = presetFor({ software: "swiftshader" });

/** @param file  the embedded images, as they lie in data/fashion-mnist */
export async function trainAndSample(gpu: Gpu, file: Uint8Array): Promise<JobResult> {
  const { config, scheduler, hyperParameters } = SMALL;
  const data = fitImages(await idxDataset(file, "Fashion-MNIST"), 16, 16);
  const model = await DiffusionModel.create(gpu, config, { seed: SEED, scheduler });
  const options = { ...hyperParameters, decaySteps: SMALL.steps, seed: SEED };
  const trainer = await Trainer.create(model, { data }, options);
  const losses: number[] = [];
  for await (const { loss } of trainer.run({ steps: STEPS })) losses.push(loss);

  let images = new Float32Array();
  const asked = { sampler: "ddim", count: 4, steps: 10, seed: SEED, weights: trainer.ema } as const;
  for await (const frame of sample(model, asked)) {
    if (frame.step === frame.of) images = await frame.images();
  }
  trainer.dispose();
  model.dispose();
  const { vendor, architecture, description } = gpu.info;
  return { adapter: `${vendor} ${architecture} ${description}`, losses, images: [...images] };
}
