// Records a 3×3 convolution at stride 1, or its gradient by the images, on tiles of 4×8 pixels for the
// quads of a software adapter: shaders/conv2d_wide.wgsl. Nothing is checked here.
import { ceilDiv } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import {
  argsOf,
  type Convolution,
  type ConvolutionTensors,
  type Direction,
  flopsOf,
  placeOf,
  rolesOf,
} from "./conv2d_roles.ts";
import { conv2d_wide as wide } from "./generated/conv2d_wide.ts";

/** An entry point, blocks of four channels a lane, and lanes a workgroup. */
export interface WideShape {
  family: typeof wide;
  entry: "quads";
  BLOCKS: number;
  WG: number;
}

const ROWS = 4;
const LANES = 16; // a workgroup, of either
const COLUMNS = { wide: 8, narrow: 4 };
const SHAPES: readonly WideShape[] = [4, 2].map((BLOCKS) => {
  return { family: wide, entry: "quads", BLOCKS, WG: LANES };
});
/** What a wide tile costs, of what a narrow one does: as measured, between 1.6 and 2. */
const WEIGHT = 1.7;
/** A tuning measures these and one more. */
const MOST = 3;

/** Whether a candidate for a convolution is of these. */
export const isWide = (candidate: { family: { name: string } }): candidate is WideShape =>
  candidate.family.name === wide.name;

/** Quads on tiles of 4×4 pixels, and these, by what they should cost, idle lanes included; the best. */
export function rankWithWide<Narrow extends { BLOCKS: number }>(
  narrow: readonly Narrow[],
  { images, out_height, out_width, writes }: ReturnType<typeof rolesOf>,
): (Narrow | WideShape)[] {
  const ranked = (shape: Narrow | WideShape, columns: number, weight: number) => {
    const tiles = images * ceilDiv(out_height, ROWS) * ceilDiv(out_width, columns);
    const workgroups = ceilDiv(tiles, LANES) * ceilDiv(writes, 4 * shape.BLOCKS);
    return { shape, cost: workgroups * weight * (1 + shape.BLOCKS) };
  };
  return [
    ...narrow.map((shape) => ranked(shape, COLUMNS.narrow, 1)),
    ...SHAPES.map((shape) => ranked(shape, COLUMNS.wide, WEIGHT)),
  ]
    .sort((a, b) => a.cost - b.cost)
    .slice(0, MOST)
    .map(({ shape }) => shape);
}

/** Appends the dispatch. */
export function recordWide(
  graph: Graph,
  direction: Direction,
  c: Convolution,
  tensors: ConvolutionTensors,
  { BLOCKS, WG }: WideShape,
): void {
  const roles = rolesOf(direction, c);
  const tiles_down = ceilDiv(roles.out_height, ROWS);
  const tiles_across = ceilDiv(roles.out_width, COLUMNS.wide);
  const lanes = roles.images * tiles_down * tiles_across;
  const dims = { ...roles, ...placeOf(direction, c), tiles_down, tiles_across };
  graph.dispatch(
    [wide, "quads"],
    argsOf({ ...dims, blocks: BLOCKS, four: 4 }, tensors),
    [...foldWorkgroups(lanes, WG), ceilDiv(roles.writes, 4 * BLOCKS)],
    { constants: { WG, BLOCKS }, flops: flopsOf(c) },
  );
}

/** Every pipeline that can be asked for. */
export const conv2dWideVariants = (): Variant[] =>
  SHAPES.map(({ family, entry, BLOCKS, WG }) => {
    return { family, entry, constants: { WG, BLOCKS } };
  });
