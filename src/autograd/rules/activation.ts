// Derivative of an activation: its slope at the saved input.
import type { Tensor } from "../../graph/tensor.ts";
import { type ActivationName, activation, activationBackward } from "../../kernels/activation.ts";
import type { Derivative, Rule } from "../rule.ts";

interface Options {
  name: ActivationName;
}

type Saved = Options & { x: Tensor };

/** y = f(x):  dx = f'(x) · dy. */
export const activationRule: Rule<{ readonly x: Tensor }, Options, Saved> = {
  forward: (graph, { x }, { name }) => {
    return { y: activation(graph, { x }, { name }), saved: { x, name } };
  },
};

export const activationDerivative: Derivative<{ readonly x: Tensor }, Saved> = (
  graph,
  dy,
  { x, name },
  slots,
) => {
  if (slots.wants("x")) activationBackward(graph, { x, dy }, { name }, slots.target("x"));
};
