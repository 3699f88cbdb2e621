// The derivative of multi-head self-attention. The sentences are attention.wgsl's.
import { OptionError } from "../../core/errors.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  type AttentionOptions,
  type AttentionSaved,
  attention,
  attentionBackward,
} from "../../kernels/attention.ts";
import { rule } from "../rule.ts";

/** Three tensors of one shape, [N, heads · d, S] or [N, heads · d, H, W]. */
export type AttentionRuleInputs = {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
};

/**
 * With P = softmax(q kᵀ / √d) a head and ds_ij = P_ij (dy_i · v_j − dy_i · y_i):
 *   dq_i = Σ_j ds_ij k_j / √d     dk_j = Σ_i ds_ij q_i / √d     dv_j = Σ_i P_ij dy_i
 *
 * Dao et al. 2022, "FlashAttention", arXiv:2205.14135, appendix B.2.
 */
export const attentionRule = rule<
  AttentionRuleInputs,
  AttentionOptions,
  AttentionSaved & AttentionOptions
>({
  forward: (graph, inputs, { heads }) => {
    requireThree(inputs);
    const { y, stats } = attention(graph, inputs, { heads });
    return { y, saved: { ...inputs, y, stats, heads } };
  },
  backward: (graph, dy, { heads, ...saved }, slots) => {
    const of = (name: "q" | "k" | "v") =>
      slots.wants(name) ? slots.target(name) : graph.alloc(dy.shape, `attention.unread d${name}`);
    const targets = { dq: of("q"), dk: of("k"), dv: of("v") };
    attentionBackward(graph, { ...saved, dy }, { heads }, targets);
  },
});

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
