// The configuration of a U-Net: diffusers' UNet2DModel, key by key, in its own names.
//
// What a config.json means in Python it means here: absent keys take the constructor's defaults. A
// config that was parsed can be built: types, names and how sizes fit together have been checked.
// Single keys are in unet_config_fields.ts, rules between keys in unet_config_rules.ts.
import { FileError, OptionError } from "../core/errors.ts";
import { type JsonObject, showValue } from "./json.ts";
import { nearestName } from "./spelling.ts";
import { FIELDS, type Field } from "./unet_config_fields.ts";
import { requireBuildable } from "./unet_config_rules.ts";
import { refuseUnsupportedBlocks } from "./unsupported_blocks.ts";

export { requireImageSize } from "./unet_config_rules.ts";

export type DownBlockType = "DownBlock2D" | "AttnDownBlock2D" | "ResnetDownsampleBlock2D";
export type UpBlockType = "UpBlock2D" | "AttnUpBlock2D" | "ResnetUpsampleBlock2D";

/** diffusers 0.42, `UNet2DModel.__init__`; C0 is the first of block_out_channels. */
export interface UNetConfig {
  /** of the images: one side, or [height, width]; null: any that the levels divide */
  sample_size: number | readonly [height: number, width: number] | null;
  in_channels: number;
  out_channels: number;
  /** x → 2x − 1 before the first convolution */
  center_input_sample: boolean;
  time_embedding_type: "positional" | "fourier" | "learned";
  /** width of the time embedding; null: 4 · C0 */
  time_embedding_dim: number | null;
  /** frequencies are 10000^(−i / (⌊C0/2⌋ − freq_shift)); an odd C0 gets one 0 more */
  freq_shift: number;
  /** [cos, sin] instead of [sin, cos] */
  flip_sin_to_cos: boolean;
  down_block_types: readonly DownBlockType[];
  /** null: no blocks between the way down and the way up */
  mid_block_type: "UNetMidBlock2D" | null;
  up_block_types: readonly UpBlockType[];
  /** channels of each level, the finest first */
  block_out_channels: readonly number[];
  /** residual blocks a level on the way down; one more on the way up */
  layers_per_block: number;
  /** what the middle's residual blocks and attention are divided by */
  mid_block_scale_factor: number;
  /** 0: below and to the right only; 1: all round */
  downsample_padding: number;
  /** of the attention blocks; the others always convolve */
  downsample_type: "conv" | "resnet";
  upsample_type: "conv" | "resnet";
  /** probability, 0 ≤ dropout < 1 */
  dropout: number;
  act_fn: "silu" | "swish" | "mish" | "gelu" | "relu";
  /** channels of a head; null: one head of all channels */
  attention_head_dim: number | null;
  norm_num_groups: number;
  /** groups of the middle's attention; null: norm_num_groups, or no norm with "scale_shift" */
  attn_norm_num_groups: number | null;
  norm_eps: number;
  resnet_time_scale_shift: "default" | "scale_shift";
  /** attention in the middle */
  add_attention: boolean;
  /** null with num_class_embeds: a learned table; "timestep", "identity": num_class_embeds is unused */
  class_embed_type: "timestep" | "identity" | null;
  num_class_embeds: number | null;
  /** rows of the learned time embedding's table; unused by the others */
  num_train_timesteps: number | null;
}

const CLASS_NAME = "UNet2DModel";
/** Whose keys these are. */
export const DIFFUSERS_VERSION = "0.42.1";
const KEYS = Object.keys(FIELDS);

/**
 * The config of a `config.json`, checked, with diffusers' defaults for absent keys.
 *
 * Keys that begin with "_" are notes: only `_class_name` is looked at.
 *
 * @param json  the parsed file; not changed
 * @param name  of the file, for the errors
 * @throws FileError for another class of model; OptionError for unknown keys, and values of a wrong
 *         kind; ShapeError for sizes that cannot be built
 */
export function parseUNetConfig(json: JsonObject, name = CLASS_NAME): UNetConfig {
  requireClass(json, name);
  for (const key of Object.keys(json)) {
    if (!key.startsWith("_") && !Object.hasOwn(FIELDS, key)) throw unknownKey(key, name);
  }
  refuseUnsupportedBlocks(json, name);
  const values = Object.entries<Field<unknown>>(FIELDS).map(([key, field]) => {
    const value = Object.hasOwn(json, key) ? json[key] : undefined;
    return [key, value === undefined ? field.fallback : readField(key, field, { value, name })];
  });
  const config: UNetConfig = Object.fromEntries(values); // FIELDS has each key, and its type
  requireBuildable(config, name);
  return config;
}

/** The object of a `config.json` that parses to this config, here and in diffusers. */
export function unetConfigJson(config: UNetConfig): JsonObject {
  return { _class_name: CLASS_NAME, _diffusers_version: DIFFUSERS_VERSION, ...config };
}

function readField(
  key: string,
  field: Field<unknown>,
  { value, name }: { value: unknown; name: string },
): unknown {
  const read = field.read(value);
  if (read !== undefined) return read;
  const message = `${name}: ${key} must be ${field.rule}, got ${showValue(value)}.`;
  const usual = `diffusers' default is ${showValue(field.fallback)}.`;
  throw new OptionError("option/unet", message, usual);
}

function requireClass(json: JsonObject, name: string): void {
  const className = Object.hasOwn(json, "_class_name") ? json._class_name : CLASS_NAME;
  if (className === CLASS_NAME) return;
  throw new FileError(
    "file/model-class",
    `${name}: the model must be a ${CLASS_NAME}, got ${showValue(className)}.`,
    "Other networks of diffusers cannot be loaded.",
  );
}

function unknownKey(key: string, name: string): OptionError {
  const nearest = nearestName(key, KEYS);
  const hint = nearest ? `Did you mean "${nearest}"?` : `Known keys: ${KEYS.join(", ")}.`;
  const message = `${name}: ${CLASS_NAME} has no key ${showValue(key)}.`;
  return new OptionError("option/unknown-key", message, hint);
}

/** Height and width of the images; undefined where any size is taken. */
export function sidesOf({
  sample_size,
}: Pick<UNetConfig, "sample_size">): readonly [height: number, width: number] | undefined {
  return typeof sample_size === "number" ? [sample_size, sample_size] : (sample_size ?? undefined);
}
