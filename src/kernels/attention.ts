// Launches shaders/attention.wgsl, or first attention_lanes.wgsl where the subgroup's size is known to
// be 4 or 8 (the software adapters): multi-head self-attention and its gradients.
//
// No S × S tensor is made: the backward kernels make the probabilities again from q, k and stats.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, type Shape, showShape } from "../core/shape.ts";
import type { ShaderFamily, Variant } from "../device/shader.ts";
import type { DispatchOptions, Graph, Workgroups } from "../graph/graph.ts";
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
  /**
   * [N, 3 · heads · d, S], or [N, 3 · heads · d, H, W] with S = H · W: all channels of q, then of k, then
   * of v; head h in channels h·d … (h+1)·d − 1 of each
   */
  qkv: Tensor;
}

export interface AttentionOptions {
  heads: number;
}

/**
 * y_i = Σ_j P_ij v_j with P_ij = exp s_ij / Σ_j exp s_ij, s_ij = q_i · k_j / √d, a head and image.
 *
 * @returns y [N, heads · d, …], float32; stats [N, heads, S, 2], for the backward pass: the largest logit of each
 *          query, times log2 e, and 1 / Σ_j exp (s_ij − that logit)
 * @throws ShapeError unless qkv is of rank 3 or 4, and 3 · heads divides its channels
 * @see Vaswani et al. 2017, arXiv:1706.03762, eq. 1
 */
export function attention(
  graph: Graph,
  { qkv }: AttentionInputs,
  { heads }: AttentionOptions,
): { y: Tensor; stats: Tensor } {
  const extents = extentsOf("attention", qkv.shape, heads);
  const y = graph.alloc(resultShape(qkv.shape), "attention.y");
  const stats = graph.alloc([extents.images, heads, extents.tokens, 2], "attention.stats");

  const args = { dims: dimsOf(extents), qkv, column_b: qkv, sums: y, new_stats: stats };
  const families = [attention_lanes_forward, attention_forward] as const;
  const work = { kernel: `forward ${qkv.dtype}`, extents, products: 2 };
  choose(graph, work, families, ({ family, ...how }) => {
    graph.dispatch([family, "forward"], args, how.workgroups, how.options);
  });
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
 * @param inputs  what went into `attention`, what came out, and dy
 * @param target  what dq, dk and dv are written to, float32 of qkv's shape
 * @throws ShapeError unless y and dy have the result's shape, and stats is the forward pass's
 */
export function attentionBackward(
  graph: Graph,
  { qkv, y, dy, stats }: AttentionSaved & { dy: Tensor },
  { heads }: AttentionOptions,
  target: Tensor,
): void {
  const extents = extentsOf("attention backward", qkv.shape, heads);
  const { images, tokens } = extents;
  for (const [name, { shape }] of Object.entries({ y, dy })) {
    requireShape("attention backward", name, shape, resultShape(qkv.shape));
  }
  requireShape("attention backward", "target", target.shape, qkv.shape);
  requireShape("attention backward", "stats", stats.shape, [images, heads, tokens, 2]);

  const means = graph.alloc([images, heads, tokens], "attention.means");

  const args = { dims: dimsOf(extents), qkv, stats, sums: target };
  const families = [byLanes, byTiles] as const;
  const forQueries = { kernel: `backward_query ${qkv.dtype}`, extents, products: 3 };
  choose(graph, forQueries, families, ({ family, ...how }) => {
    const all = { ...args, row_b: dy, column_b: qkv, y, new_means: means };
    graph.dispatch([family, "backward_query"], all, how.workgroups, how.options);
  });
  const forKeys = { kernel: `backward_key ${qkv.dtype}`, extents, products: 4 };
  choose(graph, forKeys, families, ({ family, ...how }) => {
    const all = { ...args, row_b: qkv, column_b: dy, means };
    graph.dispatch([family, "backward_key"], all, how.workgroups, how.options);
  });
}

/** y has a third of the channels. */
const resultShape = ([N = 1, C = 3, ...tokens]: Shape): Shape => [N, C / 3, ...tokens];

interface Extents {
  images: number;
  heads: number;
  /** of a head: d */
  channels: number;
  /** S */
  tokens: number;
}

interface Work {
  kernel: string;
  extents: Extents;
  /** how many products of S × S × d multiply-adds the kernel makes a head */
  products: number;
}

interface How<Family> {
  family: Family;
  workgroups: Workgroups;
  options: DispatchOptions;
}

/** @param families  by sharing lanes, by workgroups' tiles */
function choose<Lanes extends ShaderFamily, Tiles extends ShaderFamily>(
  graph: Graph,
  { kernel, extents, products }: Work,
  [lanes, tiles]: readonly [Lanes, Tiles],
  record: (how: How<Lanes | Tiles>) => void,
): void {
  const { images, heads, channels, tokens } = extents;
  const flops = 2 * products * images * heads * tokens * tokens * channels;
  const LANES = graph.targetOf("attention").subgroupSize;
  const shared = SUBGROUPS.includes(LANES) ? [{ family: lanes, constants: { LANES } }] : [];
  const ways = [...shared, { family: tiles, constants: {} as { LANES?: number } }];
  const work = `${kernel} [${[images, heads, channels, tokens]}]`;
  graph.choose("attention", work, ways, ({ family, constants }) => {
    const rows = constants.LANES ? ROWS_OF_A_LANE * constants.LANES : ROWS_OF_A_TILE;
    const workgroups: Workgroups = [ceilDiv(tokens, rows), heads, images];
    record({ family, workgroups, options: { flops, constants } });
  });
}

function dimsOf({ tokens, channels }: Extents) {
  const scale = 1 / Math.sqrt(channels);
  return { tokens, channels, scale, log2_scale: scale * Math.LOG2E };
}

function extentsOf(operation: string, shape: Shape, heads: number): Extents {
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError(
      "shape/rank",
      `${operation}: qkv must be [N, 3C, S] or [N, 3C, H, W], got ${showShape(shape)}.`,
      "Channels come before tokens.",
    );
  }
  const [images, all, height, width = 1] = shape as [number, number, number, number?];
  if (!Number.isInteger(heads) || heads < 1 || all % (3 * heads) !== 0) {
    throw new ShapeError(
      "shape/heads",
      `${operation}: heads must divide a third of qkv's channels, got heads = ${heads} and qkv ${showShape(shape)}.`,
      "Take a divisor of q's channels.",
    );
  }
  return { images, heads, channels: all / 3 / heads, tokens: height * width };
}
