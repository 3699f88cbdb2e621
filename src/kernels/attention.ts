import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { attention as family } from "./generated/attention.ts";
export function attention(graph: Graph, { q, k, v }: { q: Tensor; k: Tensor; v: Tensor }, { heads, blocks = 8 }: { heads: number; blocks?: number }) {
  const [N, C] = q.shape as [number, number];
  const S = q.shape.slice(2).reduce((p, n) => p * n, 1);
  const d = C / heads;
  const y = graph.alloc(q.shape, "attention.y");
  const stats = graph.alloc([N, heads, S, 2], "attention.stats");
  const dims = { tokens: S, channels: d, scale: Math.LOG2E / Math.sqrt(d), sqrt_scale: 0 };
  const lanes = graph.target.subgroupSize;
  graph.dispatch([family, "forward_lanes"], { dims, row_a: q, column_a: k, column_b: v, sum_b: y, new_stats: stats },
    [Math.ceil(S / (8 * lanes)), heads, N], { constants: { LANES: lanes, BLOCKS: blocks }, flops: 4 * N * heads * S * S * d });
  return { y, stats };
}
