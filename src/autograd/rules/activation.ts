// Derivative of an activation: its slope at the saved input.
import type { Tensor } from "../../graph/tensor.ts";
import { type ActivationName, activation, activationBackward } from "../../kernels/activation.ts";
import { rule } from "../rule.ts";

interface Options {
  name: ActivationName;
}

/** y = f(x):  dx = f'(x) · dy. */
export const activationRule = rule<{ readonly x: Tensor }, Options, Options & { x: Tensor }>({
  forward: (graph, { x }, { name }) => {
    return { y: activation(graph, { x }, { name }), saved: { x, name } };
  },
  backward: (graph, dy, { x, name }, slots) => {
    if (slots.wants("x")) activationBackward(graph, { x, dy }, { name }, slots.target("x"));
  },
});
