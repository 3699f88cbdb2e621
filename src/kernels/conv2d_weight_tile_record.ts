// Records a convolution's gradient by its weights on workgroups' tiles, for GPUs: parts of the pixels
// in shaders/conv2d_weight_tile.wgsl (3×3) or conv2d_weight_pointwise_tile.wgsl (1×1).
// Nothing is checked here.
import { ceilDiv } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import type { Graph, Workgroups } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Convolution, flopsOf } from "./conv2d_roles.ts";
import { conv2d_weight_pointwise_tile as pointwise } from "./generated/conv2d_weight_pointwise_tile.ts";
import { conv2d_weight_tile as tiled } from "./generated/conv2d_weight_tile.ts";

const CHANNELS = { tiled: 32, pointwise: 64 }; // of x, and of dy, a workgroup
const QUADS = 4; // fours of pixels that `pointwise` takes a turn
const ENOUGH = 512; // workgroups that keep a device busy
const LONGEST_SUM = 2048; // of pixels: longer ones round too much
const ROWS = 4;

/** Whether the tiles compute it, and lose little: few channels would leave most lanes idle. */
export function fitsWeightTiles({ C, O, K, H, W, stride, upsample }: Convolution): boolean {
  if (stride !== 1 || Math.min(C, O) < 16) return false;
  return K === 3 || (!upsample && (H * W) % 4 === 0);
}

/** Appends one dispatch. @returns the partials [parts, O, C, K, K] */
export function recordOnWeightTiles(
  graph: Graph,
  c: Convolution,
  inputs: { x: Tensor; dy: Tensor },
  partialsOf: (parts: number) => Tensor,
): Tensor {
  const record = c.K === 1 ? recordPointwise : recordTiles;
  return record(graph, c, inputs, partialsOf);
}

function recordTiles(...[graph, c, inputs, partialsOf]: Parameters<typeof recordOnWeightTiles>) {
  const constants = constantsOf(c.upsample, c.outW <= 4);
  const turns_down = ceilDiv(c.outH, ROWS);
  const turns_across = ceilDiv(c.outW, constants.COLUMNS);
  const turns = c.N * turns_down * turns_across;
  const place = placeOf(c, CHANNELS.tiled, { turns, pixels: ROWS * constants.COLUMNS });
  const dims = {
    images: c.N,
    in_channels: c.C,
    out_channels: c.O,
    rows: c.outH,
    columns: c.outW,
    x_rows: c.H,
    x_columns: c.W,
    top: c.padding.top,
    left: c.padding.left,
    turns_down,
    turns_across,
    turns,
    turns_a_part: place.turns_a_part,
  };
  const partials = partialsOf(place.parts);
  const work = { constants, flops: flopsOf(c) };
  graph.dispatch([tiled, "tile"], { dims, ...inputs, partials }, place.workgroups, work);
  return partials;
}

function recordPointwise(
  ...[graph, c, inputs, partialsOf]: Parameters<typeof recordOnWeightTiles>
) {
  const quads = (c.H * c.W) / 4;
  const all_quads = c.N * quads;
  const turns = ceilDiv(all_quads, QUADS);
  const place = placeOf(c, CHANNELS.pointwise, { turns, pixels: 4 * QUADS });
  const dims = {
    in_channels: c.C,
    out_channels: c.O,
    quads,
    all_quads,
    turns,
    turns_a_part: place.turns_a_part,
  };
  const partials = partialsOf(place.parts);
  const work = { flops: flopsOf(c) };
  graph.dispatch([pointwise, "tile"], { dims, ...inputs, partials }, place.workgroups, work);
  return partials;
}

/** How many parts, and what of it each is. */
function placeOf(
  { C, O }: Convolution,
  channels: number,
  { turns, pixels }: { turns: number; pixels: number },
) {
  const [across, down] = [ceilDiv(C, channels), ceilDiv(O, channels)];
  const wanted = Math.max(ceilDiv(ENOUGH, across * down), ceilDiv(turns * pixels, LONGEST_SUM));
  const turns_a_part = ceilDiv(turns, Math.min(wanted, turns));
  const parts = ceilDiv(turns, turns_a_part);
  return { parts, turns_a_part, workgroups: [across, down, parts] satisfies Workgroups };
}

const constantsOf = (isDoubled: boolean, isNarrow: boolean) => ({
  DOUBLED: Number(isDoubled),
  COLUMNS: isNarrow ? 4 : 8,
});

/** Every pipeline that can be asked for. */
export const conv2dWeightTileVariants = (): Variant[] => [
  ...[false, true].flatMap((isDoubled) =>
    [false, true].map((isNarrow) => ({
      family: tiled,
      entry: "tile",
      constants: constantsOf(isDoubled, isNarrow),
    })),
  ),
  { family: pointwise, entry: "tile", constants: {} },
];
