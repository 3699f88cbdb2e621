// What a program in TypeScript writes against the package's types.
import { DiffusionModel, Gpu, type SampleFrame, sample, Trainer } from "wgsl-diffusion";
import { profileProgram } from "wgsl-diffusion/inspect";
import { nodeGpu } from "wgsl-diffusion/node";

export async function run(device: GPUDevice): Promise<number> {
  const gpu: Gpu = await Gpu.open({ device });
  const model = await DiffusionModel.load(gpu, async () => undefined, "model");
  let frames = 0;
  for await (const frame of sample(model, { count: 1, steps: 2, sampler: "ddim" })) {
    const shown: SampleFrame = frame;
    frames += shown.step;
  }
  const data = { name: "d", count: 1, shape: [1, 8, 8] as const, pixels: new Uint8Array(64) };
  const trainer = await Trainer.create(model, { data });
  await profileProgram(await nodeGpu(), trainer.program, 1);
  // @ts-expect-error: a sampler that there is not
  sample(model, { count: 1, steps: 2, sampler: "none" });
  return frames;
}
