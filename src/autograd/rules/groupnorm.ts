// Derivatives of group normalisation with scale, shift and activation: groupnorm_backward.wgsl.
import type { Tensor } from "../../graph/tensor.ts";
import { type GroupNormInputs, type GroupNormOptions, groupNorm } from "../../kernels/groupnorm.ts";
import { groupNormBackward } from "../../kernels/groupnorm_backward.ts";
import type { Derivative, Rule } from "../rule.ts";

type NormInputs = {
  readonly x: Tensor;
  readonly affine: Tensor;
  readonly scaleShift?: Tensor | undefined;
};

type Options = GroupNormOptions & {
  /** the first of scaleShift's columns; default 0 */
  scaleFirst?: number | undefined;
};

interface Saved {
  inputs: GroupNormInputs;
  stats: Tensor;
  options: Options;
}

/**
 * With h = (γ_c x̂ + β_c)(1 + scale) + shift, dh = f'(h)·dy, ĝ = γ (1 + scale) dh and means over one group:
 *   dx = r·(ĝ − mean ĝ − x̂·mean(ĝ·x̂))
 *   dγ_c = Σ (1 + scale) dh·x̂     dβ_c = Σ (1 + scale) dh      (Σ over n, h, w)
 *   dscale = Σ dh·(γ x̂ + β)       dshift = Σ dh                (Σ over h, w)
 */
export const groupNormRule: Rule<NormInputs, Options, Saved> = {
  forward: (graph, { scaleShift, ...given }, options) => {
    const columns = scaleShift && { of: scaleShift, first: options.scaleFirst ?? 0 };
    const inputs = { ...given, scaleShift: columns };
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
  const dscaleShift = slots.wants("scaleShift")
    ? { of: slots.shared("scaleShift"), first: options.scaleFirst ?? 0 }
    : undefined;
  groupNormBackward(graph, { ...inputs, dy, stats, pending }, options, {
    dx: targetOf("x"),
    daffine: targetOf("affine"),
    dscaleShift,
  });
};
