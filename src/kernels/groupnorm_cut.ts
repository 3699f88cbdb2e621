// How group norm's kernels cut a tensor among lanes, and the ways there are to do it.
//
// On the software adapters a load costs the same whatever its neighbours load, and workgroup memory is
// a loss: there one lane takes a whole run of values. Elsewhere neighbouring lanes take neighbouring
// values, and a workgroup shares a run.
import { ceilDiv, roundUp, type Shape } from "../core/shape.ts";
import type { Target } from "../device/gpu.ts";

/** All `constants` of cuts. */
export const CUT_CONSTANTS: readonly Cut["constants"][] = [
  { WG: 16, LANES: 1 },
  { WG: 64, LANES: 4 },
  { WG: 64, LANES: 64 },
];

/** How a lane, or a workgroup, takes its run of values. */
export type CutKind = "runs" | "neighbours";

/** Or all of a group by one quad of lanes. */
export type NormWay = "whole" | CutKind;

/** Ranked by what they should cost. */
export function normWays(target: Target, shape: Shape, groups: number): readonly NormWay[] {
  if (!target.software) return ["neighbours", "runs"];
  return isForQuads(target, shape, groups)
    ? ["whole", "runs", "neighbours"]
    : ["runs", "neighbours"];
}

/** Slices are runs of a group's values, parts are runs of a row's: of one channel of one image. */
export interface Cut {
  readonly slice: number;
  readonly slices: number;
  readonly part: number;
  readonly parts: number;
  /** H · W is a multiple of 4: kernels take four values at a time */
  readonly isWide: boolean;
  /** a workgroup sums a run, instead of a lane */
  readonly isShared: boolean;
  /** lanes of a workgroup, and how many of them share a part where nothing is summed */
  readonly constants: { readonly WG: number; readonly LANES: number };
}

const MOST_SLICES = 64; // each lane of the next kernel joins them all
const UNIT = 16; // runs are multiples of this

export function cutOf(kind: CutKind, shape: Shape, groups: number): Cut {
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  const pixels = H * W;
  const isWide = pixels % 4 === 0;
  const isRun = kind === "runs";
  const isShared = isWide && !isRun;
  // enough runs for every lane or workgroup, none shorter than is worth its overhead
  const [enough, shortest] = isRun ? [64, 64] : isShared ? [512, 1024] : [4096, 64];
  const bySlices = runs((C / groups) * pixels, N * groups, { enough, shortest, most: MOST_SLICES });
  const byParts = runs(pixels, N * C, { enough, shortest, most: pixels });
  const lanes = byParts.length >= 256 ? 64 : 4;
  return {
    slice: bySlices.length,
    slices: bySlices.count,
    part: byParts.length,
    parts: byParts.count,
    isWide,
    isShared,
    constants: isRun ? { WG: 16, LANES: 1 } : { WG: 64, LANES: lanes },
  };
}

/** Sums over longer runs would lose digits. */
const LONGEST = 8192;

const ENOUGH_GROUPS = 16; // to keep the few threads of a software adapter busy

/** Whether whole rows can be dealt out to a quad evenly, in sixteens, and there are groups enough. */
function isForQuads({ subgroupSize }: Target, shape: Shape, groups: number): boolean {
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  const [rows, pixels] = [C / groups, H * W];
  const isEven = rows % 4 === 0 && pixels % 16 === 0;
  const isBusy = N * groups >= ENOUGH_GROUPS;
  return subgroupSize >= 4 && isEven && isBusy && (rows / 4) * pixels <= LONGEST;
}

/** Of the kernels in which a quad does all of a group. */
export const WHOLE_WG = 8;

/** How to cut each of `rows` rows of `size` values. */
function runs(
  size: number,
  rows: number,
  { enough, shortest, most }: { enough: number; shortest: number; most: number },
): { length: number; count: number } {
  const useful = Math.max(1, Math.floor(size / shortest));
  const wanted = Math.max(ceilDiv(size, LONGEST), Math.min(ceilDiv(enough, rows), useful));
  const length = roundUp(ceilDiv(size, Math.min(wanted, most)), UNIT);
  return { length, count: ceilDiv(size, length) };
}
