// Where a program's run is cut into submissions, so that none outlasts a driver's watchdog.
//
// The time of a dispatch is its share of the program's: of FLOPs and bytes, as if the device moved one
// byte in the time of FLOPS_A_BYTE operations. Once a run was measured, its time counts; before that,
// a guess of what the device does a second.
import type { Target } from "../device/gpu.ts";
import type { Dispatch } from "./graph.ts";

/**
 * A submission should take no longer: Chromium kills a GPU process that does not answer for seconds, and
 * half a second is the most that may be met on a machine that others work on too.
 */
export const LONGEST_SUBMISSION_MS = 250;

/** The same before a run was measured: so a device may be five times slower than is guessed below. */
export const LONGEST_GUESSED_MS = 100;

const FLOPS_A_BYTE = 10;
const OVERHEAD = 1e5; // of a dispatch, in FLOPs: about 10 µs on a software adapter
const GUESSED_RATE = { software: 4e9, hardware: 4e11 }; // FLOPs a second; low, to be safe

type Work = Pick<Dispatch, "flops" | "bytes">;

const workOf = ({ flops, bytes }: Work): number => flops + FLOPS_A_BYTE * bytes + OVERHEAD;

/** What a run of these dispatches takes, in ms, before one was measured. */
export function guessedMs(dispatches: readonly Work[], { software }: Target): number {
  const work = dispatches.reduce((sum, dispatch) => sum + workOf(dispatch), 0);
  return (1000 * work) / GUESSED_RATE[software ? "software" : "hardware"];
}

/**
 * Cuts a run into submissions of at most `longestMs`, as far as dispatches are shorter.
 *
 * @param runMs  what all of it takes
 * @returns      the index of each submission's first dispatch, rising; the first is 0
 */
export function cutsOf(
  dispatches: readonly Work[],
  runMs: number,
  longestMs = LONGEST_SUBMISSION_MS,
): number[] {
  const total = dispatches.reduce((sum, dispatch) => sum + workOf(dispatch), 0);
  const most = (total * longestMs) / runMs;
  const cuts = [0];
  let filled = 0;
  for (const [i, dispatch] of dispatches.entries()) {
    const work = workOf(dispatch);
    if (i > 0 && filled + work > most) {
      cuts.push(i);
      filled = 0;
    }
    filled += work;
  }
  return cuts;
}

/**
 * What a run takes by itself, in ms, from the pieces it was cut into.
 *
 * In some pieces the device did others' work too, such as a page's frame, which is not to count: cuts
 * would become ever shorter. So the pace of the fastest quarter is that of all.
 *
 * @param cuts  of `cutsOf`
 * @param ms    what each piece took, with whatever came in between
 */
export function ownMs(
  dispatches: readonly Work[],
  cuts: readonly number[],
  ms: readonly number[],
): number {
  const works = cuts.map((from, i) =>
    dispatches.slice(from, cuts[i + 1]).reduce((sum, dispatch) => sum + workOf(dispatch), 0),
  );
  const total = works.reduce((sum, work) => sum + work, 0);
  if (total === 0) return 0;
  const paces = works.map((work, i) => ms[i]! / work).sort((a, b) => a - b);
  return total * paces[Math.floor((paces.length - 1) / 4)]!;
}
