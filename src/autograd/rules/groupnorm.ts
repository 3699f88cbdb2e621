// Derivatives of group normalisation with scale, shift and activation: groupnorm_backward.wgsl.
import type { Tensor } from "../../graph/tensor.ts";
import { type GroupNormOptions, groupNorm } from "../../kernels/groupnorm.ts";
import { groupNormBackward } from "../../kernels/groupnorm_backward.ts";
import type { Derivative, Rule } from "../rule.ts";

type NormInputs = {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly scaleShift?: Tensor | undefined;
};

interface Saved {
  inputs: NormInputs;
  stats: Tensor;
  options: GroupNormOptions;
}

/**
 * With h = (γ_c x̂ + β_c)(1 + scale) + shift, dh = f'(h)·dy, ĝ = γ (1 + scale) dh and means over one group:
 *   dx = r·(ĝ − mean ĝ − x̂·mean(ĝ·x̂))
 *   dγ_c = Σ (1 + scale) dh·x̂     dβ_c = Σ (1 + scale) dh      (Σ over n, h, w)
 *   dscale = Σ dh·(γ x̂ + β)       dshift = Σ dh                (Σ over h, w)
 */
export const groupNormRule: Rule<NormInputs, GroupNormOptions, Saved> = {
  forward: (graph, inputs, options) => {
    const { y, stats } = groupNorm(graph, inputs, options);
    return { y, saved: { inputs, stats, options } };
  },
};

export const groupNormDerivative: Derivative<NormInputs, Saved> = (
  graph,
  dy,
  { inputs, stats, options },
  slots,
) => {
  const targetOf = (name: keyof NormInputs) => (slots.wants(name) ? slots.target(name) : undefined);
  const pending = slots.wants("x") ? slots.takePending("x") : undefined;
  groupNormBackward(graph, { ...inputs, dy, stats, pending }, options, {
    dx: targetOf("x"),
    dweight: targetOf("weight"),
    dbias: targetOf("bias"),
    dscaleShift: targetOf("scaleShift"),
  });
};
