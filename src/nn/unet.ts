// The U-Net: diffusers' UNet2DModel, option by option and name by name.
//
// unet() records one evaluation. The first time, it also declares every parameter in `weights`.

import { Forward } from "../autograd/forward.ts";
import { activationRule } from "../autograd/rules/activation.ts";
import { narrowRule, widenRule } from "../autograd/rules/cast.ts";
import { concatRule } from "../autograd/rules/concat.ts";
import { addRule, affineRule, scaleRowsRule } from "../autograd/rules/elementwise.ts";
import { embeddingRule } from "../autograd/rules/embedding.ts";
import type { Shape } from "../core/shape.ts";
import { requireImageSize, type UNetConfig } from "../formats/unet_config.ts";
import { Graph } from "../graph/graph.ts";
import type { Dtype, Tensor } from "../graph/tensor.ts";
import type { ActivationName } from "../kernels/activation.ts";
import { attentionBlock } from "./attention_block.ts";
import { type ColumnsOf, conv, groupNorm, linear, type Network, sharedLinear } from "./layers.ts";
import { type BlockStyle, type ResnetOptions, resnetBlock } from "./resnet_block.ts";
import { fourierFrequencies, timeFeatureCount } from "./time_features.ts";
import { Weights } from "./weights.ts";

export interface UNetInputs {
  /** [N, in_channels, H, W] */
  sample: Tensor;
  /** rows of `timeFeatures`, [N, features]; with learned time embeddings u32 timesteps [N] */
  time: Tensor;
  /**
   * Where the network is class-conditional: u32 [N]; with class_embed_type "timestep" what `time`
   * is, with "identity" embeddings [N, 4 C_0]
   */
  classLabels?: Tensor | undefined;
  /** 1 / t a row, [N], for Fourier time embeddings */
  inverseTime?: Tensor | undefined;
}

interface Context extends Network {
  config: UNetConfig;
  style: BlockStyle;
  /** projections of the activated time embedding */
  times: ColumnsOf;
}

/**
 * Records one evaluation of the network.
 *
 * @returns [N, out_channels, H, W]
 * @throws ShapeError for an image that cannot be halved as often as the network has levels
 * @see diffusers' `UNet2DModel.forward`
 */
export function unet(network: Network, config: UNetConfig, inputs: UNetInputs): Tensor {
  const [, , height = 0, width = 0] = inputs.sample.shape;
  requireImageSize(config, { height, width });
  const { tape, half } = network;
  const style: BlockStyle = {
    groups: config.norm_num_groups,
    eps: config.norm_eps,
    activation: activationName(config.act_fn),
    scaleShift: config.resnet_time_scale_shift === "scale_shift",
  };
  const times = sharedLinear(network, timeEmbedding(network, config, inputs), "time_emb_proj");
  const context: Context = { ...network, config, style, times };

  const sample = config.center_input_sample
    ? tape.apply(affineRule, { x: inputs.sample }, { a: 2, b: -1 })
    : inputs.sample;
  const map = half ? tape.apply(narrowRule, { x: sample }, {}) : sample;
  const first = conv(network, map, { name: "conv_in", out: config.block_out_channels[0]! });
  const skips = [first];
  let h = downPath(context, first, skips);
  if (config.mid_block_type !== null) h = midBlock(context, h);
  h = upPath(context, h, skips);

  const { groups, eps } = style;
  h = groupNorm(network, h, { name: "conv_norm_out", groups, eps, activation: "silu" });
  h = conv(network, h, { name: "conv_out", out: config.out_channels });
  const output = half ? tape.apply(widenRule, { x: h }, { scale: half.lossScale }) : h;
  if (config.time_embedding_type !== "fourier") return output;
  return tape.apply(scaleRowsRule, { x: output }, { factor: inputs.inverseTime! });
}

