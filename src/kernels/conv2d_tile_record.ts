// Records a convolution, or where it has stride 1 its gradient by the images, on workgroups' tiles, for GPUs:
// shaders/conv2d_tile.wgsl. Where there are too few tiles for a device, the channels read are cut into
// parts, and a second dispatch sums them. Nothing is checked here.
import { ceilDiv, sizeOf } from "../core/shape.ts";
import type { Constants, Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, type Workgroups } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  argsOf,
  type Convolution,
  type ConvolutionTensors,
  type Direction,
  flopsOf,
  isFramed,
  NORMS,
  placeOf,
  rolesOf,
  splitsOf,
  throughNorm,
} from "./conv2d_roles.ts";
import { conv2d_tile as tiled } from "./generated/conv2d_tile.ts";

const CHANNELS = 64; // that a workgroup writes
const LANES = 128;
const ENOUGH = 256; // workgroups that keep a device busy
const FEWEST_TURNS = 4; // a part

/** Tiles of 128 pixels: as wide as the images, up to 16. */
const TILES = [
  { COLUMNS: 4, ROWS: 4, IMAGES: 8 },
  { COLUMNS: 8, ROWS: 8, IMAGES: 2 },
  { COLUMNS: 16, ROWS: 8, IMAGES: 1 },
] as const;

/** Whether the tiles compute it, and lose little: fewer channels would leave most lanes idle. */
export function fitsTiles(direction: Direction, c: Convolution): boolean {
  return isTheirs(direction, c) && rolesOf(direction, c).writes >= CHANNELS / 4;
}

function isTheirs(direction: Direction, c: Convolution): boolean {
  const { K, stride, upsample } = c;
  if (upsample) return K === 3 && stride === 1 && (direction === "backward" || isFramed(c, 1));
  return stride === 1 || (K === 3 && direction === "forward");
}

/** Appends the dispatch, or two. */
export function recordOnTiles(
  graph: Graph,
  direction: Direction,
  c: Convolution,
  given: ConvolutionTensors,
): void {
  const { dims, tile, tiles, pixels } = planOf(direction, c);
  const { NORMED, lines, source } = throughNorm(given.source);
  const tensors = { ...given, source };
  const bound = argsOf({ ...dims, ...splitsOf(tensors) }, tensors);
  const { bias, rows, added, result, ...read } = { ...bound, lines };
  const workgroups: Workgroups = [...foldWorkgroups(tiles, 1), dims.out_tiles * dims.parts];
  const constants = { ...constantsOf(direction, c), ...tile, NORMED };
  const flops = flopsOf(c);
  const moments = momentsOf(graph, direction, c, given, pixels);
  const MOMENTS = Number(result.moments !== undefined);
  const written = { bias, rows, added, result, moments };
  if (dims.parts === 1) {
    const work = { constants: { ...constants, MOMENTS }, flops };
    graph.dispatch([tiled, "tile"], { ...read, ...written }, workgroups, work);
    return;
  }
  const part_sums = graph.alloc([dims.parts, ...result.shape], "conv2d.parts");
  graph.dispatch([tiled, "part"], { ...read, part_sums }, workgroups, { constants, flops });
  const elements = sizeOf(result.shape);
  graph.dispatch(
    [tiled, "finish"],
    { dims: read.dims, ...written, all_sums: part_sums },
    foldWorkgroups(elements, LANES),
    { constants: { MOMENTS }, flops: dims.parts * elements },
  );
}

/**
 * Of whole tiles of the result, where a norm may come next; else nobody's. After shortcuts and projections,
 * 1×1 and with nothing added, none does.
 *
 * @param pixels  of a tile; 0: they are not whole
 */
function momentsOf(
  graph: Graph,
  direction: Direction,
  { N, O, K, outH, outW }: Convolution,
  { added, result }: ConvolutionTensors,
  pixels: number,
): Tensor {
  const isBeforeNorm = direction === "forward" && (K === 3 || added);
  const isTaken = graph.targetOf("conv2d").fuses && isBeforeNorm && pixels > 0;
  const shape = isTaken ? [N, O, (outH * outW) / pixels, 3] : [3];
  const moments = graph.alloc(shape, "conv2d.moments");
  if (isTaken) result.moments = moments;
  return moments;
}

