// Where a program's time goes: each dispatch timed on the GPU, joined with the work that it does.
//
// Profiling runs the program with a pass for each dispatch, several times over; what the program
// changes is changed as often. Nothing else of it differs from a run.
import { median } from "../core/statistics.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Phase } from "../graph/graph.ts";
import type { Program } from "../graph/program.ts";

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
}

/** Dispatches of one label, or of one phase, together. */
export interface WorkSum {
  name: string;
  dispatches: number;
  ms: number;
  /** of the whole program's time */
  share: number;
  gflops_per_s: number;
  gbytes_per_s: number;
}

export interface Profile {
  /** a run as one pass and one submission, host and GPU together; median */
  wall_ms: number;
  /** of all dispatches, each in a pass of its own */
  gpu_ms: number;
  runs: number;
  phases: WorkSum[];
  /** costliest first */
  kernels: WorkSum[];
  dispatches: DispatchProfile[];
}

/**
 * Profiles a program.
 *
 * @param runs  of each kind, ≥ 1; one more comes before, to warm up
 * @throws DeviceError device/feature without the feature timestamp-query
 */
export async function profileProgram(gpu: Gpu, program: Program, runs: number): Promise<Profile> {
  await program.timedRun();
  const walls: number[] = [];
  const stamps: Float64Array[] = [];
  for (let run = 0; run < runs; run++) {
    walls.push(await program.timedRun());
    stamps.push(await program.profile());
  }
  gpu.check();
  const dispatches = program.dispatches.map((dispatch, index): DispatchProfile => {
    const { label, phase, workgroups, flops, bytes } = dispatch;
    const ms = median(stamps.map((nanoseconds) => nanoseconds[index]!)) / 1e6;
    return { index, label, phase, workgroups, ms, flops, bytes };
  });
  return {
    wall_ms: median(walls),
    gpu_ms: dispatches.reduce((sum, { ms }) => sum + ms, 0),
    runs,
    phases: sumsBy(dispatches, ({ phase }) => phase),
    kernels: sumsBy(dispatches, ({ label }) => label).sort((a, b) => b.ms - a.ms),
    dispatches,
  };
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
    const ms = sum("ms");
    return {
      name,
      dispatches: members.length,
      ms,
      share: total > 0 ? ms / total : 0,
      gflops_per_s: ms > 0 ? sum("flops") / ms / 1e6 : 0,
      gbytes_per_s: ms > 0 ? sum("bytes") / ms / 1e6 : 0,
    };
  });
}
