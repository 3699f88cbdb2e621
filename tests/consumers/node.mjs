// Every door can be imported in Node, and a GPU is found by the packages `webgpu` and, where the machine
// has no driver, `@sparticuz/chromium`.
import { readFileSync } from "node:fs";

const manifest = new URL("node_modules/wgsl-diffusion/package.json", import.meta.url);
const { exports } = JSON.parse(readFileSync(manifest, "utf8"));
for (const door of Object.keys(exports)) {
  if (door.endsWith(".json")) continue;
  const names = Object.keys(await import(`wgsl-diffusion${door.slice(1)}`));
  if (names.length === 0 && door !== "./element") throw new Error(`${door} exports nothing`);
}
const { DiffusionModel, nodeGpu, parseUNetConfig, sample } = await import("wgsl-diffusion/node");
const gpu = await nodeGpu();
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
const model = await DiffusionModel.create(gpu, parseUNetConfig(config), { seed: 0 });
for await (const frame of sample(model, { count: 2, steps: 2, sampler: "ddim", seed: 1 })) {
  if (frame.step < frame.of) continue;
  const images = await frame.images();
  if (!images.every(Number.isFinite)) throw new Error("numbers that are none");
  console.log(`${Object.keys(exports).length - 1} doors; done: ${images.length} pixels`);
}
process.exit(0); // Dawn would hold the process
