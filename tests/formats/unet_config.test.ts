// UNet2DModel's config: diffusers' defaults for what is absent, an error for what cannot be built.
import { describe, expect, test } from "vitest";
import { DiffusionError, FileError, OptionError, ShapeError } from "../../src/core/errors.ts";
import { parseJsonObject } from "../../src/formats/json.ts";
import {
  parseUNetConfig,
  requireImageSize,
  unetConfigJson,
} from "../../src/formats/unet_config.ts";

/** Two levels of 8 and 16 channels, one with attention. */
const SMALL = {
  block_out_channels: [8, 16],
  down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
  norm_num_groups: 4,
};

/** google/ddpm-cifar10-32, config.json. */
const CIFAR =
  '{"_class_name":"UNet2DModel","_diffusers_version":"0.0.4","act_fn":"silu",' +
  '"attention_head_dim":null,"block_out_channels":[128,256,256,256],' +
  '"center_input_sample":false,"down_block_types":["DownBlock2D","AttnDownBlock2D","DownBlock2D",' +
  '"DownBlock2D"],"downsample_padding":0,"flip_sin_to_cos":false,"freq_shift":1,"in_channels":3,' +
  '"layers_per_block":2,"mid_block_scale_factor":1,"norm_eps":1e-06,"norm_num_groups":32,' +
  '"out_channels":3,"sample_size":32,"time_embedding_type":"positional",' +
  '"up_block_types":["UpBlock2D","UpBlock2D","AttnUpBlock2D","UpBlock2D"]}';

describe("parseUNetConfig fills in diffusers' defaults", () => {
  test("an empty config is the constructor's", () => {
    expect(parseUNetConfig({})).toEqual({
      sample_size: null,
      in_channels: 3,
      out_channels: 3,
      center_input_sample: false,
      time_embedding_type: "positional",
      time_embedding_dim: null,
      freq_shift: 0,
      flip_sin_to_cos: true,
      down_block_types: ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
      mid_block_type: "UNetMidBlock2D",
      up_block_types: ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
      block_out_channels: [224, 448, 672, 896],
      layers_per_block: 2,
      mid_block_scale_factor: 1,
      downsample_padding: 1,
      downsample_type: "conv",
      upsample_type: "conv",
      dropout: 0,
      act_fn: "silu",
      attention_head_dim: 8,
      norm_num_groups: 32,
      attn_norm_num_groups: null,
      norm_eps: 1e-5,
      resnet_time_scale_shift: "default",
      add_attention: true,
      class_embed_type: null,
      num_class_embeds: null,
      num_train_timesteps: null,
    });
  });

  test("google/ddpm-cifar10-32: what it says stays, what it lacks is filled in", () => {
    const config = parseUNetConfig(parseJsonObject(CIFAR, "config.json"), "config.json");
    expect(config).toMatchObject({
      attention_head_dim: null,
      block_out_channels: [128, 256, 256, 256],
      downsample_padding: 0,
      freq_shift: 1,
      norm_eps: 1e-6,
      mid_block_type: "UNetMidBlock2D",
      resnet_time_scale_shift: "default",
    });
  });

  test("attention_head_dim: absent is 8, null is one head of all channels", () => {
    expect(parseUNetConfig(SMALL).attention_head_dim).toBe(8);
    expect(parseUNetConfig({ ...SMALL, attention_head_dim: null }).attention_head_dim).toBeNull();
  });

  test("config → JSON → config is the identity", () => {
    const config = parseUNetConfig({
      ...SMALL,
      sample_size: [12, 20],
      mid_block_type: null,
      time_embedding_type: "learned",
      num_train_timesteps: 100,
      class_embed_type: "timestep",
      act_fn: "mish",
    });
    const json = unetConfigJson(config);
    expect(json).toMatchObject({ _class_name: "UNet2DModel", _diffusers_version: "0.42.1" });
    expect(parseUNetConfig(JSON.parse(JSON.stringify(json)))).toEqual(config);
  });

  test("notes are passed over, names of the first releases understood, the given object kept", () => {
    const json = {
      ...SMALL,
      _name_or_path: "x",
      down_block_types: ["UNetResDownBlock2D", "UNetResAttnDownBlock2D"],
      act_fn: "SiLU",
      dropout: undefined,
    };
    const before = structuredClone(json);
    const config = parseUNetConfig(json);
    expect(config.down_block_types).toEqual(["DownBlock2D", "AttnDownBlock2D"]);
    expect(config.act_fn).toBe("silu");
    expect(config.dropout).toBe(0);
    expect(json).toEqual(before);
  });
});

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

