// What a program in TypeScript writes against the package's types.
import { DiffusionModel, Gpu, type SampleFrame, sample, Trainer } from "wgsl-diffusion";
import "wgsl-diffusion/element";
import { profileProgram } from "wgsl-diffusion/inspect";
import { nodeGpu } from "wgsl-diffusion/node";
import { createWorkerClient, type RemoteTrainer } from "wgsl-diffusion/worker";

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

export async function inWorker(archive: Blob): Promise<number> {
  const client = createWorkerClient();
  const model = await client.load(archive);
  const data = { name: "d", count: 1, shape: [1, 8, 8] as const, pixels: new Uint8Array(64) };
  const trainer: RemoteTrainer = await client.trainer(model, { data });
  for await (const { step, loss } of client.train(trainer, { steps: 1 })) console.log(step, loss);
  // @ts-expect-error: a sampler that there is not
  client.sample(model, { count: 1, sampler: "none" });
  return (await model.files(trainer)).size;
}

export function show(count: number): void {
  const canvas = document.createElement("diffusion-canvas");
  canvas.count = count;
  canvas.addEventListener("progress", ({ detail: { step, of } }) => console.log(step / of));
  canvas.addEventListener("done", ({ detail }) => console.log(detail.images.length));
  canvas.addEventListener("error", ({ detail }) => console.log(detail.error.message));
}