/** Every parameter of a configuration, declared but without a GPU. */
export function unetWeights(config: UNetConfig, label = "parameters"): Weights {
  const weights = new Weights(label);
  const scratch = new Graph();
  const [H, W] = smallestImage(config);
  const isLearned = config.time_embedding_type === "learned";
  unet({ tape: new Forward(scratch), weights }, config, {
    sample: scratch.alloc([1, config.in_channels, H, W], "sample"),
    time: isLearned
      ? scratch.alloc([1], "time", "u32")
      : scratch.alloc([1, timeFeatureCount(config)], "time"),
    classLabels: scratch.alloc(...labelTensor(config, 1)),
    inverseTime: scratch.alloc([1], "inverseTime"),
  });
  if (config.time_embedding_type === "fourier") {
    const values = fourierFrequencies(config.block_out_channels[0]!);
    weights.constants.set("time_proj.weight", { shape: [values.length], values });
  }
  return weights.place();
}

/** Channels of the time embedding. */
export const timeEmbeddingSize = ({ time_embedding_dim, block_out_channels }: UNetConfig): number =>
  time_embedding_dim ?? 4 * block_out_channels[0]!;

/** act(MLP(time) + class embedding), [N, 4 C_0]. */
function timeEmbedding(network: Network, config: UNetConfig, inputs: UNetInputs): Tensor {
  const { tape } = network;
  const out = timeEmbeddingSize(config);
  const features = learnedFeatures(network, config, inputs.time);
  const time = timeMlp(network, features, { name: "time_embedding", out });
  const labels = classEmbedding(network, config, { classLabels: inputs.classLabels, out });
  const temb = labels ? tape.apply(addRule, { a: time, b: labels }, {}) : time;
  return tape.apply(activationRule, { x: temb }, { name: activationName(config.act_fn) });
}

/** Rows of the learned table where there is one; else what was given, features already. */
function learnedFeatures({ tape, weights }: Network, config: UNetConfig, time: Tensor): Tensor {
  if (config.time_embedding_type !== "learned") return time;
  const shape = [config.num_train_timesteps!, config.block_out_channels[0]!];
  const table = weights.declare({ name: "time_proj.weight", shape, start: { normal: 1 } });
  return tape.apply(embeddingRule, { table }, { indices: time });
}

/** linear, SiLU, linear. */
function timeMlp(network: Network, x: Tensor, { name, out }: { name: string; out: number }) {
  const h = linear(network, x, `${name}.linear_1`, out);
  const activated = network.tape.apply(activationRule, { x: h }, { name: "silu" });
  return linear(network, activated, `${name}.linear_2`, out);
}

/** What is added to the time embedding, [N, out]; undefined where there are no classes. */
function classEmbedding(
  network: Network,
  config: UNetConfig,
  { classLabels, out }: { classLabels: Tensor | undefined; out: number },
): Tensor | undefined {
  if (config.class_embed_type === "identity") return classLabels;
  if (config.class_embed_type === "timestep") {
    const features = learnedFeatures(network, config, classLabels!);
    return timeMlp(network, features, { name: "class_embedding", out });
  }
  if (config.num_class_embeds === null) return undefined;
  const { tape, weights } = network;
  const shape = [config.num_class_embeds, out];
  const table = weights.declare({ name: "class_embedding.weight", shape, start: { normal: 1 } });
  return tape.apply(embeddingRule, { table }, { indices: classLabels! });
}

function downPath(context: Context, first: Tensor, skips: Tensor[]): Tensor {
  const { config } = context;
  let h = first;
  for (const [i, type] of config.down_block_types.entries()) {
    const out = config.block_out_channels[i]!;
    const name = `down_blocks.${i}`;
    for (let j = 0; j < config.layers_per_block; j++) {
      h = resnet(context, h, { name: `${name}.resnets.${j}`, out });
      if (type === "AttnDownBlock2D") h = attention(context, h, `${name}.attentions.${j}`);
      skips.push(h);
    }
    if (i === config.down_block_types.length - 1) continue;
    h = downsample(context, h, { type, name: `${name}.downsamplers.0` });
    skips.push(h);
  }
  return h;
}

