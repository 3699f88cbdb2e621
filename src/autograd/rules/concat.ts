// Derivative of a concatenation: each input gets its channels of the gradient.
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { concat, concatBackward } from "../../kernels/concat.ts";
import { add } from "../../kernels/elementwise.ts";
import type { Derivative, Rule } from "../rule.ts";

type Pair = { readonly a: Tensor; readonly b: Tensor };

interface Saved {
  a: Shape;
  b: Shape;
  /** a and b are one tensor: its gradient is the sum of both halves */
  isDoubled: boolean;
}

/** y = a's channels, then b's:  da = the first channels of dy, db = the rest. */
export const concatRule: Rule<Pair, object, Saved> = {
  forward: (graph, inputs) => {
    const { a, b } = inputs;
    const y = concat(graph, inputs);
    return { y, saved: { a: a.shape, b: b.shape, isDoubled: a === b } };
  },
};

export const concatDerivative: Derivative<Pair, Saved> = (
  graph,
  dy,
  { a, b, isDoubled },
  slots,
) => {
  const part = (shape: Shape) => graph.alloc(shape, "concat.part", dy.dtype);
  const targetOf = (name: "a" | "b", shape: Shape) =>
    slots.wants(name) && !isDoubled ? slots.target(name) : part(shape);
  const [da, db] = [targetOf("a", a), targetOf("b", b)];
  concatBackward(graph, { dy }, { da, db });
  if (isDoubled) slots.alias("a", add(graph, { a: da, b: db }, {}));
};
