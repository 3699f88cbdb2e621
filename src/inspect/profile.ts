// Where a program's time goes: each dispatch timed, joined with the work that it does.
//
// Profiling runs the program with a pass for each dispatch, several times over; what the program
// changes is changed as often. Nothing else of it differs from a run. Without timestamps whole
// submissions are timed (./bisection.ts), and the profile says so.
import { median } from "../core/statistics.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Phase } from "../graph/graph.ts";
import { timedPasses, timedRun } from "../graph/measuring.ts";
import type { Program } from "../graph/program.ts";
import { bisect } from "./bisection.ts";
import { timestampGrain } from "./timestamp_grain.ts";

export interface DispatchProfile {
  /** its place in the program */
  index: number;
  /** family.entry */
  label: string;
  phase: Phase;
  workgroups: readonly [number, number, number];
  /** median of the runs */
  ms: number;
  /** a multiply-add counted as two */
  flops: number;
  /** of all tensors bound, each once: what has to be moved at least */
  bytes: number;
  /** how often it ran in its pass, to outlast the clock's grain */
  repeats: number;
  /** dispatches that were timed as one, and share the time by their work; 1 with timestamps */
  timed_together: number;
}

/** Dispatches of one label, or of one phase, together. */
export interface WorkSum {
  name: string;
  dispatches: number;
  ms: number;
  /** of the whole program's time */
  share: number;
  flops: number;
  bytes: number;
  gflops_per_s: number;
  gbytes_per_s: number;
}

export interface Profile {
  method: "timestamps" | "submissions";
  /** of the timestamps; null where submissions were timed */
  grain_ns: number | null;
  /** a run as one pass and one submission, host and GPU together; median */
  wall_ms: number;
  /** the same run while it is profiled: what profiling costs; median */
  profiled_wall_ms: number;
  /** of all dispatches, each in a pass of its own */
  gpu_ms: number;
  runs: number;
  phases: WorkSum[];
  /** costliest first */
  kernels: WorkSum[];
  dispatches: DispatchProfile[];
}

const GRAINS = 20; // a dispatch is repeated until its pass lasts this many grains: 5 % of error
const MOST_REPEATS = 64;

interface Timings {
  timings: Timing[];
  /** medians of a run, and of a profiled run, taken in turns */
  wallMs: number;
  profiledMs: number;
}

type Timing = Pick<DispatchProfile, "ms" | "repeats" | "timed_together">;

/**
 * Profiles a program.
 *
 * @param runs    of each kind, ≥ 1; one more comes before, to warm up
 * @param method  default: timestamps where the device has them
 * @throws DeviceError device/feature for timestamps on a device without timestamp-query
 */
export async function profileProgram(
  gpu: Gpu,
  program: Program,
  runs: number,
  method: Profile["method"] = gpu.has("timestamp-query") ? "timestamps" : "submissions",
): Promise<Profile> {
  await timedRun(program);
  const isStamped = method === "timestamps";
  const grain_ns = isStamped ? await timestampGrain(gpu) : null;
  const { timings, wallMs, profiledMs } = await (grain_ns === null
    ? bisect(gpu, program, runs)
    : stamped(program, runs, grain_ns));
  gpu.check();
  const dispatches = program.dispatches.map((dispatch, index): DispatchProfile => {
    const { label, phase, workgroups, flops, bytes } = dispatch;
    return { index, label, phase, workgroups, flops, bytes, ...timings[index]! };
  });
  return {
    method,
    grain_ns,
    wall_ms: wallMs,
    profiled_wall_ms: profiledMs,
    gpu_ms: dispatches.reduce((sum, { ms }) => sum + ms, 0),
    runs,
    phases: sumsBy(dispatches, ({ phase }) => phase),
    kernels: sumsBy(dispatches, ({ label }) => label).sort((a, b) => b.ms - a.ms),
    dispatches,
  };
}

/** Times by timestamps: a first run says how often each dispatch must be repeated. */
async function stamped(program: Program, runs: number, grainNs: number): Promise<Timings> {
  const first = await timedPasses(program);
  const repeats = [...first].map((nanoseconds) =>
    Math.min(
      MOST_REPEATS,
      Math.max(1, Math.ceil((GRAINS * grainNs) / Math.max(nanoseconds, grainNs))),
    ),
  );
  const [walls, profiled]: [number[], number[]] = [[], []];
  const stamps: Float64Array[] = [];
  for (let run = 0; run < runs; run++) {
    walls.push(await timedRun(program));
    const start = performance.now();
    stamps.push(await timedPasses(program, repeats));
    profiled.push(performance.now() - start);
  }
  const timings = repeats.map((count, i) => {
    const ms = median(stamps.map((nanoseconds) => nanoseconds[i]!)) / count / 1e6;
    return { ms, repeats: count, timed_together: 1 };
  });
  return { timings, wallMs: median(walls), profiledMs: median(profiled) };
}

/** Sums of the dispatches that share a name, in the order in which names first occur. */
export function sumsBy(
  dispatches: readonly DispatchProfile[],
  nameOf: (dispatch: DispatchProfile) => string,
): WorkSum[] {
  const total = dispatches.reduce((sum, { ms }) => sum + ms, 0);
  const byName = new Map<string, DispatchProfile[]>();
  for (const dispatch of dispatches) {
    const name = nameOf(dispatch);
    byName.set(name, [...(byName.get(name) ?? []), dispatch]);
  }
  return [...byName].map(([name, members]) => {
    const sum = (of: "ms" | "flops" | "bytes") => members.reduce((all, it) => all + it[of], 0);
    const [ms, flops, bytes] = [sum("ms"), sum("flops"), sum("bytes")];
    return {
      name,
      dispatches: members.length,
      ms,
      share: total > 0 ? ms / total : 0,
      flops,
      bytes,
      gflops_per_s: ms > 0 ? flops / ms / 1e6 : 0,
      gbytes_per_s: ms > 0 ? bytes / ms / 1e6 : 0,
    };
  });
}
