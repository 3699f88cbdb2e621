// The job in ours, through the public API as built: dist/index.js.
import { DiffusionModel, Gpu, sample, Trainer } from "../../../dist/index.js";
import { ADAM, type Engine, type Job } from "./job.ts";

const MOST_STEPS = 1000; // of a run, training or sampling

export async function open(job: Job): Promise<Engine> {
  const gpu = await Gpu.open();
  const model = await DiffusionModel.load(gpu, job.read, "job");
  const given = { x0: job.x0.data, noise: job.noise.data, timestep: job.timesteps };
  const batches = Array.from({ length: MOST_STEPS }, () => given);
  const shape = [job.timesteps.length, 1, 32, 32] as const;
  const trainer = await Trainer.create(
    model,
    { batches, shape },
    { learningRate: ADAM.learningRate, clip: 0, ema: 0, emaWarmup: false },
  );
  const count = job.timesteps.length;
  const frames = sample(model, { count, steps: MOST_STEPS, sampler: "ddpm" });
  return {
    async trainStep() {
      let last = Number.NaN;
      for await (const { loss } of trainer.run({ steps: 1 })) last = loss;
      await gpu.device.queue.onSubmittedWorkDone();
      return last;
    },
    async denoiseStep() {
      await frames.next();
    },
  };
}