function planOf(direction: Direction, c: Convolution) {
  const roles = rolesOf(direction, c);
  const { KERNEL, STRIDE } = constantsOf(direction, c);
  const step = KERNEL === 2 ? 2 : 1; // of doubled pixels a workgroup writes even or odd rows, and columns
  const rows = ceilDiv(roles.out_height, step);
  const columns = ceilDiv(roles.out_width, step);
  const tile = TILES.find(({ COLUMNS }) => columns <= COLUMNS) ?? TILES[2];
  const { COLUMNS, ROWS, IMAGES } = tile;
  const tiles_down = ceilDiv(rows, ROWS);
  const tiles_across = ceilDiv(columns, COLUMNS);
  const tiles = ceilDiv(roles.images, IMAGES) * tiles_down * tiles_across * step ** 2;
  const out_tiles = ceilDiv(roles.writes, CHANNELS);
  const turns = ceilDiv(roles.reads, c.K === 1 ? 16 : 4 / STRIDE);
  const wanted = Math.min(Math.floor(ENOUGH / (tiles * out_tiles)), ceilDiv(turns, FEWEST_TURNS));
  const turns_a_part = ceilDiv(turns, Math.max(1, wanted));
  const parts = ceilDiv(turns, turns_a_part);
  const dims = {
    ...roles,
    ...placeOf(direction, c),
    tiles_down,
    tiles_across,
    out_tiles,
    turns,
    turns_a_part,
    parts,
  };
  const whole = rows % ROWS || columns % COLUMNS ? 0 : ROWS * COLUMNS;
  return { dims, tile, tiles, pixels: parts === 1 ? whole : wholeRun(roles) };
}

/** Pixels of an image that a workgroup of `finish` writes; none where some write fewer. */
function wholeRun({ out_height, out_width }: ReturnType<typeof rolesOf>): number {
  const pixels = out_height * out_width;
  const run = Math.min(pixels, LANES);
  return pixels % run || LANES % run ? 0 : run;
}

type Kind = Pick<Convolution, "K" | "stride" | "upsample">;

/** On doubled pixels taps are folded; the gradient is boxed. */
function constantsOf(direction: Direction, { K, stride, upsample }: Kind) {
  if (!upsample) return { KERNEL: K, STRIDE: stride };
  return direction === "forward" ? { KERNEL: 2, STRIDE: 1 } : { KERNEL: 3, STRIDE: 2, BOXED: 1 };
}

/** Every pipeline that can be asked for; none normalises what it doubles. */
export const conv2dTileVariants = (): Variant[] => [
  ...TILES.flatMap((tile) =>
    kinds().flatMap(({ norms, ...kind }) =>
      norms.flatMap((NORMED) => variantsOf({ ...kind, ...tile, NORMED })),
    ),
  ),
  ...[0, 1].map((MOMENTS) => ({ family: tiled, entry: "finish", constants: { MOMENTS } })),
];

const kinds = () => [
  { ...constantsOf("forward", { K: 1, stride: 1, upsample: false }), norms: NORMS },
  { ...constantsOf("forward", { K: 3, stride: 1, upsample: false }), norms: NORMS },
  { ...constantsOf("forward", { K: 3, stride: 2, upsample: false }), norms: NORMS },
  { ...constantsOf("forward", { K: 3, stride: 1, upsample: true }), norms: [0] },
  { ...constantsOf("backward", { K: 3, stride: 1, upsample: true }), norms: [0] },
];

const variantsOf = (constants: Constants): Variant[] => [
  ...[0, 1].map((MOMENTS) => ({
    family: tiled,
    entry: "tile",
    constants: { ...constants, MOMENTS },
  })),
  { family: tiled, entry: "part", constants },
];
