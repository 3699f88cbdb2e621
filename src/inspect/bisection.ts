// Times of dispatches without timestamps: submissions are timed, and halved where it matters.
//
// A run is submitted in pieces, one after the other, each waited for; pieces that take a good part of
// the time are halved in the next run. A piece that is not worth halving shares its time out by the
// work of its dispatches.
import { median } from "../core/statistics.ts";
import type { Gpu } from "../device/gpu.ts";
import { timedRun } from "../graph/measuring.ts";
import type { Program } from "../graph/program.ts";

export interface BisectedTiming {
  ms: number;
  repeats: number;
  /** dispatches of its piece */
  timed_together: number;
}

interface Piece {
  from: number;
  to: number;
  ms: number;
}

const WORTH_HALVING = 0.01; // of the whole time
const ROUND_TRIPS = 5; // a piece must last as many of an empty submission
const FLOPS_A_BYTE = 10;

/**
 * The time of every dispatch, less that of an empty submission.
 *
 * @param runs  of which medians are taken, at every halving
 */
export async function bisect(
  gpu: Gpu,
  program: Program,
  runs: number,
): Promise<{ timings: BisectedTiming[]; wallMs: number; profiledMs: number }> {
  const walls: number[] = [];
  for (let run = 0; run < runs; run++) walls.push(await timedRun(program));
  const empty = await emptyMs(gpu, program, runs);
  const count = program.dispatches.length;
  let pieces: Piece[] = [{ from: 0, to: count, ms: Number.POSITIVE_INFINITY }];
  let profiledMs = 0;
  for (let isHalved = true; isHalved; ) {
    const timed = await timedPieces(gpu, program, { pieces, runs, empty });
    profiledMs = timed.wallMs;
    const total = timed.pieces.reduce((sum, { ms }) => sum + ms, 0);
    const least = Math.max(WORTH_HALVING * total, ROUND_TRIPS * empty);
    pieces = timed.pieces.flatMap((piece) => halves(piece, least));
    isHalved = pieces.length > timed.pieces.length;
  }
  const timings = pieces.flatMap((piece) => sharesOf(program, piece));
  return { timings, wallMs: median(walls), profiledMs };
}

function halves(piece: Piece, least: number): Piece[] {
  const { from, to, ms } = piece;
  if (to - from < 2 || ms < least) return [piece];
  const middle = Math.floor((from + to) / 2);
  return [
    { from, to: middle, ms },
    { from: middle, to, ms },
  ];
}

/** Runs the pieces in order, `runs` times over. */
async function timedPieces(
  gpu: Gpu,
  program: Program,
  { pieces, runs, empty }: { pieces: readonly Piece[]; runs: number; empty: number },
): Promise<{ pieces: Piece[]; wallMs: number }> {
  const times: number[][] = pieces.map(() => []);
  const walls: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    for (const [i, { from, to }] of pieces.entries()) {
      times[i]!.push(await submittedMs(gpu, program, from, to));
    }
    walls.push(performance.now() - start);
  }
  const timed = pieces.map(({ from, to }, i) => {
    return { from, to, ms: Math.max(0, median(times[i]!) - empty) };
  });
  return { pieces: timed, wallMs: median(walls) };
}

async function emptyMs(gpu: Gpu, program: Program, runs: number): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) times.push(await submittedMs(gpu, program, 0, 0));
  return median(times.slice(1)); // the first warms up
}

async function submittedMs(gpu: Gpu, program: Program, from: number, to: number): Promise<number> {
  const start = performance.now();
  const encoder = gpu.device.createCommandEncoder({ label: `${program.label}.bisection` });
  program.encode(encoder, from, to);
  gpu.submit([encoder.finish()]);
  await gpu.idle();
  return performance.now() - start;
}

/** A piece's time, shared out by FLOPs and bytes. */
function sharesOf(program: Program, { from, to, ms }: Piece): BisectedTiming[] {
  const dispatches = program.dispatches.slice(from, to);
  const works = dispatches.map(({ flops, bytes }) => flops + FLOPS_A_BYTE * bytes);
  const total = works.reduce((sum, work) => sum + work, 0);
  return works.map((work) => {
    return { ms: (ms * work) / total, repeats: 1, timed_together: to - from };
  });
}
