// Derivative of dropout: the mask is drawn again, so that nothing is kept.
import type { Tensor } from "../../graph/tensor.ts";
import { type DropoutOptions, dropout } from "../../kernels/dropout.ts";
import type { Derivative, Rule } from "../rule.ts";

interface Options extends DropoutOptions {
  /** u32 [8]: the mask's seed and step */
  state: Tensor;
}

/** y = m ⊙ x / (1 − p) with a mask m of zeros and ones:  dx = m ⊙ dy / (1 − p). */
export const dropoutRule: Rule<{ readonly x: Tensor }, Options, Options> = {
  forward: (graph, { x }, options) => ({
    y: dropout(graph, { x, state: options.state }, options),
    saved: options,
  }),
};

export const dropoutDerivative: Derivative<{ readonly x: Tensor }, Options> = (
  graph,
  dy,
  { state, rate, layer },
  slots,
) => {
  if (slots.wants("x")) dropout(graph, { x: dy, state }, { rate, layer }, slots.target("x"));
};
