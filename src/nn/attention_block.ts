// Self-attention over the pixels of an image, with a residual: diffusers' `Attention` in a U-Net.
import { attentionRule } from "../autograd/rules/attention.ts";
import type { Tensor } from "../graph/tensor.ts";
import { groupNorm, type Network, projections } from "./layers.ts";
import { withResidual } from "./resnet_block.ts";

export interface AttentionOptions {
  name: string;
  /** channels of a head; the heads are ⌊C / headDim⌋ */
  headDim: number;
  /** groups of the norm before; undefined: no norm */
  groups: number | undefined;
  eps: number;
  scaleFactor?: number;
}

/**
 * y = (x + to_out(softmax(q kᵀ / √d) v)) / scaleFactor with q, k, v = linear(norm(x)).
 *
 * Pixels are the tokens. Their linear layers are 1×1 convolutions: [N, C, H, W] is never transposed.
 *
 * @param x  [N, C, H, W]
 * @see Vaswani et al. 2017 (arXiv:1706.03762) §3.2; Ho et al. 2020, appendix B
 */
export function attentionBlock(network: Network, x: Tensor, options: AttentionOptions): Tensor {
  const { name, headDim, groups, eps, scaleFactor = 1 } = options;
  const channels = x.shape[1]!;
  const heads = Math.floor(channels / headDim);
  const out = heads * headDim;
  const h =
    groups === undefined
      ? x
      : groupNorm(network, x, { name: `${name}.group_norm`, groups, eps, activation: "none" });

  const qkv = projections(network, h, { name, roles: ["to_q", "to_k", "to_v"], out });
  const y = network.tape.apply(attentionRule, { qkv }, { heads });
  const to = { name: `${name}.to_out.0`, out: channels, scaleFactor, linear: true };
  return withResidual(network, y, x, to);
}
