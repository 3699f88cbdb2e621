// Records a convolution or its gradient by the images: on workgroups' tiles (conv2d_tile_record.ts), on
// tiles (shaders/conv2d.wgsl, conv2d_backward.wgsl), by kernels that a target is offered (offered.ts), on
// pixels in a row (conv2d_pointwise.wgsl) or, for rare options, element by element (conv2d_general.wgsl).
// Which of them make which direction is in conv2d_kinds.ts.
//
// All read `reads` channels of a source and write `writes` of a result. Nothing is checked here.
import { ceilDiv } from "../core/shape.ts";
import type { Target } from "../device/gpu.ts";
import type { ShaderFamily, Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, readIf, type Workgroups } from "../graph/graph.ts";
import {
  generalVariants,
  type Kernels,
  sharedBlocks,
  TILE,
  tiledKinds,
  WIDE,
  WORKGROUP,
  wideVariants,
} from "./conv2d_kinds.ts";
import { rankWithWide, WIDE_COLUMNS } from "./conv2d_ranking.ts";
import {
  argsOf,
  type Convolution,
  type ConvolutionTensors,
  type Direction,
  flopsOf,
  isFramed,
  placeOf,
  rolesOf,
  splitsOf,
  worded,
} from "./conv2d_roles.ts";
import { conv2dTileVariants, fitsTiles, recordOnTiles } from "./conv2d_tile_record.ts";
import { conv2d_pointwise as pointwise } from "./generated/conv2d_pointwise.ts";
import { conv2d_tile as inTiles } from "./generated/conv2d_tile.ts";
import { chooseWithOffered, type OfferedKernels } from "./offered.ts";

type Kind = "same" | "strided" | "doubled" | "pointwise" | "general";

const PIXELS = 16; // of a lane, 1×1
const POINTWISE_BLOCKS = 8; // at most

/** Appends the dispatch. Tensors that are not given are bound as the weight, and not read. */
export function recordConvolution(
  graph: Graph,
  kernels: Kernels,
  c: Convolution,
  tensors: ConvolutionTensors,
): void {
  const kind = kindOf(kernels.direction, c);
  if (kind === "general") recordGeneral(graph, kernels, c, tensors);
  else if (kind === "pointwise") recordPointwise(graph, kernels.direction, c, tensors);
  else recordTiles(graph, kernels, { ...c, kind }, tensors);
}

function kindOf(direction: Direction, c: Convolution): Kind {
  const { K, stride, upsample, padding } = c;
  const { top, left } = padding;
  if (K === 1) return stride === 1 && !upsample && isFramed(c, 0) ? "pointwise" : "general";
  if (upsample) return stride === 1 && isFramed(c, 1) ? "doubled" : "general";
  if (stride === 1) return "same";
  return direction === "forward" || top % 2 === left % 2 ? "strided" : "general";
}

type Tiles = Convolution & { kind: "same" | "strided" | "doubled" };

function recordTiles(graph: Graph, kernels: Kernels, c: Tiles, tensors: ConvolutionTensors) {
  const { direction, [c.kind]: tiled } = kernels;
  const { family } = tiled;
  const roles = rolesOf(direction, c);
  const tiles_down = ceilDiv(roles.out_height, TILE);
  const place = { ...roles, ...tiled.place(c), tiles_down };
  const target = graph.targetOf("conv2d");
  const shapes = shapesOf(target, roles.writes, tiled.most?.(target));
  const own = shapes.map((shape) => ({ family, ...shape }));
  const [quads, plain] = [own.slice(0, -1), own.slice(-1)];
  const isRanked = c.kind === "same";
  const rest = isRanked ? rankWithWide(quads, { ...roles, ...placeOf(direction, c) }) : quads;
  choose(graph, direction, c, tensors, [...rest, ...plain], (candidate) => {
    const { entry, BLOCKS, WG, columns = TILE } = candidate;
    const kind = columns === WIDE_COLUMNS ? WIDE : tiled.constants(c);
    const constants = { ...kind, WG, BLOCKS, SHARERS: sharersOf(BLOCKS, target) };
    const tiles_across = ceilDiv(roles.out_width, columns);
    const lanes = roles.images * tiles_down * tiles_across;
    const workgroups = workgroupsOf(lanes, WG, ceilDiv(roles.writes, 4 * BLOCKS));
    const args = argsOf({ ...place, tiles_across, blocks: BLOCKS, four: 4 }, tensors);
    const options = { constants, flops: flopsOf(c) };
    tiled.launch(graph, entry, { args, tensors }, workgroups, options);
  });
}

function recordPointwise(
  graph: Graph,
  direction: Direction,
  c: Convolution,
  tensors: ConvolutionTensors,
): void {
  const { height, width, out_height, out_width, ...roles } = rolesOf(direction, c);
  const pixels = height * width;
  const tiles = ceilDiv(pixels, PIXELS);
  const target = graph.targetOf("conv2d");
  const shapes = shapesOf(target, roles.writes, POINTWISE_BLOCKS);
  const own = shapes.map((shape) => ({ family: pointwise, ...shape }));
  choose(graph, direction, c, tensors, own, ({ entry, BLOCKS, WG }) => {
    const FOURS = pixels % 4 === 0;
    const constants = { WG, BLOCKS, SHARERS: sharersOf(BLOCKS, target), FOURS };
    const workgroups = workgroupsOf(roles.images * tiles, WG, ceilDiv(roles.writes, 4 * BLOCKS));
    const dims = { ...roles, ...splitsOf(tensors), pixels, tiles, blocks: BLOCKS, four: 4 };
    const args = { ...argsOf(dims, tensors), source4: readIf(FOURS, tensors.source) };
    graph.dispatch([pointwise, entry], args, workgroups, { constants, flops: flopsOf(c) });
  });
}

