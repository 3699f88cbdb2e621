// Derivative of a concatenation: each input gets its channels of the gradient.
import type { Shape } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { concat, concatBackward } from "../../kernels/concat.ts";
import { add } from "../../kernels/elementwise.ts";
import type { Derivative, Rule, Slots } from "../rule.ts";

type Pair = { readonly a: Tensor; readonly b: Tensor };

interface Options {
  /** all that use y can read it where a and b lie (`Graph.join`): no copy is made, if that can be */
  inPlace?: boolean;
}

interface Saved {
  a: Shape;
  b: Shape;
  /** a and b are one tensor: its gradient is the sum of both halves */
  isDoubled: boolean;
}

/** y = a's channels, then b's:  da = the first channels of dy, db = the rest. */
export const concatRule: Rule<Pair, Options, Saved> = {
  forward: (graph, inputs, { inPlace = false }) => {
    const { a, b } = inputs;
    const y = (inPlace ? graph.join(a, b) : undefined) ?? concat(graph, inputs);
    return { y, saved: { a: a.shape, b: b.shape, isDoubled: a === b } };
  },
};

export const concatDerivative: Derivative<Pair, Saved> = (graph, dy, saved, slots) => {
  if (!dy.parts) return copied(graph, dy, saved, slots);
  const [da, db] = dy.parts;
  if (slots.wants("a")) slots.alias("a", da);
  if (slots.wants("b")) slots.alias("b", db);
};

function copied(graph: Graph, dy: Tensor, { a, b, isDoubled }: Saved, slots: Slots<Pair>): void {
  const part = (shape: Shape) => graph.alloc(shape, "concat.part", dy.dtype);
  const targetOf = (name: "a" | "b", shape: Shape) =>
    slots.wants(name) && !isDoubled ? slots.target(name) : part(shape);
  const [da, db] = [targetOf("a", a), targetOf("b", b)];
  concatBackward(graph, { dy }, { da, db });
  if (isDoubled) slots.alias("a", add(graph, { a: da, b: db }, {}));
}
