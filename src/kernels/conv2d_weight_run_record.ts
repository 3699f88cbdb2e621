// Records a convolution's gradient by its weights as sums over runs of pixels, a tile of weights a lane
// or subgroup: parts of the images in shaders/conv2d_weight.wgsl (3×3) or conv2d_weight_pointwise.wgsl
// (1×1).
//
// Where a subgroup has 4 or 8 lanes (the software adapters), lanes may share what they load; elsewhere
// each works for itself. Nothing is checked here.
import { ceilDiv } from "../core/shape.ts";
import type { Constants, Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, readIf } from "../graph/graph.ts";
import { splitOf, type Tensor } from "../graph/tensor.ts";
import { type Convolution, flopsOf, walkedSizesOf } from "./conv2d_roles.ts";
import { type Cut, cutsOf, isAligned, LONGEST_SUM, RUN } from "./conv2d_weight_cuts.ts";
import { conv2d_weight as tiled } from "./generated/conv2d_weight.ts";
import { conv2d_weight_pointwise as pointwise } from "./generated/conv2d_weight_pointwise.ts";

const WORKGROUP = 64;

/** Subgroups whose lanes may share. */
export const SUBGROUPS: readonly number[] = [4, 8];

/** A tile of weights, and the part of the images that it is summed over. Plain data, see Graph.choose. */
export interface RunWay extends Cut {
  family: typeof tiled | typeof pointwise;
  /** of a subgroup that share what they load; 0: none do */
  lanes: number;
  /** channels of what is walked for 3×3, fours of x's channels for 1×1 */
  tile: number;
}

/** Ranked by what they should cost: whole tiles before small ones, lanes that share before others. */
export function runWays(c: Convolution, lanes: number): RunWay[] {
  const waysOf = c.K === 1 ? pointwiseWays : tiledWays;
  const [first, ...others] = lanes ? waysOf(c, lanes) : [];
  const [plain, ...plainParts] = waysOf(c, 0);
  const ways = first ? [first, ...others, plain!] : [plain!, ...plainParts];
  const texts = ways.map((way) => JSON.stringify(way));
  return ways.filter((_, i) => texts.indexOf(texts[i]!) === i);
}

/** Appends one dispatch. @returns the partials [parts, O, C, K, K] */
export function recordRuns(
  graph: Graph,
  c: Convolution,
  { way, ...rest }: RunTensors & { way: RunWay },
): Tensor {
  return (c.K === 1 ? recordPointwise : recordTiles)(graph, c, way, rest);
}

interface RunTensors {
  inputs: { x: Tensor; dy: Tensor };
  /** gives the tensor to write to */
  partialsOf: (parts: number) => Tensor;
}

function tiledWays(c: Convolution, lanes: number): RunWay[] {
  const { kind, sizes } = rolesOf(c);
  const { A_TILE, B_TILE } = tileOf(sizes.a_channels, kind.STRIDE, lanes);
  const b_tiles = ceilDiv(sizes.b_channels, B_TILE * Math.max(1, lanes));
  const way = (tile: number, cut: Cut): RunWay => ({ family: tiled, lanes, tile, ...cut });
  const cuts = (tile: number) => cutsOf(ceilDiv(sizes.a_channels, tile) * b_tiles, lanes, sizes);
  const [first, ...others] = cuts(A_TILE);
  const small = A_TILE > 4 ? [way(4, cuts(4)[0])] : [];
  return [way(A_TILE, first), ...small, ...others.map((cut) => way(A_TILE, cut))];
}

function recordTiles(
  graph: Graph,
  c: Convolution,
  { lanes, tile: A_TILE, images_a_part, rows_a_part }: RunWay,
  { inputs: { x, dy }, partialsOf }: RunTensors,
): Tensor {
  const { isTurned, kind, sizes } = rolesOf(c);
  const [walked, around] = isTurned ? [x, dy] : [dy, x];
  const eights = { p8: readIf(kind.ALIGNED, walked), q8: readIf(kind.ALIGNED, around) };
  const B_TILE = bTileOf(kind.STRIDE, lanes);
  const a_tiles = ceilDiv(sizes.a_channels, A_TILE);
  const b_tiles = ceilDiv(sizes.b_channels, B_TILE * Math.max(1, lanes));
  const row_parts = ceilDiv(sizes.rows, rows_a_part);
  const parts = ceilDiv(c.N, images_a_part) * row_parts;
  const tiles = a_tiles * b_tiles * parts;
  const dims = {
    ...sizes,
    a_tiles,
    b_tiles,
    tiles,
    ...{ images_a_part, rows_a_part, row_parts },
    is_reversed: Number(isTurned),
  };
  const partials = partialsOf(parts);
  graph.dispatch(
    [tiled, lanes ? "lanes" : "plain"],
    { dims, p: walked, q: around, ...eights, partials },
    foldWorkgroups(tiles, lanes ? 1 : WORKGROUP),
    {
      constants: { ...kind, A_TILE, ...(lanes ? { B_TILE, LANES: lanes } : {}) },
      flops: flopsOf(c),
    },
  );
  return partials;
}

const KINDS = {
  same: { STRIDE: 1, DOUBLED: 0, BOXED: 0, ALIGNED: false },
  aligned: { STRIDE: 1, DOUBLED: 0, BOXED: 0, ALIGNED: true },
  strided: { STRIDE: 2, DOUBLED: 0, BOXED: 0, ALIGNED: false },
  doubled: { STRIDE: 2, DOUBLED: 0, BOXED: 1, ALIGNED: false },
  doubledAndStrided: { STRIDE: 2, DOUBLED: 1, BOXED: 0, ALIGNED: false },
} as const;

/**
 * Which tensor is walked and which is read around, as the shader's header has it. A few channels are best
 * walked; x is always walked where it is doubled.
 */