function recordGeneral(
  graph: Graph,
  { direction, general }: Kernels,
  c: Convolution,
  tensors: ConvolutionTensors,
): void {
  if (onTiles(graph, direction, c).length > 0) {
    recordOnTiles(graph, direction, c, tensors);
    return;
  }
  const roles = rolesOf(direction, c);
  const { top, left } = c.padding;
  const options = { top, left, stride: c.stride, kernel: c.K, doubled: Number(c.upsample) };
  const count = roles.images * roles.writes * roles.out_height * roles.out_width;
  const args = argsOf({ ...roles, ...options }, tensors);
  const workgroups = foldWorkgroups(count, 64);
  general(graph, args, workgroups, flopsOf(c));
}

/** Of a kind's own candidates and those that kinds have in common: workgroups' tiles first, offered kernels. */
function choose<Own extends { readonly family: ShaderFamily }>(
  graph: Graph,
  direction: Direction,
  c: Convolution,
  tensors: ConvolutionTensors,
  own: readonly Own[],
  record: (candidate: Own) => void,
): void {
  const work = workOf(direction, c, tensors);
  const ask = (offered: OfferedKernels) => offered.convolution(direction, c, tensors);
  const candidates = [...onTiles(graph, direction, c), ...own];
  chooseWithOffered(graph, ["conv2d", work], candidates, ask, (candidate) => {
    if (candidate === ON_TILES) recordOnTiles(graph, direction, c, tensors);
    else record(candidate as Own);
  });
}

/** What is computed, as a tuning's choices name it. */
function workOf(direction: Direction, c: Convolution, { source, ...optional }: ConvolutionTensors) {
  const added = (["bias", "rows", "added"] as const).filter((name) => optional[name]);
  return [`${direction} ${worded(c, source.dtype)}`, ...added].join(" + ");
}

/** An entry point, blocks of four channels a lane, and lanes a workgroup. */
interface LaunchShape {
  entry: "quads" | "plain";
  BLOCKS: number;
  WG: number;
  /** of pixels, where tiles are not of 4×4 */
  columns?: number;
}

const ON_TILES = { family: inTiles };

function onTiles(graph: Graph, direction: Direction, c: Convolution) {
  const isCandidate = graph.targetOf("conv2d").tiles && fitsTiles(direction, c);
  return isCandidate ? [ON_TILES] : [];
}

/** Ranked by what they should cost; the plain one last, which costs most where lanes share. */
function shapesOf(
  { subgroupSize, software }: Target,
  channels: number,
  most = 4,
): readonly LaunchShape[] {
  const plain = { entry: "plain", BLOCKS: 1, WG: WORKGROUP.plain } as const;
  const isShared = subgroupSize >= 4 && software !== undefined;
  if (!isShared) return [plain];
  const quads = blocksFor(channels, most).map((BLOCKS) => {
    return { entry: "quads", BLOCKS, WG: WORKGROUP.quads } as const;
  });
  return [...quads, plain];
}

/** Lanes that share taps: two quads do where subgroups hold both, and there is a block for each. */
const sharersOf = (blocks: number, { subgroupSize }: Target): number =>
  blocks > 1 && subgroupSize % 8 === 0 ? 8 : 4;

/** 1, 2, 4 and 8, by what they cost, at one for reading the pixels and one for each block. */
function blocksFor(channels: number, most: number): number[] {
  const cost = (blocks: number) => ceilDiv(channels, 4 * blocks) * (1 + blocks);
  return blocksUpTo(most).sort((a, b) => cost(a) - cost(b));
}

const blocksUpTo = (most: number): number[] => [8, 4, 2, 1].filter((blocks) => blocks <= most);

function workgroupsOf(lanes: number, workgroup: number, channelGroups: number): Workgroups {
  return [...foldWorkgroups(lanes, workgroup), channelGroups];
}

/** Every pipeline that a convolution or its gradient can ask for. */
export const conv2dVariants = (): Variant[] => [
  ...conv2dTileVariants(),
  ...tiledKinds().flatMap(({ family, constants }) => variantsOf(family, constants)),
  ...wideVariants(),
  ...[true, false].flatMap((FOURS) => variantsOf(pointwise, { FOURS }, POINTWISE_BLOCKS)),
  ...generalVariants(),
];

function variantsOf(
  family: Variant["family"],
  constants: Variant["constants"],
  most = 4,
): Variant[] {
  const { quads, plain } = WORKGROUP;
  return [
    { family, entry: "plain", constants: { ...constants, WG: plain, BLOCKS: 1, SHARERS: 4 } },
    ...sharedBlocks(blocksUpTo(most)).map((shared) => ({
      family,
      entry: "quads",
      constants: { ...constants, WG: quads, ...shared },
    })),
  ];
}
