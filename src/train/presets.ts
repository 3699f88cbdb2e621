// What `train` does when it is told nothing: a network and its training that suit the adapter.
//
// On a software adapter the budget is four minutes of a small processor; on a GPU the same minutes
// train a larger network on the images as they are.
import type { Target } from "../device/gpu.ts";
import { parseUNetConfig, type UNetConfig } from "../formats/unet_config.ts";
import type { HyperParameters } from "./hyper_parameters.ts";

export interface Preset {
  config: UNetConfig;
  scheduler: Record<string, unknown>;
  steps: number;
  hyperParameters: Partial<HyperParameters>;
  /** steps of the sampler for the sample grid */
  samplerSteps: number;
}

const SCHEDULER = {
  _class_name: "DDPMScheduler",
  num_train_timesteps: 1000,
  beta_schedule: "squaredcos_cap_v2",
  beta_start: 1e-4,
  beta_end: 0.02,
  prediction_type: "epsilon",
  variance_type: "fixed_small",
  clip_sample: true,
};

/** Fashion-MNIST at 16 × 16 in minutes on two processor cores. */
const SMALL: Preset = {
  config: parseUNetConfig({
    sample_size: 16,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [16, 32],
    down_block_types: ["DownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 8,
    attention_head_dim: null,
  }),
  scheduler: SCHEDULER,
  steps: 1200,
  hyperParameters: {
    batch: 8,
    learningRate: 3e-3,
    warmup: 50,
    decay: "cosine",
    ema: 0.995,
  },
  samplerSteps: 100,
};

/** Fashion-MNIST at 32 × 32 with attention, for a GPU. */
const LARGE: Preset = {
  config: parseUNetConfig({
    sample_size: 32,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [64, 128, 128],
    down_block_types: ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
    layers_per_block: 2,
    norm_num_groups: 32,
    attention_head_dim: null,
  }),
  scheduler: SCHEDULER,
  steps: 4000,
  hyperParameters: {
    batch: 64,
    learningRate: 4e-4,
    warmup: 200,
    decay: "cosine",
    ema: 0.999,
  },
  samplerSteps: 250,
};

/** The preset for an adapter. */
export const presetFor = ({ software }: Pick<Target, "software">): Preset =>
  software ? SMALL : LARGE;