function midBlock(context: Context, x: Tensor): Tensor {
  const { config, style } = context;
  const out = config.block_out_channels.at(-1)!;
  const scaleFactor = config.mid_block_scale_factor;
  const ownGroups = config.attn_norm_num_groups ?? undefined;
  let h = resnet(context, x, { name: "mid_block.resnets.0", out, scaleFactor });
  if (config.add_attention) {
    const input = h;
    const options = {
      name: "mid_block.attentions.0",
      headDim: config.attention_head_dim ?? out,
      groups: ownGroups ?? (style.scaleShift ? undefined : style.groups), // as diffusers
      eps: style.eps,
      scaleFactor,
    };
    h = context.tape.graph.within(options.name, () => attentionBlock(context, input, options));
  }
  return resnet(context, h, { name: "mid_block.resnets.1", out, scaleFactor });
}

function upPath(context: Context, bottom: Tensor, skips: Tensor[]): Tensor {
  const { config, tape } = context;
  const channels = [...config.block_out_channels].reverse();
  let h = bottom;
  for (const [i, type] of config.up_block_types.entries()) {
    const out = channels[i]!;
    const name = `up_blocks.${i}`;
    for (let j = 0; j <= config.layers_per_block; j++) {
      const skip = skips.pop()!;
      const inPlace = h.shape[1]! + skip.shape[1]! !== out; // else it is the block's residual
      h = tape.apply(concatRule, { a: h, b: skip }, { inPlace });
      h = resnet(context, h, { name: `${name}.resnets.${j}`, out });
      if (type === "AttnUpBlock2D") h = attention(context, h, `${name}.attentions.${j}`);
    }
    if (i < channels.length - 1) {
      h = upsample(context, h, { type, name: `${name}.upsamplers.0` });
    }
  }
  return h;
}

type Placed = Pick<ResnetOptions, "name" | "out" | "scaleFactor" | "resample">;

const resnet = (context: Context, x: Tensor, placed: Placed): Tensor =>
  context.tape.graph.within(placed.name, () =>
    resnetBlock(context, x, context.times, { ...context.style, ...placed }),
  );

function attention(context: Context, x: Tensor, name: string): Tensor {
  const { groups, eps } = context.style;
  const headDim = context.config.attention_head_dim ?? x.shape[1]!;
  const options = { name, headDim, groups, eps };
  return context.tape.graph.within(name, () => attentionBlock(context, x, options));
}

/** Whether a block resamples by a residual block: its own kind, or an Attn block told to. */
const resamplesByResnet = (type: string, told: string): boolean =>
  type.startsWith("Resnet") || (type.startsWith("Attn") && told === "resnet");

function downsample(context: Context, x: Tensor, { type, name }: { type: string; name: string }) {
  const { config } = context;
  const out = x.shape[1]!;
  if (resamplesByResnet(type, config.downsample_type)) {
    return resnet(context, x, { name, out, resample: "down" });
  }
  const all = config.downsample_padding;
  const far = all === 0 ? 1 : all; // 0 means one pixel at the right and the bottom alone
  const padding = { top: all, left: all, bottom: far, right: far };
  return conv(context, x, { name: `${name}.conv`, out, stride: 2, padding });
}

function upsample(context: Context, x: Tensor, { type, name }: { type: string; name: string }) {
  const out = x.shape[1]!;
  if (resamplesByResnet(type, context.config.upsample_type)) {
    return resnet(context, x, { name, out, resample: "up" });
  }
  return conv(context, x, { name: `${name}.conv`, out, upsample: true });
}

/** diffusers' names for one function. */
function activationName(name: string): ActivationName {
  return name === "swish" ? "silu" : (name as ActivationName); // parseUNetConfig knows the names
}

/** Shape, name and type of the class labels of N images. */
export function labelTensor(config: UNetConfig, N: number): [Shape, string, Dtype] {
  const name = "classLabels";
  if (config.class_embed_type === "identity") return [[N, timeEmbeddingSize(config)], name, "f32"];
  const isTime = config.class_embed_type === "timestep" && config.time_embedding_type !== "learned";
  return isTime ? [[N, timeFeatureCount(config)], name, "f32"] : [[N], name, "u32"];
}

function smallestImage(config: UNetConfig): [number, number] {
  const size = 2 ** (config.block_out_channels.length - 1);
  return [size, size];
}
