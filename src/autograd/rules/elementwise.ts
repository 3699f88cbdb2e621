// Derivatives of sums and products by numbers. The gradient of a sum is the incoming one: nothing is
// copied, the inputs' gradients are that very tensor.
import type { Tensor } from "../../graph/tensor.ts";
import { add, affine, scaleRows } from "../../kernels/elementwise.ts";
import type { Derivative, Rule } from "../rule.ts";

type Pair = { readonly a: Tensor; readonly b: Tensor };
type One = { readonly x: Tensor };

interface Sum {
  slope: number;
  isDoubled: boolean;
}

/** y = (a + b) · scale:  da = db = scale · dy, of x + x twice that. */
export const addRule: Rule<Pair, { scale?: number }, Sum> = {
  forward: (graph, inputs, { scale = 1 }) => {
    const isDoubled = inputs.a === inputs.b;
    const y = add(graph, inputs, { scale });
    return { y, saved: { slope: isDoubled ? 2 * scale : scale, isDoubled } };
  },
};

export const addDerivative: Derivative<Pair, Sum> = (graph, dy, { slope, isDoubled }, slots) => {
  const gradient = slope === 1 ? dy : affine(graph, { x: dy }, { a: slope });
  if (slots.wants("a")) slots.alias("a", gradient);
  if (!isDoubled && slots.wants("b")) slots.alias("b", gradient);
};

/** y = a · x + b of two numbers:  dx = a · dy. */
export const affineRule: Rule<One, { a: number; b?: number }, { a: number }> = {
  forward: (graph, inputs, options) => {
    return { y: affine(graph, inputs, options), saved: { a: options.a } };
  },
};

export const affineDerivative: Derivative<One, { a: number }> = (graph, dy, { a }, slots) => {
  if (slots.wants("x")) affine(graph, { x: dy }, { a }, slots.target("x"));
};

/** y[n, …] = factor[n] · x[n, …]:  dx[n, …] = factor[n] · dy[n, …]. factor is not differentiated. */
export const scaleRowsRule: Rule<One, { factor: Tensor }, { factor: Tensor }> = {
  forward: (graph, { x }, { factor }) => {
    return { y: scaleRows(graph, { x, factor }), saved: { factor } };
  },
};

export const scaleRowsDerivative: Derivative<One, { factor: Tensor }> = (
  graph,
  dy,
  { factor },
  slots,
) => {
  if (slots.wants("x")) scaleRows(graph, { x: dy, factor }, slots.target("x"));
};
