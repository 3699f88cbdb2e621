// Records a convolution's gradient by its weights and bias: sums over parts of the images, in
// shaders/conv2d_weight.wgsl (3×3) or conv2d_weight_pointwise.wgsl (1×1), then conv2d_weight_sums.wgsl.
//
// Where a subgroup has 4 or 8 lanes (the software adapters), lanes share what they load; on GPUs a
// workgroup does (conv2d_weight_tile_record.ts); elsewhere each works for itself. Nothing is checked here.
import { ceilDiv, sizeOf } from "../core/shape.ts";
import type { Constants, Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, unread } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Columns } from "./columns.ts";
import { type Convolution, flopsOf } from "./conv2d_roles.ts";
import {
  conv2dWeightTileVariants,
  fitsWeightTiles,
  recordOnWeightTiles,
} from "./conv2d_weight_tile_record.ts";
import { conv2d_weight as tiled } from "./generated/conv2d_weight.ts";
import { conv2d_weight_pointwise as pointwise } from "./generated/conv2d_weight_pointwise.ts";
import { conv2d_weight_sums as sums } from "./generated/conv2d_weight_sums.ts";

const WORKGROUP = 64;
const RUN = 8; // pixels that a lane takes at a time; also weights, in `finish`
const SUBGROUPS = [4, 8];
const LONGEST_SUM = 64; // of rows, or of strips of RUN columns: longer ones round too much

/** Lanes that keep a device busy, or subgroups where lanes share. */
const ENOUGH = { subgroups: 64, lanes: 4096 };

export interface WeightGradients {
  /** [O, C, K, K] */
  dweight: Tensor;
  /** [O] */
  dbias?: Tensor | undefined;
  /** O columns of [N, all] */
  drows?: Columns | undefined;
}

interface Inputs {
  x: Tensor;
  dy: Tensor;
}

/** Gives the tensor [parts, O, C, K, K] to write to. */
type PartialsOf = (parts: number) => Tensor;

/** Appends two dispatches; one where there is a single part, no bias and no rows. */
export function recordWeightGradient(
  graph: Graph,
  c: Convolution,
  inputs: Inputs,
  gradients: WeightGradients,
): void {
  const { dweight, dbias, drows } = gradients;
  const partialsOf: PartialsOf = (parts) =>
    parts === 1 ? dweight : graph.alloc([parts, ...dweight.shape], "conv2d_weight.partials");
  const isOnTiles = graph.targetOf("conv2d_weight").tiles && fitsWeightTiles(c);
  const recordOwn = c.K === 1 ? recordPointwise : recordTiles;
  const record = isOnTiles ? recordOnWeightTiles : recordOwn;
  const partials = record(graph, c, inputs, partialsOf);
  if (partials !== dweight) recordFinish(graph, c, { partials, dy: inputs.dy }, gradients);
  else if (dbias || drows) recordFinish(graph, c, { dy: inputs.dy }, gradients);
}

/** dweight = Σ of the partials, if there are any; sums of dy, if they are wanted. */
function recordFinish(
  graph: Graph,
  c: Convolution,
  { partials, dy }: { partials?: Tensor; dy: Tensor },
  { dweight, dbias, drows }: WeightGradients,
): void {
  const parts = partials?.shape[0] ?? 0;
  const weights = partials ? sizeOf(dweight.shape) : 0;
  const biases = dbias || drows ? c.O : 0;
  const pixels = c.outH * c.outW;
  const weight_groups = ceilDiv(weights, WORKGROUP * RUN);
  const lanes = sharingLanes(graph);
  const bias_groups = lanes ? ceilDiv(biases * lanes, WORKGROUP) : biases;
  const rows = { rows_step: drows?.of.shape[1] ?? 0, rows_first: drows?.first ?? 0 };
  const sizes = { parts, weights, weight_groups, biases, images: c.N, pixels, ...rows };
  const unwanted = () => graph.alloc([c.O], "conv2d_weight.unwanted");
  const targets = { dweight, dbias: dbias ?? unwanted(), drows: drows?.of ?? unwanted() };
  graph.dispatch(
    [sums, lanes ? "finish_lanes" : "finish"],
    { sizes, parts: partials ?? unread(dy), dy, ...targets },
    foldWorkgroups(weight_groups + bias_groups, 1),
    { constants: lanes ? { LANES: lanes } : {}, flops: parts * weights + c.N * biases * pixels },
  );
}

