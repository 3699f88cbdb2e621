// Launches shaders/attention.wgsl, or first attention_lanes.wgsl where the subgroup's size is known to
// be 4 or 8 (the software adapters): multi-head self-attention and its gradients.
//
// No S × S tensor is made: the backward kernels make the probabilities again from q, k and stats.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, type Shape, showShape } from "../core/shape.ts";
import type { ShaderFamily, Variant } from "../device/shader.ts";
import type { Graph, Workgroups } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { attention_forward, attention as tiles } from "./generated/attention.ts";
import { attention_lanes_forward, attention_lanes as lanes } from "./generated/attention_lanes.ts";

const ROWS_OF_A_TILE = 32;
const ROWS_OF_A_LANE = 8;
const SUBGROUPS = [4, 8];

/** Every pipeline that a launcher can ask for. */
export const attentionVariants = (): Variant[] => [
  ...["forward", "backward_query", "backward_key"].map((entry) => {
    return { family: tiles, entry, constants: {} };
  }),
  ...["forward", "backward"].flatMap((entry) =>
    SUBGROUPS.flatMap((LANES) =>
      [false, true].map((FOURS) => ({ family: lanes, entry, constants: { LANES, FOURS } })),
    ),
  ),
];

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

  const dims = dimsOf(extents);
  const flops = flopsOf(extents, 2);
  choose(graph, `forward ${qkv.dtype}`, extents, [attention_lanes_forward, attention_forward], {
    byLanes: (constants) => {
      const args = { dims, qkv, qkv4: qkv, y_out: y, stats_out: stats };
      const workgroups = workgroupsOf(extents, ROWS_OF_A_LANE * constants.LANES);
      graph.dispatch([attention_lanes_forward, "forward"], args, workgroups, { flops, constants });
    },
    byTiles: (workgroups) => {
      const args = { dims, qkv, column_b: qkv, sums: y, new_stats: stats };
      graph.dispatch([attention_forward, "forward"], args, workgroups, { flops });
    },
  });
  return { y, stats };
}

export interface AttentionSaved extends AttentionInputs {
  y: Tensor;
  stats: Tensor;
}

/**
 * With D_i = dy_i · y_i:  dq_i = Σ_j P_ij (dy_i · v_j − D_i) k_j / √d,
 * dk_j = Σ_i P_ij (dy_i · v_j − D_i) q_i / √d,  dv_j = Σ_i P_ij dy_i. One dispatch by lanes, two by tiles.
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

  const dims = dimsOf(extents);
  choose(graph, `backward ${qkv.dtype}`, extents, [lanes, tiles], {
    byLanes: (constants) => {
      const args = { dims, qkv, qkv4: qkv, dy, dy4: dy, y, stats, dqkv: target, means };
      const options = { flops: flopsOf(extents, 5), constants };
      graph.dispatch([lanes, "backward"], args, [1, heads, images], options);
    },
    byTiles: (workgroups) => {
      const args = { dims, qkv, stats, sums: target };
      const forQueries = { ...args, row_b: dy, column_b: qkv, y, new_means: means };
      graph.dispatch([tiles, "backward_query"], forQueries, workgroups, {
        flops: flopsOf(extents, 3),
      });
      const forKeys = { ...args, row_b: qkv, column_b: dy, means };
      graph.dispatch([tiles, "backward_key"], forKeys, workgroups, { flops: flopsOf(extents, 4) });
    },
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

type LanesConstants = { LANES: number; FOURS: boolean };

interface Ways {
  byLanes: (constants: LanesConstants) => void;
  byTiles: (workgroups: Workgroups) => void;
}

/** @param families  by sharing lanes, by workgroups' tiles */
function choose(
  graph: Graph,
  pass: string,
  extents: Extents,
  [lanesFamily, tilesFamily]: readonly [ShaderFamily, ShaderFamily],
  { byLanes, byTiles }: Ways,
): void {
  const { images, heads, channels, tokens } = extents;
  const LANES = graph.targetOf("attention").subgroupSize;
  const constants: LanesConstants = { LANES, FOURS: tokens % 4 === 0 };
  const isShared = SUBGROUPS.includes(LANES) && images * heads * channels * tokens >= 4; // one of dy4
  const shared = isShared ? [{ family: lanesFamily, constants }] : [];
  const ways = [...shared, { family: tilesFamily, constants: undefined }];
  const work = `${pass} [${[images, heads, channels, tokens]}]`;
  graph.choose("attention", work, ways, (way) => {
    if (way.constants) byLanes(way.constants);
    else byTiles(workgroupsOf(extents, ROWS_OF_A_TILE));
  });
}

const workgroupsOf = ({ images, heads, tokens }: Extents, rows: number): Workgroups => [
  ceilDiv(tokens, rows),
  heads,
  images,
];

/** Of so many products of S × S × d multiply-adds a head. */
const flopsOf = ({ images, heads, channels, tokens }: Extents, products: number): number =>
  2 * products * images * heads * tokens * tokens * channels;

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
