// The grain of a device's timestamps: the largest step of which all that it measures are multiples.
//
// Chrome rounds to 100 µs or so; drivers count in ticks of 1 to 1000 ns.
import type { Gpu } from "../device/gpu.ts";
import { Graph } from "../graph/graph.ts";
import { timedPasses } from "../graph/measuring.ts";
import { Program } from "../graph/program.ts";
import { nothing } from "../kernels/ceilings.ts";

const PASSES = 64;

/** Where every measured time is 0: as coarse as browsers round. */
const COARSEST_NS = 100_000;

/**
 * The grain in nanoseconds, from passes of one to sixteen dispatches that do nothing.
 *
 * @throws DeviceError device/feature without timestamp-query
 */
export async function timestampGrain(gpu: Gpu): Promise<number> {
  const graph = new Graph(gpu.target);
  for (let i = 0; i < PASSES; i++) nothing(graph);
  const program = await Program.compile(gpu, graph, { label: "timestamps", keep: [] });
  const repeats = Array.from({ length: PASSES }, (_, i) => 1 + (i % 16));
  const times = await timedPasses(program, repeats);
  program.dispose();
  return grainOf(times);
}

/** The greatest common divisor of durations in nanoseconds; what browsers round to where all are 0. */
export function grainOf(durations: Iterable<number>): number {
  let grain = 0;
  for (const duration of durations) grain = divisor(grain, Math.abs(Math.round(duration)));
  return grain || COARSEST_NS;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