function rolesOf(c: Convolution) {
  const { C, O, stride, upsample } = c;
  const isTurned = stride === 1 && (upsample || (C <= 4 && C < O));
  const doubled = stride === 1 ? KINDS.doubled : KINDS.doubledAndStrided;
  const same = isAligned(c) ? KINDS.aligned : KINDS.same;
  const kind = upsample ? doubled : stride === 1 ? same : KINDS.strided;
  return { isTurned, kind, sizes: walkedSizesOf(c, isTurned) };
}

/** Larger tiles load less for each product, but compile slowly. */
function tileOf(channels: number, stride: number, lanes: number) {
  const most = lanes ? 8 : 4;
  const A_TILE = channels === 1 ? 1 : channels <= 4 ? 4 : most;
  return { A_TILE, B_TILE: bTileOf(stride, lanes) };
}

const bTileOf = (stride: number, lanes: number) => (stride === 1 && lanes === 4 ? 2 : 1);

/** Rows as the kernel takes them: any will do, where nothing is skipped or doubled. */
function rowsOf(c: Convolution) {
  const pixels = c.outH * c.outW;
  const isFlat = c.stride === 1 && !c.upsample && pixels % RUN === 0;
  const rows = isFlat ? largestDivisor(pixels / RUN, LONGEST_SUM) : c.outH;
  return { isFlat, rows, columns: isFlat ? pixels / rows : c.outW };
}

/** The largest divisor of n that is at most `most`. */
function largestDivisor(n: number, most: number): number {
  let divisor = Math.min(n, most);
  while (n % divisor !== 0) divisor--;
  return divisor;
}

const EIGHTS = 2; // of dy's channels, which a lane of `pointwise` takes where lanes share; else one

/** Tiles of weights, along dy's channels and along x's. */
const pointwiseTiles = ({ C, O }: Convolution, quads: number, lanes: number) => ({
  out_tiles: ceilDiv(O, lanes ? 8 * EIGHTS : 8),
  in_tiles: ceilDiv(C, 4 * quads * Math.max(1, lanes)),
});

function pointwiseWays(c: Convolution, lanes: number): RunWay[] {
  const { rows, columns } = rowsOf(c);
  const QUADS = lanes && c.C > 4 * lanes ? 2 : 1;
  const cuts = (quads: number) => {
    const { out_tiles, in_tiles } = pointwiseTiles(c, quads, lanes);
    return cutsOf(out_tiles * in_tiles, lanes, { images: c.N, rows, columns });
  };
  const way = (tile: number, cut: Cut): RunWay => ({ family: pointwise, lanes, tile, ...cut });
  const [first, ...others] = cuts(QUADS);
  const small = QUADS > 1 ? [way(1, cuts(1)[0])] : [];
  return [way(QUADS, first), ...small, ...others.map((cut) => way(QUADS, cut))];
}

function recordPointwise(
  graph: Graph,
  c: Convolution,
  { lanes, tile: QUADS, images_a_part, rows_a_part }: RunWay,
  { inputs, partialsOf }: RunTensors,
): Tensor {
  const { isFlat, rows, columns } = rowsOf(c);
  const { out_tiles, in_tiles } = pointwiseTiles(c, QUADS, lanes);
  const row_parts = ceilDiv(rows, rows_a_part);
  const parts = ceilDiv(c.N, images_a_part) * row_parts;
  const tiles = out_tiles * in_tiles * parts;
  const dims = {
    images: c.N,
    in_channels: c.C,
    split: splitOf(inputs.x),
    out_channels: c.O,
    rows,
    columns,
    x_rows: isFlat ? rows : c.H,
    x_columns: isFlat ? columns : c.W,
    out_tiles,
    in_tiles,
    tiles,
    ...{ images_a_part, rows_a_part, row_parts },
  };
  const partials = partialsOf(parts);
  const { x, dy } = inputs;
  const kind = { STRIDE: c.stride, DOUBLED: Number(c.upsample), ALIGNED: isFlat };
  const eights = { x8: readIf(isFlat, x), dy8: readIf(isFlat, dy) };
  graph.dispatch(
    [pointwise, lanes ? "lanes" : "plain"],
    { dims, ...inputs, ...eights, partials },
    foldWorkgroups(tiles, lanes ? 1 : WORKGROUP),
    {
      constants: { ...kind, ...(lanes ? { EIGHTS, QUADS, LANES: lanes } : {}) },
      flops: flopsOf(c),
    },
  );
  return partials;
}

/** Every pipeline that can be asked for. */
export const conv2dWeightRunVariants = (): Variant[] => [
  ...Object.values(KINDS).flatMap((kind) => [
    ...[1, 4].map((A_TILE) => variant(tiled, "plain", { ...kind, A_TILE })),
    ...SUBGROUPS.flatMap((LANES) =>
      [1, 4, 8].map((A_TILE) => {
        const B_TILE = bTileOf(kind.STRIDE, LANES);
        return variant(tiled, "lanes", { ...kind, A_TILE, B_TILE, LANES });
      }),
    ),
  ]),
  ...pointwiseKinds().flatMap((kind) => [
    variant(pointwise, "plain", kind),
    ...SUBGROUPS.flatMap((LANES) =>
      [1, 2].map((QUADS) => variant(pointwise, "lanes", { ...kind, EIGHTS, QUADS, LANES })),
    ),
  ]),
];

const pointwiseKinds = () => [
  { STRIDE: 1, DOUBLED: 0, ALIGNED: true },
  ...[1, 2].flatMap((STRIDE) => [0, 1].map((DOUBLED) => ({ STRIDE, DOUBLED, ALIGNED: false }))),
];

function variant(family: Variant["family"], entry: string, constants: Constants): Variant {
  return { family, entry, constants };
}
