// Self-attention over the pixels of an image, with a residual: diffusers' `Attention` in a U-Net.
import { attentionRule } from "../autograd/rules/attention.ts";
import type { Tensor } from "../graph/tensor.ts";
import { conv, groupNorm, type Network } from "./layers.ts";
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

  const project = (role: string) =>
    conv(network, h, { name: `${name}.${role}`, out, kernel: 1, linear: true });
  const inputs = { q: project("to_q"), k: project("to_k"), v: project("to_v") };
  const y = network.tape.apply(attentionRule, inputs, { heads });
  const to = { name: `${name}.to_out.0`, out: channels, scaleFactor, linear: true };
  return withResidual(network, y, x, to);
}