function recordTiles(graph: Graph, c: Convolution, { x, dy }: Inputs, partialsOf: PartialsOf) {
  const lanes = sharingLanes(graph);
  const { isTurned, p, q, kind } = rolesOf(c);
  const { A_TILE, B_TILE } = tileOf(p.channels, kind.STRIDE, lanes);
  const a_tiles = ceilDiv(p.channels, A_TILE);
  const b_tiles = ceilDiv(q.channels, B_TILE * Math.max(1, lanes));
  const { parts, cut } = cutInto(partsFor(a_tiles * b_tiles, lanes), {
    images: c.N,
    rows: p.height,
    columns: p.width,
  });
  const tiles = a_tiles * b_tiles * parts;
  const dims = {
    images: c.N,
    a_channels: p.channels,
    b_channels: q.channels,
    rows: p.height,
    columns: p.width,
    q_rows: q.height,
    q_columns: q.width,
    top: isTurned ? 2 - c.padding.top : c.padding.top,
    left: isTurned ? 2 - c.padding.left : c.padding.left,
    a_tiles,
    b_tiles,
    tiles,
    ...cut,
    a_step: p.step,
    b_step: q.step,
    weights: c.O * c.C * 9,
    is_reversed: Number(isTurned),
  };
  const partials = partialsOf(parts);
  graph.dispatch(
    [tiled, lanes ? "lanes" : "plain"],
    { dims, p: isTurned ? x : dy, q: isTurned ? dy : x, partials },
    foldWorkgroups(tiles, lanes ? 1 : WORKGROUP),
    {
      constants: { ...kind, A_TILE, ...(lanes ? { B_TILE, LANES: lanes } : {}) },
      flops: flopsOf(c),
    },
  );
  return partials;
}

const KINDS = {
  same: { STRIDE: 1, DOUBLED: 0, BOXED: 0 },
  strided: { STRIDE: 2, DOUBLED: 0, BOXED: 0 },
  doubled: { STRIDE: 2, DOUBLED: 0, BOXED: 1 },
  doubledAndStrided: { STRIDE: 2, DOUBLED: 1, BOXED: 0 },
} as const;

/**
 * Which tensor is walked (p) and which is read around (q), as the shader's header has it: turned,
 * p is x. A few channels are best walked; x is always walked where it is doubled.
 */
function rolesOf({ C, H, W, O, outH, outW, stride, upsample }: Convolution) {
  const x = { channels: C, height: H, width: W, step: 9 };
  const dy = { channels: O, height: outH, width: outW, step: C * 9 };
  const isTurned = stride === 1 && (upsample || (C <= 4 && C < O));
  const doubled = stride === 1 ? KINDS.doubled : KINDS.doubledAndStrided;
  const kind = upsample ? doubled : stride === 1 ? KINDS.same : KINDS.strided;
  return isTurned ? { isTurned, p: x, q: dy, kind } : { isTurned, p: dy, q: x, kind };
}

/** Larger tiles load less for each product, but compile slowly. */
function tileOf(channels: number, stride: number, lanes: number) {
  const most = lanes ? 8 : 4;
  const A_TILE = channels === 1 ? 1 : channels <= 4 ? 4 : most;
  return { A_TILE, B_TILE: bTileOf(stride, lanes) };
}

const bTileOf = (stride: number, lanes: number) => (stride === 1 && lanes === 4 ? 2 : 1);

