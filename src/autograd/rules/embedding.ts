// Derivative of a look-up in a table: each row sums the gradients of those who asked for it.
import type { Tensor } from "../../graph/tensor.ts";
import { embedding, embeddingBackward } from "../../kernels/embedding.ts";
import { rule } from "../rule.ts";

/** y[n] = table[indices[n]]:  dtable[r] = Σ dy[n] over the n whose index is r. */
export const embeddingRule = rule<
  { readonly table: Tensor },
  { indices: Tensor },
  { indices: Tensor }
>({
  forward: (graph, { table }, { indices }) => {
    const y = embedding(graph, { table, indices });
    return { y, saved: { indices } };
  },
  backward: (graph, dy, { indices }, slots) => {
    if (slots.wants("table")) embeddingBackward(graph, { dy, indices }, slots.target("table"));
  },
});
