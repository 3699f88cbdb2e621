// The keys of a U-Net's config, each with its default and what it may be.
//
// Defaults are those of diffusers 0.42, `UNet2DModel.__init__`: an old config.json without a key
// means that. How keys fit together is not looked at here.
import type { DownBlockType, UNetConfig, UpBlockType } from "./unet_config.ts";

export interface Field<T> {
  /** of an absent key */
  fallback: T;
  /** what the value may be, after "must be" */
  rule: string;
  /** the value, or undefined where it is not allowed */
  read: (value: unknown) => T | undefined;
}

type Fields = { [Key in keyof UNetConfig]: Field<UNetConfig[Key]> };

// Far beyond any U-Net in use: what lies above is a mistake, and would fail later for memory.
const MOST_LEVELS = 16;
const MOST_CHANNELS = 65_536;

const count = (fallback: number, most = Number.MAX_SAFE_INTEGER): Field<number> => ({
  fallback,
  rule: most < Number.MAX_SAFE_INTEGER ? `an integer in 1 … ${most}` : "a positive integer",
  read: (value) => (isCount(value) && value <= most ? value : undefined),
});

const flag = (fallback: boolean): Field<boolean> => ({
  fallback,
  rule: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined),
});

const number = (
  fallback: number,
  rule: string,
  isAllowed: (value: number) => boolean,
): Field<number> => ({
  fallback,
  rule,
  read: (value) => (Number.isFinite(value) && isAllowed(Number(value)) ? Number(value) : undefined),
});

/** One of the names; the first is the default. */
const oneOf = <Name extends string>(...names: [Name, ...Name[]]): Field<Name> => ({
  fallback: names[0],
  rule: `one of ${names.join(", ")}`,
  read: (value) => names.find((name) => name === value),
});

const orNull = <T>(field: Field<T>, fallback: T | null = null): Field<T | null> => ({
  fallback,
  rule: `${field.rule}, or null`,
  read: (value) => (value === null ? null : field.read(value)),
});

const list = <T>(field: Field<T>, ...fallback: T[]): Field<readonly T[]> => ({
  fallback,
  rule: `a list of 1 … ${MOST_LEVELS}, each ${field.rule}`,
  read: (value) => {
    if (!Array.isArray(value) || value.length < 1 || value.length > MOST_LEVELS) return undefined;
    const items: (T | undefined)[] = value.map(field.read);
    return items.every((item) => item !== undefined) ? items : undefined;
  },
});

/** A block's name; that of the first releases, "UNetResDownBlock2D", means "DownBlock2D". */
const block = <Name extends string>(...names: [Name, ...Name[]]): Field<Name> => {
  const known = oneOf(...names);
  const read = (value: unknown) =>
    known.read(typeof value === "string" ? value.replace(/^UNetRes/, "") : value);
  return { ...known, read };
};

const sampleSize: Field<UNetConfig["sample_size"]> = {
  fallback: null,
  rule: "a positive integer, [height, width], or null",
  read: (value) => {
    if (value === null || isCount(value)) return value;
    const [height, width, ...more]: unknown[] = Array.isArray(value) ? value : [];
    return isCount(height) && isCount(width) && more.length === 0 ? [height, width] : undefined;
  },
};

const activation = oneOf("silu", "swish", "mish", "gelu", "relu");
const downBlock = block<DownBlockType>("DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D");
const upBlock = block<UpBlockType>("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D");
const [down, attnDown] = ["DownBlock2D", "AttnDownBlock2D"] as const;
const [up, attnUp] = ["UpBlock2D", "AttnUpBlock2D"] as const;

export const FIELDS: Fields = {
  sample_size: sampleSize,
  in_channels: count(3, MOST_CHANNELS),
  out_channels: count(3, MOST_CHANNELS),
  center_input_sample: flag(false),
  time_embedding_type: oneOf("positional", "fourier", "learned"),
  time_embedding_dim: orNull(count(4, MOST_CHANNELS)),
  freq_shift: number(0, "a number", () => true),
  flip_sin_to_cos: flag(true),
  down_block_types: list(downBlock, down, attnDown, attnDown, attnDown),
  mid_block_type: orNull(oneOf("UNetMidBlock2D"), "UNetMidBlock2D"),
  up_block_types: list(upBlock, attnUp, attnUp, attnUp, up),
  block_out_channels: list(count(1, MOST_CHANNELS), 224, 448, 672, 896),
  layers_per_block: count(2, 256),
  mid_block_scale_factor: number(1, "a positive number", (value) => value > 0),
  downsample_padding: number(1, "0 or 1", (value) => value === 0 || value === 1),
  downsample_type: oneOf("conv", "resnet"),
  upsample_type: oneOf("conv", "resnet"),
  dropout: number(0, "a probability in [0, 1)", (value) => value >= 0 && value < 1),
  act_fn: {
    ...activation,
    read: (value) => activation.read(typeof value === "string" ? value.toLowerCase() : value),
  },
  attention_head_dim: orNull(count(8), 8),
  norm_num_groups: count(32),
  attn_norm_num_groups: orNull(count(32)),
  norm_eps: number(1e-5, "a positive number", (value) => value > 0),
  resnet_time_scale_shift: oneOf("default", "scale_shift"),
  add_attention: flag(true),
  class_embed_type: orNull(oneOf("timestep", "identity")),
  num_class_embeds: orNull(count(1, 1_000_000)),
  num_train_timesteps: orNull(count(1000, 1_000_000)),
};

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