function recordPointwise(graph: Graph, c: Convolution, inputs: Inputs, partialsOf: PartialsOf) {
  const lanes = sharingLanes(graph);
  const QUADS = lanes && c.C > 4 * lanes ? 2 : 1;
  const out_tiles = ceilDiv(c.O, 8);
  const in_tiles = ceilDiv(c.C, 4 * QUADS * Math.max(1, lanes));
  const pixels = c.outH * c.outW;
  const isFlat = c.stride === 1 && !c.upsample && pixels % RUN === 0; // then any rows will do
  const rows = isFlat ? largestDivisor(pixels / RUN, LONGEST_SUM) : c.outH;
  const columns = isFlat ? pixels / rows : c.outW;
  const { parts, cut } = cutInto(partsFor(out_tiles * in_tiles, lanes), {
    images: c.N,
    rows,
    columns,
  });
  const tiles = out_tiles * in_tiles * parts;
  const dims = {
    images: c.N,
    in_channels: c.C,
    out_channels: c.O,
    rows,
    columns,
    x_rows: isFlat ? rows : c.H,
    x_columns: isFlat ? columns : c.W,
    out_tiles,
    in_tiles,
    tiles,
    ...cut,
  };
  const partials = partialsOf(parts);
  const kind = { STRIDE: c.stride, DOUBLED: Number(c.upsample) };
  graph.dispatch(
    [pointwise, lanes ? "lanes" : "plain"],
    { dims, ...inputs, partials },
    foldWorkgroups(tiles, lanes ? 1 : WORKGROUP),
    { constants: { ...kind, ...(lanes ? { QUADS, LANES: lanes } : {}) }, flops: flopsOf(c) },
  );
  return partials;
}

/** The largest divisor of n that is at most `most`. */
function largestDivisor(n: number, most: number): number {
  let divisor = Math.min(n, most);
  while (n % divisor !== 0) divisor--;
  return divisor;
}

/** Lanes of a subgroup that share loads, or 0. */
function sharingLanes(graph: Graph): number {
  const { subgroupSize } = graph.targetOf("conv2d_weight");
  return SUBGROUPS.includes(subgroupSize) ? subgroupSize : 0;
}

const partsFor = (tiles: number, lanes: number): number =>
  ceilDiv(lanes ? ENOUGH.subgroups : ENOUGH.lanes, tiles);

/** Cuts images, then their rows, into parts: no fewer than 4 rows, no more strips than LONGEST_SUM. */
function cutInto(wanted: number, p: { images: number; rows: number; columns: number }) {
  const { images, rows, columns } = p;
  const mostImages = Math.floor(LONGEST_SUM / ceilDiv(columns, RUN));
  const images_a_part = Math.max(1, Math.min(Math.floor(images / wanted), mostImages));
  const image_parts = ceilDiv(images, images_a_part);
  const mostRowParts = Math.min(ceilDiv(wanted, image_parts), ceilDiv(rows, 4));
  const rows_a_part = ceilDiv(rows, mostRowParts);
  const row_parts = ceilDiv(rows, rows_a_part);
  return { parts: image_parts * row_parts, cut: { images_a_part, rows_a_part, row_parts } };
}

/** Every pipeline that can be asked for. */
export const conv2dWeightVariants = (): Variant[] => [
  ...conv2dWeightTileVariants(),
  ...Object.values(KINDS).flatMap((kind) => [
    ...[1, 4].map((A_TILE) => variant(tiled, "plain", { ...kind, A_TILE })),
    ...SUBGROUPS.flatMap((LANES) =>
      [1, 4, 8].map((A_TILE) => {
        const B_TILE = bTileOf(kind.STRIDE, LANES);
        return variant(tiled, "lanes", { ...kind, A_TILE, B_TILE, LANES });
      }),
    ),
  ]),
  ...[1, 2].flatMap((STRIDE) =>
    [0, 1].flatMap((DOUBLED) => [
      variant(pointwise, "plain", { STRIDE, DOUBLED }),
      ...SUBGROUPS.flatMap((LANES) =>
        [1, 2].map((QUADS) => variant(pointwise, "lanes", { STRIDE, DOUBLED, QUADS, LANES })),
      ),
    ]),
  ),
  variant(sums, "finish", {}),
  ...SUBGROUPS.map((LANES) => variant(sums, "finish_lanes", { LANES })),
];

function variant(family: Variant["family"], entry: string, constants: Constants): Variant {
  return { family, entry, constants };
}
