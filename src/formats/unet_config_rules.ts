// Rules between the keys of a U-Net's config: whether a network can be built of it, on which images.
//
// Each rule is one that diffusers or PyTorch would break on, later and with less to say.
import { OptionError, ShapeError } from "../core/errors.ts";
import { groupsError, showShape } from "../core/shape.ts";
import type { UNetConfig } from "./unet_config.ts";

/** @throws ShapeError for sizes that do not fit together, OptionError for keys that do not */
export function requireBuildable(config: UNetConfig, name: string): void {
  requireLevels(config, name);
  requireGroups(config, name);
  requireHeads(config, name);
  requireTimeEmbedding(config, name);
  const { sample_size: size } = config;
  if (size === null) return;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  requireImageSize(config, { height, width }, name);
}

/**
 * Each level but the last halves the image, and the way up doubles it again.
 *
 * @throws ShapeError unless 2^(levels − 1) divides height and width
 */
export function requireImageSize(
  config: UNetConfig,
  { height, width }: { height: number; width: number },
  name = "UNet2DModel",
): void {
  const levels = config.block_out_channels.length;
  const unit = 2 ** (levels - 1);
  if (height >= 1 && width >= 1 && height % unit === 0 && width % unit === 0) return;
  const nearest = [height, width].map((side) => Math.max(1, Math.round(side / unit)) * unit);
  throw new ShapeError(
    "shape/image",
    `${name}: ${levels} levels need images whose sides ${unit} divides, got ${height} × ${width}.`,
    `Use ${nearest.join(" × ")}, or fewer levels.`,
  );
}

function requireLevels(config: UNetConfig, name: string): void {
  const channels = config.block_out_channels;
  for (const key of ["down_block_types", "up_block_types"] as const) {
    if (config[key].length === channels.length) continue;
    throw new ShapeError(
      "shape/levels",
      `${name}: ${key} must be as many as block_out_channels, got ${config[key].length} and ` +
        `${channels.length} ${showShape(channels)}.`,
      "Give one block type a level.",
    );
  }
}

function requireGroups(config: UNetConfig, name: string): void {
  const { norm_num_groups: groups, attn_norm_num_groups: ownGroups } = config;
  const channels = config.block_out_channels;
  const wrong = channels.find((C) => C % groups !== 0);
  if (wrong !== undefined) {
    const rule = "norm_num_groups must divide every block's channels";
    throw groupsError(`${name}: ${rule}, got ${groups} and ${wrong}.`, wrong);
  }
  const last = channels[channels.length - 1] ?? 0;
  if (!hasMidAttention(config) || ownGroups === null || last % ownGroups === 0) return;
  const rule = "attn_norm_num_groups must divide the last block's channels";
  throw groupsError(`${name}: ${rule}, got ${ownGroups} and ${last}.`, last);
}

const hasMidAttention = ({ mid_block_type, add_attention }: UNetConfig): boolean =>
  mid_block_type !== null && add_attention;

/** Heads are ⌊C / attention_head_dim⌋: there must be one. */
function requireHeads(config: UNetConfig, name: string): void {
  const { attention_head_dim: headDim, block_out_channels: channels } = config;
  if (headDim === null) return;
  const levels = channels.length;
  const attends = channels.map(
    (_, i) =>
      config.down_block_types[i] === "AttnDownBlock2D" ||
      config.up_block_types[levels - 1 - i] === "AttnUpBlock2D" ||
      (i === levels - 1 && hasMidAttention(config)),
  );
  const narrow = channels.find((C, i) => attends[i] && C < headDim);
  if (narrow === undefined) return;
  throw new ShapeError(
    "shape/heads",
    `${name}: attention_head_dim must be at most the channels of each block with attention, ` +
      `got ${headDim} and ${narrow}.`,
    "Make it smaller, or null for one head of all channels.",
  );
}

function requireTimeEmbedding(config: UNetConfig, name: string): void {
  const channels = config.block_out_channels[0] ?? 0;
  const { time_embedding_type: type, freq_shift: shift } = config;
  if (type === "learned" && config.num_train_timesteps === null) {
    const message = `${name}: time_embedding_type learned needs num_train_timesteps, got null.`;
    throw new OptionError("option/unet", message, "1000 is usual.");
  }
  const half = Math.floor(channels / 2);
  if (type !== "positional" || half === 0 || shift < half) return;
  const message = `${name}: freq_shift must be below ${half}, got ${shift}.`;
  throw new OptionError("option/unet", message, "0 and 1 are usual.");
}
