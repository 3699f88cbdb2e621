// What a page does with the package: a sample on its own device, the same in a worker, an element. The
// title tells the outcome.
import { DiffusionModel, Gpu, parseUNetConfig, sample } from "wgsl-diffusion";
import "wgsl-diffusion/element";

const CONFIG = {
  sample_size: 8,
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [8],
  down_block_types: ["DownBlock2D"],
  up_block_types: ["UpBlock2D"],
  layers_per_block: 1,
  norm_num_groups: 4,
};
const ASKED = { count: 2, steps: 2, sampler: "ddim", seed: 1 };

async function lastOf(frames) {
  for await (const frame of frames) if (frame.step === frame.of) return frame.images();
  throw new Error("no frames");
}

async function run(connect) {
  const gpu = await Gpu.open();
  const model = await DiffusionModel.create(gpu, parseUNetConfig(CONFIG), { seed: 0 });
  const here = await lastOf(sample(model, ASKED));

  const client = connect();
  const { isSoftware } = await client.open({ selfTest: false });
  const remote = await client.create(parseUNetConfig(CONFIG), { seed: 0 });
  const there = await lastOf(client.sample(remote, ASKED));
  if (!there.every((value, i) => value === here[i])) throw new Error("the worker's images differ");
  const archive = await client.load(await remote.files());
  if (archive.parameters !== remote.parameters) throw new Error("the files hold another model");
  client.dispose();

  const element = document.createElement("diffusion-canvas");
  const failed = new Promise((resolve) => element.addEventListener("error", resolve));
  element.src = "no/model/here";
  element.autoplay = true;
  document.body.append(element);
  const { error } = (await failed).detail;
  if (error.code !== "file/missing") throw error;
  return `done: ${here.length} pixels, as in the worker (software: ${isSoftware}); the element is defined`;
}

/** @param connect  makes the worker's client */
export function tell(connect) {
  run(connect).then(
    (outcome) => {
      document.title = outcome;
    },
    (error) => {
      document.title = `failed: ${error}`;
    },
  );
}
