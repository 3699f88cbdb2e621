// The benchmarks by name, on any device: in Node, or in a page that loads this module as it lies.
import { type Choices, Gpu } from "../device/gpu.ts";
import type { ReadFile } from "../formats/model_folder.ts";
import { winogradKernels } from "../kernels/conv2d_winograd.ts";
import { growthSuite } from "./growth.ts";
import { kernelsSuite } from "./kernels.ts";
import { memorySuite } from "./memory.ts";
import { sampleSuite, trainSuite } from "./peer_job.ts";
import type { BenchResult, SuiteName } from "./result.ts";
import { startupSuite } from "./startup.ts";

export interface BenchOptions {
  /** in the order in which they are run */
  suites: readonly SuiteName[];
  /** samples of each measurement, ≥ 1 */
  samples: number;
  /** of a tuning; default none */
  choices?: Choices;
}

/** What was measured, and on what. */
export interface BenchReport {
  adapter: { vendor: string; architecture: string; device: string; description: string };
  results: BenchResult[];
}

/**
 * Runs suites on a device of their own, each on a fresh one, so that a first step is a first one.
 *
 * @param read  a file of bench/peers/job, by name
 * @param gpu   where adapters come from; default `navigator.gpu`
 * @throws DeviceError bench/wrong for a wrong answer: no time is reported then
 */
export async function runSuites(
  { suites, samples, choices = {} }: BenchOptions,
  read: ReadFile,
  gpu?: GPU,
): Promise<BenchReport> {
  const run: Record<SuiteName, (opened: Gpu) => Promise<BenchResult[]>> = {
    kernels: (opened) => kernelsSuite(opened, samples),
    train: (opened) => trainSuite(opened, read, samples),
    sample: (opened) => sampleSuite(opened, read, samples),
    memory: (opened) => memorySuite(opened, read, samples),
    growth: (opened) => growthSuite(opened, samples),
    startup: () => startupSuite(gpu, read, samples),
  };
  const results: BenchResult[] = [];
  let adapter = { vendor: "", architecture: "", device: "", description: "" };
  for (const suite of suites) {
    const opened = await Gpu.open({ gpu });
    const { vendor, architecture, device, description } = opened.info;
    opened.winograd = winogradKernels; // which choices may name
    opened.choices = choices;
    adapter = { vendor, architecture, device, description };
    try {
      results.push(...(await run[suite](opened)));
    } finally {
      opened.dispose();
    }
  }
  return { adapter, results };
}

/** Runs suites in a page; the job's files lie under `address`. */
export const runSuitesInPage = (options: BenchOptions, address: string): Promise<BenchReport> =>
  runSuites(options, async (name) => {
    const response = await fetch(address + name);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  });
