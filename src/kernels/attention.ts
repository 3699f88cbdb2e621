// Launches shaders/attention.wgsl, or attention_lanes.wgsl where the subgroup's size is known to be
// 4 or 8 (the software adapters): multi-head self-attention and its gradients.
//
// No S × S tensor is made: the backward kernels make the probabilities again from q, k and stats.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, type Shape, showShape } from "../core/shape.ts";
import type { Constants, Variant } from "../device/shader.ts";
import type { Graph, Workgroups } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { attention_forward, attention as byTiles } from "./generated/attention.ts";
import {
  attention_lanes_forward,
  attention_lanes as byLanes,
} from "./generated/attention_lanes.ts";

const ROWS_OF_A_TILE = 32;
const ROWS_OF_A_LANE = 8;
const SUBGROUPS = [4, 8];
const ENTRIES = ["forward", "backward_query", "backward_key"] as const;

/** Every pipeline that a launcher can ask for. */
export const attentionVariants = (): Variant[] =>
  ENTRIES.flatMap((entry) => [
    { family: byTiles, entry, constants: {} },
    ...SUBGROUPS.map((lanes) => ({ family: byLanes, entry, constants: { LANES: lanes } })),
  ]);

export interface AttentionInputs {
  /** [N, heads · d, S], or [N, heads · d, H, W] with S = H · W; head h in channels h·d … (h+1)·d − 1 */
  q: Tensor;
  /** of q's shape */
  k: Tensor;
  /** of q's shape */
  v: Tensor;
}

export interface AttentionOptions {
  heads: number;
}

/**
 * y_i = Σ_j P_ij v_j with P_ij = exp s_ij / Σ_j exp s_ij, s_ij = q_i · k_j / √d, a head and image.
 *
 * @returns y of q's shape, float32; stats [N, heads, S, 2], for the backward pass: the largest logit of each
 *          query, times log2 e, and 1 / Σ_j exp (s_ij − that logit)
 * @throws ShapeError unless q, k and v have one shape of rank 3 or 4, and heads divides its channels
 * @see Vaswani et al. 2017, arXiv:1706.03762, eq. 1
 */
export function attention(
  graph: Graph,
  { q, k, v }: AttentionInputs,
  { heads }: AttentionOptions,
): { y: Tensor; stats: Tensor } {
  const extents = extentsOf("attention", q.shape, heads);
  requireShape("attention", "k", k.shape, q.shape);
  requireShape("attention", "v", v.shape, q.shape);

  const y = graph.alloc(q.shape, "attention.y");
  const stats = graph.alloc([extents.images, heads, extents.tokens, 2], "attention.stats");

  const args = { dims: dimsOf(extents), row_a: q, column_a: k, column_b: v };
  const { isByLanes, workgroups, options } = variantFor(graph, extents, 2);
  const family = isByLanes ? attention_lanes_forward : attention_forward;
  graph.dispatch([family, "forward"], { ...args, sum_b: y, new_stats: stats }, workgroups, options);
  return { y, stats };
}

export interface AttentionSaved extends AttentionInputs {
  y: Tensor;
  stats: Tensor;
}

/**
 * With D_i = dy_i · y_i:  dq_i = Σ_j P_ij (dy_i · v_j − D_i) k_j / √d,
 * dk_j = Σ_i P_ij (dy_i · v_j − D_i) q_i / √d,  dv_j = Σ_i P_ij dy_i. Two dispatches.
 *
 * @param inputs   what went into `attention`, what came out, and dy
 * @param targets  what the gradients are written to, of q's shape: three float32 tensors
 * @throws ShapeError unless all have q's shape, and stats is the forward pass's
 */
export function attentionBackward(
  graph: Graph,
  { q, k, v, y, dy, stats }: AttentionSaved & { dy: Tensor },
  { heads }: AttentionOptions,
  targets: { dq: Tensor; dk: Tensor; dv: Tensor },
): void {
  const extents = extentsOf("attention backward", q.shape, heads);
  const { images, tokens } = extents;
  for (const [name, { shape }] of Object.entries({ k, v, y, dy, ...targets })) {
    requireShape("attention backward", name, shape, q.shape);
  }
  requireShape("attention backward", "stats", stats.shape, [images, heads, tokens, 2]);

  const means = graph.alloc([images, heads, tokens], "attention.means");

  const dims = dimsOf(extents);
  const query = variantFor(graph, extents, 3);
  const forQueries = { dims, row_a: q, column_a: k, row_b: dy, column_b: v, y, stats };
  graph.dispatch(
    [query.isByLanes ? byLanes : byTiles, "backward_query"],
    { ...forQueries, sum_a: targets.dq, new_means: means },
    query.workgroups,
    query.options,
  );
  const key = variantFor(graph, extents, 4);
  const forKeys = { dims, row_a: k, column_a: q, row_b: v, column_b: dy, stats, means };
  graph.dispatch(
    [key.isByLanes ? byLanes : byTiles, "backward_key"],
    { ...forKeys, sum_a: targets.dk, sum_b: targets.dv },
    key.workgroups,
    key.options,
  );
}

interface Extents {
  images: number;
  heads: number;
  /** of a head: d */
  channels: number;
  /** S */
  tokens: number;
}

/** @param products  how many products of S × S × d multiply-adds the kernel makes a head */
function variantFor(graph: Graph, { images, heads, channels, tokens }: Extents, products: number) {
  const flops = 2 * products * images * heads * tokens * tokens * channels;
  const lanes = graph.targetOf("attention").subgroupSize;
  const isByLanes = SUBGROUPS.includes(lanes);
  const rows = isByLanes ? ROWS_OF_A_LANE * lanes : ROWS_OF_A_TILE;
  const workgroups: Workgroups = [ceilDiv(tokens, rows), heads, images];
  const constants: Constants = isByLanes ? { LANES: lanes } : {};
  return { isByLanes, workgroups, options: { flops, constants } };
}

function dimsOf({ tokens, channels }: Extents) {
  const scale = 1 / Math.sqrt(channels);
  return { tokens, channels, scale, log2_scale: scale * Math.LOG2E };
}

function extentsOf(operation: string, shape: Shape, heads: number): Extents {
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError(
      "shape/rank",
      `${operation}: needs [N, C, S] or [N, C, H, W], got ${showShape(shape)}.`,
      "Channels come before tokens.",
    );
  }
  const [images, all, height, width = 1] = shape as [number, number, number, number?];
  if (!Number.isInteger(heads) || heads < 1 || all % heads !== 0) {
    throw new ShapeError(
      "shape/heads",
      `${operation}: heads must divide the channels, got heads = ${heads} and C = ${all} (q: ${showShape(shape)}).`,
      "Take a divisor of C.",
    );
  }
  return { images, heads, channels: all / heads, tokens: height * width };
}
