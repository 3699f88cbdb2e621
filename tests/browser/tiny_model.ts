// A class-conditional model of chance, where a page's test needs one that is quick.
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { saveModel } from "../../src/nn/save_model.ts";
import { testGpu } from "../support/gpu.ts";

/** Its files, by name: ten classes of 28 × 28, as the site's own. */
export async function tinyModel(): Promise<Map<string, Uint8Array>> {
  const config = parseUNetConfig({
    ...{ sample_size: 28, in_channels: 1, out_channels: 1, num_class_embeds: 11 },
    ...{ block_out_channels: [8], norm_num_groups: 4, layers_per_block: 1 },
    ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"], add_attention: false },
  });
  const scheduler = { _class_name: "DDIMScheduler", num_train_timesteps: 1000 };
  const model = await DiffusionModel.create(await testGpu(), config, { seed: 1, scheduler });
  try {
    return await saveModel(model);
  } finally {
    model.dispose();
  }
}
