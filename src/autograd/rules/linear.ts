// The derivative of the linear layer. The sentences are matmul.wgsl's.

import type { Tensor } from "../../graph/tensor.ts";
import { linear, linearBackwardInput, linearBackwardWeight } from "../../kernels/matmul.ts";
import type { Derivative, Rule } from "../rule.ts";

/** x [rows, in], weight [out, in], bias [out]. */
export type LinearRuleInputs = { x: Tensor; weight: Tensor; bias?: Tensor | undefined };

type Saved = Pick<LinearRuleInputs, "x" | "weight">;

/**
 * y = x Wᵀ + b, so dx = dy W     dW = dyᵀ x     db = Σ_rows dy.
 *
 * Goodfellow, Bengio & Courville 2016, "Deep Learning", §6.5.6: the gradients of a matrix product.
 */
export const linearRule: Rule<LinearRuleInputs, Record<string, never>, Saved> = {
  forward: (graph, inputs) => {
    const { x, weight } = inputs;
    return { y: linear(graph, inputs), saved: { x, weight } };
  },
};

export const linearDerivative: Derivative<LinearRuleInputs, Saved> = (
  graph,
  dy,
  { x, weight },
  slots,
) => {
  if (slots.wants("x")) {
    const pending = slots.takePending("x");
    linearBackwardInput(graph, { dy, weight, pending }, slots.target("x"));
  }
  const wantsWeight = slots.wants("weight");
  if (!wantsWeight && !slots.wants("bias")) return;
  const dweight = wantsWeight ? slots.target("weight") : graph.alloc(weight.shape, "linear.unread");
  const dbias = slots.wants("bias") ? slots.target("bias") : undefined;
  linearBackwardWeight(graph, { x, dy }, { dweight, dbias });
};
