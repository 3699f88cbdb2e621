// What a page does with the package: a device, a small model, one sample. The title tells the outcome.
import { DiffusionModel, Gpu, sample } from "wgsl-diffusion";

async function run() {
  const gpu = await Gpu.open();
  const config = {
    sample_size: 8,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [8],
    down_block_types: ["DownBlock2D"],
    up_block_types: ["UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 4,
  };
  const { parseUNetConfig } = await import("wgsl-diffusion");
  const model = await DiffusionModel.create(gpu, parseUNetConfig(config), { seed: 0 });
  for await (const frame of sample(model, { count: 2, steps: 2, sampler: "ddim", seed: 1 })) {
    if (frame.step < frame.of) continue;
    const images = await frame.images();
    if (!images.every(Number.isFinite)) throw new Error("numbers that are none");
    return `done: ${images.length} pixels`;
  }
}

run().then(
  (outcome) => {
    document.title = outcome;
  },
  (error) => {
    document.title = `failed: ${error}`;
  },
);
