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
  if (isDoubled) {
    const [da, db] = [a, b].map((shape) => graph.alloc(shape, "concat.part", dy.dtype)) as [
      Tensor,
      Tensor,
    ];
    concatBackward(graph, { dy }, { a, b }, { da, db });
    slots.alias("a", add(graph, { a: da, b: db }, {}));
    return;
  }
  const da = slots.wants("a") ? slots.target("a") : undefined;
  const db = slots.wants("b") ? slots.target("b") : undefined;
  concatBackward(graph, { dy }, { a, b }, { da, db });
};
