// What a benchmark leaves: one record a measurement, in the schema of bench/README.md.
import { median } from "../core/statistics.ts";

/** A measurement whose answer was checked before its time was taken. */
export interface BenchResult {
  suite: SuiteName;
  /** such as "peer-job/train" or "conv64/forward" */
  name: string;
  engine: "wgsl-diffusion";
  median_ms: number;
  /** median of the absolute deviations from the median */
  mad_ms: number;
  min_ms: number;
  /** samples, the warm-up not among them */
  n: number;
  /** in the order in which they were taken: `bench diff` draws from them */
  samples_ms: number[];
  /** of GPU memory, where that is what was measured */
  bytes?: number;
  /** what was compared with what, and how far off it was */
  check: Record<string, unknown>;
}

export const SUITES = ["kernels", "train", "sample", "memory", "startup", "growth"] as const;
export type SuiteName = (typeof SUITES)[number];

/** Those that run unless others are named: growth takes minutes. */
export const DEFAULT_SUITES: readonly SuiteName[] = SUITES.filter((name) => name !== "growth");

/** The record of samples in milliseconds. */
export function benchResult(
  what: Pick<BenchResult, "suite" | "name" | "check" | "bytes">,
  samples: readonly number[],
): BenchResult {
  const median_ms = median(samples);
  return {
    suite: what.suite,
    name: what.name,
    engine: "wgsl-diffusion",
    median_ms,
    mad_ms: median(samples.map((ms) => Math.abs(ms - median_ms))),
    min_ms: Math.min(...samples),
    n: samples.length,
    samples_ms: [...samples],
    ...(what.bytes !== undefined && { bytes: what.bytes }),
    check: what.check,
  };
}
