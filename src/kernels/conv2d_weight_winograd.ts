// Records the gradient of a 3×3 convolution at stride 1 by its weights by Winograd's F(3×3, 2×2): on a GPU parts
// of the tiles in shaders/conv2d_weight_winograd.wgsl, on SwiftShader in quads (conv2d_weight_winograd_quads.ts).
//
// It multiplies less than the direct kernels, but for doubled pixels, and adds and stages more for it, so that
// it is offered beside them, and a tuning finds where it is faster. Nothing is checked here.
import { ceilDiv } from "../core/shape.ts";
import type { Target } from "../device/gpu.ts";
import type { Variant } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Convolution, flopsOf, weightSizesOf } from "./conv2d_roles.ts";
import {
  fitsWeightQuads,
  recordWeightQuads,
  type WeightQuadsWay,
  weightQuadsVariants,
  weightQuadsWay,
} from "./conv2d_weight_winograd_quads.ts";
import { conv2d_weight_winograd as winograd } from "./generated/conv2d_weight_winograd.ts";

const CHANNELS = 32; // of x, and of dy, a workgroup
const TILES = 4; // of 2×2 pixels, that it takes a turn
const ENOUGH = 256; // workgroups that keep a device busy
const LONGEST_SUM = 512; // of tiles: longer ones round too much
const FEWEST_CHANNELS = 32; // a workgroup's; fewer leave lanes idle, or few quads for a software adapter
/** Of a gradient in quads, 12 ms on two cores: a third of it pays for a pipeline of its own in a hundred steps. */
const FIRST_FLOPS = 1e8;

/** Turns of tiles that a workgroup sums. Plain data, see Graph.choose. */
interface TileWay {
  family: typeof winograd;
  turns_a_part: number;
}

export type WeightWinogradWay = TileWay | WeightQuadsWay;

/** The way that a convolution is offered, where it may pay; one or none. */
export function onWeightWinograd(target: Target, c: Convolution): WeightWinogradWay[] {
  const way = weightWinogradWay(target, c);
  return way && Math.min(c.C, c.O) >= FEWEST_CHANNELS ? [way] : [];
}

/** Whether that way should be the fastest. On no GPU has it been measured. */
export const isFirstWeightWinograd = ({ tiles }: Target, c: Convolution): boolean =>
  !tiles && flopsOf(c) >= FIRST_FLOPS;

/** The way to compute a convolution's gradient, if the target has one. */
export function weightWinogradWay(target: Target, c: Convolution): WeightWinogradWay | undefined {
  if (c.K !== 3 || c.stride !== 1 || c.upsample) return undefined;
  if (target.tiles) return { family: winograd, turns_a_part: turnsAPart(c) };
  return fitsWeightQuads(target, c) ? weightQuadsWay(c) : undefined;
}

/** So many that about ENOUGH workgroups have work. */
function turnsAPart(c: Convolution): number {
  const { turns } = turnsOf(c);
  const blocks = ceilDiv(c.C, CHANNELS) * ceilDiv(c.O, CHANNELS);
  const wanted = Math.max(ceilDiv(ENOUGH, blocks), ceilDiv(turns * TILES, LONGEST_SUM));
  return ceilDiv(turns, Math.min(wanted, turns));
}

/** Whether a candidate is of these. */
export const isWeightWinograd = (way: { family: { name: string } }): way is WeightWinogradWay =>
  way.family.name.startsWith(winograd.name);

interface Recorded {
  way: WeightWinogradWay;
  inputs: { x: Tensor; dy: Tensor };
  partialsOf: (parts: number) => Tensor;
}

/** Appends one dispatch. @returns the partials [parts, O, C, 3, 3] */
export function recordWeightWinograd(graph: Graph, c: Convolution, recorded: Recorded): Tensor {
  const { way, ...tensors } = recorded;
  return "turns_a_part" in way
    ? recordTiles(graph, c, way, tensors)
    : recordWeightQuads(graph, c, way, tensors);
}

function recordTiles(
  graph: Graph,
  c: Convolution,
  { turns_a_part }: TileWay,
  { inputs, partialsOf }: Omit<Recorded, "way">,
): Tensor {
  const { constants, ...turns } = turnsOf(c);
  const parts = ceilDiv(turns.turns, turns_a_part);
  const dims = {
    ...weightSizesOf(c),
    ...turns,
    turns_a_part,
  };
  const partials = partialsOf(parts);
  graph.dispatch(
    [winograd, "tile"],
    { dims, ...inputs, partials },
    [ceilDiv(c.C, CHANNELS), ceilDiv(c.O, CHANNELS), parts],
    { constants, flops: flopsOf(c) },
  );
  return partials;
}

/** Turns are rectangles of TILES tiles. */
function turnsOf(c: Convolution) {
  const constants = constantsOf(c.outW <= 4);
  const turns_down = ceilDiv(c.outH, (4 * TILES) / constants.COLUMNS);
  const turns_across = ceilDiv(c.outW, constants.COLUMNS);
  return { constants, turns_down, turns_across, turns: c.N * turns_down * turns_across };
}

const constantsOf = (isNarrow: boolean) => ({ COLUMNS: isNarrow ? 4 : 8 });

/** Every pipeline that can be asked for. */
export const conv2dWeightWinogradVariants = (): Variant[] => [
  ...weightQuadsVariants(),
  ...[false, true].map((isNarrow) => ({
    family: winograd,
    entry: "tile",
    constants: constantsOf(isNarrow),
  })),
];
