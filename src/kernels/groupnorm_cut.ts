// How group norm's kernels cut a tensor among lanes, and the ways there are to do it.
//
// On the software adapters a load costs the same whatever its neighbours load, and workgroup memory is
// a loss: there one lane takes a whole run of values. Elsewhere neighbouring lanes take neighbouring
// values, and a workgroup shares a run.
import { ceilDiv, roundUp, type Shape } from "../core/shape.ts";
import type { Target } from "../device/gpu.ts";

/** What `sharersOf` gives where it is not 0. */
export const SHARERS: readonly number[] = [4, 8];

/** All `constants` of cuts. */
export const CUT_CONSTANTS: readonly Cut["constants"][] = [
  { WG: 16, LANES: 1 },
  { WG: 64, LANES: 4 },
  { WG: 64, LANES: 64 },
];

/** How a lane, or a workgroup, takes its run of values. */
export type CutKind = "runs" | "neighbours";

/** Plain data, see Graph.choose. */
export interface NormWay {
  /** lanes that share a whole group; 0: it is cut */
  sharers: number;
  cut: CutKind;
}

/** Ranked by what they should cost. */
export function normWays(target: Target, shape: Shape, groups: number): readonly NormWay[] {
  const cuts: CutKind[] = target.software ? ["runs", "neighbours"] : ["neighbours", "runs"];
  const ways = cuts.map((cut): NormWay => ({ sharers: 0, cut }));
  const sharers = sharersOf(target, shape, groups);
  return sharers > 0 ? [{ sharers, cut: "runs" }, ...ways] : ways;
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

/**
 * How many lanes share a group, where one small workgroup does all of it: on software adapters, where
 * whole rows can be dealt out evenly. Else 0: the group is cut.
 */
export function sharersOf(target: Target, shape: Shape, groups: number): number {
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  const [rows, pixels, lanes] = [C / groups, H * W, target.subgroupSize];
  if (target.software === undefined || !SHARERS.includes(lanes)) return 0;
  const isEven = rows % lanes === 0 && pixels % 4 === 0;
  const isBusy = N * groups >= ENOUGH_GROUPS;
  return isEven && isBusy && (rows / lanes) * pixels <= LONGEST ? lanes : 0;
}

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
