// Configs of U-Nets that run in milliseconds.
import { parseUNetConfig, type UNetConfig } from "../../src/formats/unet_config.ts";

/** The config.json of one with two levels, and attention in its middle. */
export const TINY_UNET = {
  name: "tiny.json",
  text: JSON.stringify({
    _class_name: "UNet2DModel",
    sample_size: 8,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [8, 8],
    down_block_types: ["DownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 4,
    attention_head_dim: 4,
  }),
};

/** One level of convolutions alone, 4 × 4 pixels of one channel, with changes. */
export const oneLevel = (changes: Partial<Record<keyof UNetConfig, unknown>> = {}): UNetConfig =>
  parseUNetConfig({
    sample_size: 4,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [8],
    down_block_types: ["DownBlock2D"],
    up_block_types: ["UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 4,
    add_attention: false,
    ...changes,
  });
