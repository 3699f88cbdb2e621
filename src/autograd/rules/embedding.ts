// Derivative of a look-up in a table: each row sums the gradients of those who asked for it.
import type { Tensor } from "../../graph/tensor.ts";
import { embedding, embeddingBackward } from "../../kernels/embedding.ts";
import type { Derivative, Rule } from "../rule.ts";

type Table = { readonly table: Tensor };

/** y[n] = table[indices[n]]:  dtable[r] = Σ dy[n] over the n whose index is r. */
export const embeddingRule: Rule<Table, { indices: Tensor }, { indices: Tensor }> = {
  forward: (graph, { table }, { indices }) => {
    const y = embedding(graph, { table, indices });
    return { y, saved: { indices } };
  },
};

export const embeddingDerivative: Derivative<Table, { indices: Tensor }> = (
  graph,
  dy,
  { indices },
  slots,
) => {
  if (slots.wants("table")) embeddingBackward(graph, { dy, indices }, slots.target("table"));
};
