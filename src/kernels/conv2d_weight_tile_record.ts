// Records a convolution's gradient by its weights on workgroups' tiles, for GPUs: parts of the pixels
// in shaders/conv2d_weight_tile.wgsl (3×3) or conv2d_weight_pointwise_tile.wgsl (1×1).
// Nothing is checked here.
import { ceilDiv } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import type { Graph, Workgroups } from "../graph/graph.ts";
import { splitOf, type Tensor } from "../graph/tensor.ts";
import { type Convolution, flopsOf, NORMS, throughNorm, walkedSizesOf } from "./conv2d_roles.ts";
import { conv2d_weight_pointwise_tile as pointwise } from "./generated/conv2d_weight_pointwise_tile.ts";
import { conv2d_weight_tile as tiled } from "./generated/conv2d_weight_tile.ts";

const CHANNELS = { tiled: 32, pointwise: 64 }; // of x, and of dy, a workgroup
const QUADS = 4; // fours of pixels that `pointwise` takes a turn
const ENOUGH = 512; // workgroups that keep a device busy
const LONGEST_SUM = 2048; // of pixels: longer ones round too much
const ROWS = 4;

/** Turns of pixels that a workgroup sums. Plain data, see Graph.choose. */
export interface TileWay {
  family: typeof tiled | typeof pointwise;
  turns_a_part: number;
}

/** Ranked by what they should cost; none where the tiles do not compute it. */
export function weightTileWays(c: Convolution): TileWay[] {
  if (!fitsTiles(c)) return [];
  const family = c.K === 1 ? pointwise : tiled;
  const all = [ENOUGH, ENOUGH / 4, ENOUGH * 4].map((enough) => turnsAPart(c, enough));
  return [...new Set(all)].map((turns_a_part) => ({ family, turns_a_part }));
}

/** Whether the tiles compute it, and lose little: few channels would leave most lanes idle. */
function fitsTiles({ C, O, K, H, W, stride, upsample }: Convolution): boolean {
  if (Math.min(C, O) < 16 || (stride !== 1 && upsample)) return false;
  return K === 3 || (stride === 1 && !upsample && (H * W) % 4 === 0);
}

interface Recorded {
  way: TileWay;
  inputs: { x: Tensor; dy: Tensor };
  partialsOf: (parts: number) => Tensor;
}

/** Appends one dispatch. @returns the partials [parts, O, C, K, K] */
export function recordOnWeightTiles(graph: Graph, c: Convolution, recorded: Recorded): Tensor {
  const record = c.K === 1 ? recordPointwise : recordTiles;
  return record(graph, c, recorded);
}

function recordTiles(graph: Graph, c: Convolution, { way, inputs, partialsOf }: Recorded): Tensor {
  const { x, dy } = inputs;
  const [p, around] = c.upsample ? [x, dy] : [dy, x];
  const { NORMED, source: q, lines } = throughNorm(around);
  const { constants, sizes, turns_down, turns_across, turns } = turnsOf(c);
  const { parts, workgroups } = placeOf(c, way, turns);
  const { turns_a_part } = way;
  const dims = { ...sizes, split: splitOf(q), turns_down, turns_across, turns, turns_a_part };
  const partials = partialsOf(parts);
  const work = { constants: { ...constants, NORMED }, flops: flopsOf(c) };
  graph.dispatch([tiled, "tile"], { dims, p, q, lines, partials }, workgroups, work);
  return partials;
}

function recordPointwise(
  graph: Graph,
  c: Convolution,
  { way, inputs, partialsOf }: Recorded,
): Tensor {
  const { NORMED, source: x, lines } = throughNorm(inputs.x);
  const { quads, all_quads, turns } = quadsOf(c);
  const place = placeOf(c, way, turns);
  const dims = {
    images: c.N,
    in_channels: c.C,
    split: splitOf(x),
    out_channels: c.O,
    quads,
    all_quads,
    turns,
    turns_a_part: way.turns_a_part,
  };
  const partials = partialsOf(place.parts);
  const work = { constants: { NORMED }, flops: flopsOf(c) };
  const args = { dims, dy: inputs.dy, x, lines, partials };
  graph.dispatch([pointwise, "tile"], args, place.workgroups, work);
  return partials;
}

/** The turns of the 3×3 kernel: rectangles of pixels of what it walks, which is x where that is doubled. */
function turnsOf(c: Convolution) {
  const sizes = walkedSizesOf(c, c.upsample);
  const constants = constantsOf(c, sizes.columns <= 4);
  const turns_down = ceilDiv(sizes.rows, ROWS);
  const turns_across = ceilDiv(sizes.columns, constants.COLUMNS);
  const turns = c.N * turns_down * turns_across;
  return { constants, sizes, turns_down, turns_across, turns, pixels: ROWS * constants.COLUMNS };
}

/** The turns of the 1×1 kernel: a few fours of pixels. */
function quadsOf({ N, H, W }: Convolution) {
  const quads = (H * W) / 4;
  const all_quads = N * quads;
  return { quads, all_quads, turns: ceilDiv(all_quads, QUADS), pixels: 4 * QUADS };
}

const channelsOf = ({ K }: Convolution) => (K === 1 ? CHANNELS.pointwise : CHANNELS.tiled);

/** So many that about `enough` workgroups have work. */
function turnsAPart(c: Convolution, enough: number): number {
  const { turns, pixels } = c.K === 1 ? quadsOf(c) : turnsOf(c);
  const channels = channelsOf(c);
  const tiles = ceilDiv(c.C, channels) * ceilDiv(c.O, channels);
  const wanted = Math.max(ceilDiv(enough, tiles), ceilDiv(turns * pixels, LONGEST_SUM));
  return ceilDiv(turns, Math.min(wanted, turns));
}

/** How many parts there are, and the workgroups of all. */
function placeOf(c: Convolution, { turns_a_part }: TileWay, turns: number) {
  const [x, dy] = [c.C, c.O].map((count) => ceilDiv(count, channelsOf(c)));
  const [across, down] = c.upsample ? [dy, x] : [x, dy];
  const parts = ceilDiv(turns, turns_a_part);
  return { parts, workgroups: [across!, down!, parts] satisfies Workgroups };
}

type Kind = Pick<Convolution, "stride" | "upsample">;

/** At stride 2 the patch of wider tiles would leave the memory that every workgroup has. */
function constantsOf({ stride, upsample }: Kind, isNarrow: boolean) {
  const BOXED = Number(upsample);
  const STRIDE = stride + BOXED;
  return { STRIDE, BOXED, COLUMNS: isNarrow || STRIDE === 2 ? 4 : 8 };
}

/** Every pipeline that can be asked for; none normalises what it doubles. */
export const conv2dWeightTileVariants = (): Variant[] => [
  ...NORMS.flatMap((NORMED) => [
    variant({ stride: 1, upsample: false }, false, NORMED),
    variant({ stride: 1, upsample: false }, true, NORMED),
    variant({ stride: 2, upsample: false }, true, NORMED),
  ]),
  variant({ stride: 1, upsample: true }, true),
  ...NORMS.map((NORMED) => ({ family: pointwise, entry: "tile", constants: { NORMED } })),
];

function variant(kind: Kind, isNarrow: boolean, NORMED = 0): Variant {
  return { family: tiled, entry: "tile", constants: { ...constantsOf(kind, isNarrow), NORMED } };
}
