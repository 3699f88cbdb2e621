// Records a convolution, or at stride 1 its gradient by the images, on workgroups' tiles, for GPUs:
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
  const { writes } = rolesOf(direction, c);
  const isPlain = c.stride === 1 && !c.upsample;
  const isForward = c.stride === 1 || (c.K === 3 && !c.upsample);
  const isFit = direction === "forward" ? isForward : isPlain;
  return isFit && writes >= CHANNELS / 4;
}

/** Appends the dispatch, or two. */
export function recordOnTiles(
  graph: Graph,
  direction: Direction,
  c: Convolution,
  given: ConvolutionTensors,
): void {
  const { dims, tile, tiles } = planOf(direction, c);
  const { NORMED, lines, source } = throughNorm(given.source);
  const tensors = { ...given, source };
  const bound = argsOf({ ...dims, ...splitsOf(tensors) }, tensors);
  const { bias, rows, added, result, ...read } = { ...bound, lines };
  const workgroups: Workgroups = [...foldWorkgroups(tiles, 1), dims.out_tiles * dims.parts];
  const constants = { ...constantsOf(c, tile), NORMED };
  const flops = flopsOf(c);
  const moments = momentsOf(graph, direction, c, given, wholeTile(dims, tile));
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

/** Pixels of an image that a workgroup writes at last; none where some write fewer. */
function wholeTile({ parts, out_height, out_width }: Dims, { ROWS, COLUMNS }: Tile): number {
  const isWhole = out_height % ROWS === 0 && out_width % COLUMNS === 0;
  if (parts === 1) return isWhole ? ROWS * COLUMNS : 0;
  const pixels = out_height * out_width;
  const run = Math.min(pixels, LANES);
  return pixels % run === 0 && LANES % run === 0 ? run : 0;
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
  if (!graph.targetOf("conv2d").fuses || !isBeforeNorm || pixels === 0) {
    return graph.alloc([3], "conv2d.moments");
  }
  result.moments = graph.alloc([N, O, (outH * outW) / pixels, 3], "conv2d.moments");
  return result.moments;
}

type Dims = ReturnType<typeof planOf>["dims"];
type Tile = (typeof TILES)[number];

function planOf(direction: Direction, c: Convolution) {
  const { height, width, ...roles } = rolesOf(direction, c);
  const tile = TILES.find(({ COLUMNS }) => roles.out_width <= COLUMNS) ?? TILES[2];
  const { COLUMNS, ROWS, IMAGES } = tile;
  const scale = c.upsample ? 2 : 1;
  const tiles_down = ceilDiv(roles.out_height, ROWS);
  const tiles_across = ceilDiv(roles.out_width, COLUMNS);
  const tiles = ceilDiv(roles.images, IMAGES) * tiles_down * tiles_across;
  const out_tiles = ceilDiv(roles.writes, CHANNELS);
  const turns = ceilDiv(roles.reads, c.K === 1 ? 16 : 4 / c.stride);
  const wanted = Math.min(Math.floor(ENOUGH / (tiles * out_tiles)), ceilDiv(turns, FEWEST_TURNS));
  const turns_a_part = ceilDiv(turns, Math.max(1, wanted));
  const parts = ceilDiv(turns, turns_a_part);
  const dims = {
    ...roles,
    ...placeOf(direction, c),
    height: height * scale,
    width: width * scale,
    tiles_down,
    tiles_across,
    out_tiles,
    turns,
    turns_a_part,
    parts,
  };
  return { dims, tile, tiles };
}

type Kind = Pick<Convolution, "K" | "stride" | "upsample">;

const constantsOf = ({ K, stride, upsample }: Kind, tile: Tile) => ({
  KERNEL: K,
  STRIDE: stride,
  DOUBLED: Number(upsample),
  ...tile,
});

const PLAIN = { stride: 1, upsample: false };
const KINDS: readonly (Kind & { norms: readonly number[] })[] = [
  ...[1, 3].flatMap((K) => [
    { ...PLAIN, K, norms: NORMS },
    { ...PLAIN, K, upsample: true, norms: [0] },
  ]),
  { ...PLAIN, K: 3, stride: 2, norms: NORMS },
];

/** Every pipeline that can be asked for; none normalises what it doubles. */
export const conv2dTileVariants = (): Variant[] => [
  ...TILES.flatMap((tile) =>
    KINDS.flatMap(({ norms, ...kind }) =>
      norms.flatMap((NORMED) => variantsOf({ ...constantsOf(kind, tile), NORMED })),
    ),
  ),
  ...[0, 1].map((MOMENTS) => ({ family: tiled, entry: "finish", constants: { MOMENTS } })),
];

const variantsOf = (constants: Constants): Variant[] => [
  ...[0, 1].map((MOMENTS) => ({
    family: tiled,
    entry: "tile",
    constants: { ...constants, MOMENTS },
  })),
  { family: tiled, entry: "part", constants },
];
