// The derivative of multi-head self-attention. The sentences are attention.wgsl's.
import type { Tensor } from "../../graph/tensor.ts";
import {
  type AttentionOptions,
  type AttentionSaved,
  attention,
  attentionBackward,
} from "../../kernels/attention.ts";
import { narrow } from "../../kernels/cast.ts";
import type { Derivative, Rule } from "../rule.ts";

/** [N, 3 · heads · d, S] or [N, 3 · heads · d, H, W]: all channels of q, of k, of v. */
export type AttentionRuleInputs = { readonly qkv: Tensor };

type Saved = AttentionSaved & AttentionOptions;

/**
 * With P = softmax(q kᵀ / √d) a head and ds_ij = P_ij (dy_i · v_j − dy_i · y_i):
 *   dq_i = Σ_j ds_ij k_j / √d     dk_j = Σ_i ds_ij q_i / √d     dv_j = Σ_i P_ij dy_i
 *
 * The kernels add up in what they write, which is float32 therefore; float16 is cast to.
 *
 * Dao et al. 2022, "FlashAttention", arXiv:2205.14135, appendix B.2.
 */
export const attentionRule: Rule<AttentionRuleInputs, AttentionOptions, Saved> = {
  forward: (graph, { qkv }, { heads }) => {
    const { y, stats } = attention(graph, { qkv }, { heads });
    const isHalf = qkv.dtype === "f16";
    return { y: isHalf ? narrow(graph, { x: y }) : y, saved: { qkv, y, stats, heads } };
  },
};

export const attentionDerivative: Derivative<AttentionRuleInputs, Saved> = (
  graph,
  dy,
  { heads, ...saved },
  slots,
) => {
  if (!slots.wants("qkv")) return;
  const { shape, dtype } = saved.qkv;
  const isHalf = dtype === "f16";
  const sums = isHalf ? graph.alloc(shape, "attention.dqkv") : slots.target("qkv");
  attentionBackward(graph, { ...saved, dy }, { heads }, sums);
  if (isHalf) narrow(graph, { x: sums }, slots.target("qkv"));
};