describe("parseUNetConfig refuses values of a wrong kind, saying what they may be", () => {
  test.each<[string, unknown, RegExp]>([
    [
      "layers_per_block",
      0,
      /layers_per_block must be an integer in 1 … 256, got 0\. diffusers' def/,
    ],
    ["layers_per_block", -1, /got -1/],
    ["layers_per_block", 1.5, /got 1\.5/],
    ["layers_per_block", Number.NaN, /got NaN/],
    ["layers_per_block", "2", /got "2"/],
    ["layers_per_block", null, /got null/],
    ["layers_per_block", cyclic, /got an object that is no JSON/],
    ["in_channels", 1e9, /in_channels must be an integer in 1 … 65536, got 1000000000/],
    ["norm_num_groups", 0, /norm_num_groups must be a positive integer, got 0/],
    ["center_input_sample", "no", /must be true or false, got "no"/],
    ["dropout", 1, /dropout must be a probability in \[0, 1\), got 1/],
    ["dropout", -0.1, /got -0\.1/],
    ["norm_eps", 0, /norm_eps must be a positive number, got 0/],
    ["norm_eps", "1e-5", /got "1e-5"/],
    ["mid_block_scale_factor", 0, /must be a positive number/],
    ["downsample_padding", 2, /downsample_padding must be 0 or 1, got 2/],
    ["act_fn", "tanh", /act_fn must be one of silu, swish, mish, gelu, relu, got "tanh"/],
    ["act_fn", "__proto__", /act_fn must be one of/],
    ["resnet_time_scale_shift", "spatial", /must be one of default, scale_shift, got "spatial"/],
    ["time_embedding_type", "rotary", /must be one of positional, fourier, learned/],
    ["class_embed_type", "projection", /must be one of timestep, identity, or null/],
    ["mid_block_type", "UNetMidBlock2DCrossAttn", /must be one of UNetMidBlock2D, or null/],
    ["downsample_type", null, /must be one of conv, resnet, got null/],
    ["sample_size", 0, /sample_size must be a positive integer, \[height, width\], or null, got 0/],
    ["sample_size", [16], /got \[16\]/],
    ["sample_size", [16, 16, 16], /got \[16,16,16\]/],
    ["block_out_channels", [], /block_out_channels must be a list of 1 … 16, .* got \[\]/],
    ["block_out_channels", [8, 0], /each an integer in 1 … 65536, got \[8,0\]/],
    ["block_out_channels", 8, /must be a list/],
    [
      "down_block_types",
      ["DownBlock2D", "CrossAttnDownBlock2D"],
      /down_block_types\[1\] must be .*, got CrossAttnDownBlock2D, which would need cross-attention/,
    ],
    [
      "up_block_types",
      ["SkipUpBlock2D", "UpBlock2D"],
      /up_block_types\[0\] must be .*, got SkipUpBlock2D, which would need resampling by a FIR/,
    ],
    [
      "up_block_types",
      ["UpBlock3D", "UpBlock2D"],
      /each one of UpBlock2D, AttnUpBlock2D, ResnetUpsampleBlock2D, got \["UpBlock3D"/,
    ],
  ])("%s: %o", (key, value, message) => {
    const error = failureOf({ ...SMALL, [key]: value });
    expect(error).toBeInstanceOf(OptionError);
    expect(error.code).toBe("option/unet");
    expect(error.message).toMatch(message);
  });
});

describe("parseUNetConfig refuses keys it does not know", () => {
  test.each([
    ["layer_per_block", 'no key "layer_per_block". Did you mean "layers_per_block"?'],
    ["blockOutChannels", 'Did you mean "block_out_channels"?'],
    ["cross_attention_dim", "Known keys: sample_size, in_channels,"],
    ["toString", 'no key "toString". Known keys'],
    ["constructor", 'no key "constructor"'],
  ])("%s", (key, message) => {
    const error = failureOf({ ...SMALL, [key]: 1 });
    expect(error).toBeInstanceOf(OptionError);
    expect(error.code).toBe("option/unknown-key");
    expect(error.message).toContain(message);
  });

  test("__proto__ is a note like any key with _, and nothing is inherited from it", () => {
    const json = parseJsonObject('{"__proto__":{"dropout":0.5,"x":1}}', "f");
    expect(parseUNetConfig(json).dropout).toBe(0);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("another class of model", () => {
    const error = failureOf({ _class_name: "UNet2DConditionModel" });
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toContain('must be a UNet2DModel, got "UNet2DConditionModel"');
  });
});

describe("parseUNetConfig refuses sizes that do not fit together", () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      "shape/groups",
      { ...SMALL, block_out_channels: [32, 48], norm_num_groups: 32 },
      "UNet2DModel: norm_num_groups must divide every block's channels, got 32 and 48. " +
        "Divisors of 48: 1, 2, 3, 4, 6, 8, 12, 16, 24, 48.",
    ],
    [
      "shape/groups",
      { ...SMALL, attn_norm_num_groups: 5 },
      "attn_norm_num_groups must divide the last block's channels, got 5 and 16.",
    ],
    [
      "shape/heads",
      { ...SMALL, attention_head_dim: 32 },
      "at most the channels of each block with attention, got 32 and 16. Make it smaller, or null",
    ],
    [
      "shape/levels",
      { ...SMALL, block_out_channels: [8, 16, 16] },
      "down_block_types must be as many as block_out_channels, got 2 and 3 [8, 16, 16].",
    ],
    [
      "shape/levels",
      { ...SMALL, up_block_types: ["UpBlock2D"] },
      "up_block_types must be as many as block_out_channels, got 1 and 2",
    ],
    [
      "shape/image",
      { ...SMALL, sample_size: 15 },
      "2 levels need images whose sides 2 divides, got 15 × 15. Use 16 × 16, or fewer levels.",
    ],
    ["shape/image", { ...SMALL, sample_size: [16, 9] }, "got 16 × 9. Use 16 × 10"],
    ["option/unet", { ...SMALL, freq_shift: 4 }, "freq_shift must be below 4, got 4."],
    [
      "option/unet",
      {
        ...SMALL,
        block_out_channels: [3, 6],
        norm_num_groups: 3,
        attention_head_dim: null,
        freq_shift: 1,
      },
      "freq_shift must be below 1, got 1.",
    ],
    [
      "option/unet",
      { ...SMALL, time_embedding_type: "learned" },
      "time_embedding_type learned needs num_train_timesteps, got null.",
    ],
  ])("%s %#", (code, json, message) => {
    const error = failureOf(json);
    expect(error).toBeInstanceOf(code.startsWith("shape") ? ShapeError : OptionError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test("heads and own groups are not asked of blocks without attention", () => {
    const plain = {
      ...SMALL,
      down_block_types: ["DownBlock2D", "ResnetDownsampleBlock2D"],
      up_block_types: ["ResnetUpsampleBlock2D", "UpBlock2D"],
      attention_head_dim: 32,
      attn_norm_num_groups: 5,
    };
    expect(failureOf(plain).code).toBe("shape/groups"); // of the middle's attention
    expect(parseUNetConfig({ ...plain, add_attention: false }).attention_head_dim).toBe(32);
    expect(parseUNetConfig({ ...plain, mid_block_type: null }).mid_block_type).toBeNull();
  });

  test("requireImageSize: 3 levels take 12 × 20, not 10 × 20 or 0 × 4", () => {
    const config = parseUNetConfig({
      ...SMALL,
      block_out_channels: [8, 8, 8],
      down_block_types: ["DownBlock2D", "DownBlock2D", "DownBlock2D"],
      up_block_types: ["UpBlock2D", "UpBlock2D", "UpBlock2D"],
    });
    expect(() => requireImageSize(config, { height: 12, width: 20 })).not.toThrow();
    expect(() => requireImageSize(config, { height: 10, width: 20 })).toThrow(
      "got 10 × 20. Use 12 ×",
    );
    expect(() => requireImageSize(config, { height: 0, width: 4 })).toThrow("got 0 × 4. Use 4 × 4");
  });
});

function failureOf(json: Record<string, unknown>): DiffusionError {
  try {
    parseUNetConfig(json);
  } catch (error) {
    if (error instanceof DiffusionError) return error;
    throw error;
  }
  throw new Error("the config was accepted");
}
