// The derivative of multi-head self-attention. The sentences are attention.wgsl's.
import { OptionError } from "../../core/errors.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  type AttentionOptions,
  type AttentionSaved,
  attention,
  attentionBackward,
} from "../../kernels/attention.ts";
import { narrow } from "../../kernels/cast.ts";
import type { Derivative, Rule } from "../rule.ts";

/** Three tensors of one shape, [N, heads · d, S] or [N, heads · d, H, W]. */
export type AttentionRuleInputs = {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
};

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
  forward: (graph, inputs, { heads }) => {
    requireThree(inputs);
    const { y, stats } = attention(graph, inputs, { heads });
    const isHalf = inputs.q.dtype === "f16";
    return { y: isHalf ? narrow(graph, { x: y }) : y, saved: { ...inputs, y, stats, heads } };
  },
};

export const attentionDerivative: Derivative<AttentionRuleInputs, Saved> = (
  graph,
  dy,
  { heads, ...saved },
  slots,
) => {
  const isHalf = saved.q.dtype === "f16";
  const sumOf = (name: "q" | "k" | "v") =>
    isHalf || !slots.wants(name) ? graph.alloc(dy.shape, `attention.d${name}`) : slots.target(name);
  const targets = { dq: sumOf("q"), dk: sumOf("k"), dv: sumOf("v") };
  attentionBackward(graph, { ...saved, dy }, { heads }, targets);
  if (!isHalf) return;
  for (const name of ["q", "k", "v"] as const) {
    if (slots.wants(name)) narrow(graph, { x: targets[`d${name}`] }, slots.target(name));
  }
};

/** One tensor in two roles would have its gradient written twice, by two launches. */
function requireThree({ q, k, v }: AttentionRuleInputs): void {
  if (q !== k && k !== v && v !== q) return;
  const labels = [q, k, v].map(({ label }) => label);
  throw new OptionError(
    "option/attention-inputs",
    `attention: q, k and v must be three tensors, got ${labels.join(", ")}.`,
    "Project the input by three layers.",
  );
}
