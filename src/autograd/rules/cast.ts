// Derivatives of the casts between float32 and float16: each is the other.
import type { Tensor } from "../../graph/tensor.ts";
import { narrow, widen } from "../../kernels/cast.ts";
import type { Derivative, Rule } from "../rule.ts";

type Input = { readonly x: Tensor };

/** y = x rounded to float16:  dx = dy, the rounding taken as the identity. */
export const narrowRule: Rule<Input, object, null> = {
  forward: (graph, { x }) => ({ y: narrow(graph, { x }), saved: null }),
};

export const narrowDerivative: Derivative<Input, null> = (graph, dy, _, slots) => {
  if (slots.wants("x")) widen(graph, { x: dy }, slots.target("x"));
};

interface Options {
  /** the loss scale S, [1]: from here on back all gradients are S times themselves */
  scale?: Tensor | undefined;
}

/** y = x as float32:  dx = S · dy, rounded to float16. */
export const widenRule: Rule<Input, Options, Options> = {
  forward: (graph, { x }, options) => ({ y: widen(graph, { x }), saved: options }),
};

export const widenDerivative: Derivative<Input, Options> = (graph, dy, { scale }, slots) => {
  if (slots.wants("x")) narrow(graph, { x: dy, scale }, slots.target("x"));
};
