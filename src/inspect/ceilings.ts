// What a device can do at most, measured on it: the roofs that a profile's kernels stand under.
//
// Small kernels of known work (shaders/ceilings.wgsl) are made longer until they outlast the clock's
// grain, their answers are checked, and the best of a few runs counts: a ceiling is what was reached.
import { DeviceError } from "../core/errors.ts";
import { median } from "../core/statistics.ts";
import type { Gpu } from "../device/gpu.ts";
import { Graph } from "../graph/graph.ts";
import { timedPasses, timedRun } from "../graph/measuring.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import {
  CHAIN_FORMS,
  type ChainType,
  copyVectors,
  multiplyAdds,
  nothing,
  SHARE_LANES,
  shareVectors,
} from "../kernels/ceilings.ts";
import { timestampGrain } from "./timestamp_grain.ts";

export interface Ceilings {
  /** multiply-adds from registers, each counted as two */
  fma_f32_gflops_per_s: number;
  /** the same in float16; null without shader-f16 */
  fma_f16_gflops_per_s: number | null;
  /** a copy of `storage_bytes`, reading and writing counted */
  storage_gbytes_per_s: number;
  storage_bytes: number;
  /** a copy of 1 MiB, which a cache may hold */
  cache_gbytes_per_s: number;
  /** reads of workgroup memory, in vectors of four */
  workgroup_gbytes_per_s: number;
  /** one more dispatch that does nothing, in a pass */
  dispatch_us: number;
  /** one more submission of such a dispatch */
  submit_us: number;
  /** from a submission until the host hears that it is done */
  round_trip_us: number;
  /** the clock of single dispatches; null without timestamp-query: whole submissions are timed */
  timestamp_grain_ns: number | null;
}

const AIM_MS = 8; // of a measured run: 80 times Chrome's grain
const RUNS = 5;
const LANES = { software: 2 ** 12, hardware: 2 ** 18 }; // enough to fill it
const FEWEST_ROUNDS = 256; // what comes before and after them is nothing then
const MOST_ROUNDS = 2 ** 20;
const COPY_BYTES = 2 ** 26;
const CACHED_BYTES = 2 ** 20;

/**
 * Measures a device's ceilings: under a second on a GPU, a few on a software adapter.
 *
 * @throws DeviceError bench/wrong where a measuring kernel computes something else
 */
export async function measureCeilings(gpu: Gpu): Promise<Ceilings> {
  const grain = gpu.has("timestamp-query") ? await timestampGrain(gpu) : null;
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const storage_bytes = Math.min(COPY_BYTES, maxStorageBufferBindingSize, maxBufferSize);
  return {
    fma_f32_gflops_per_s: await multiplyAddRate(gpu, "f32"),
    fma_f16_gflops_per_s: gpu.has("shader-f16") ? await multiplyAddRate(gpu, "f16") : null,
    storage_gbytes_per_s: await copyRate(gpu, storage_bytes),
    storage_bytes,
    cache_gbytes_per_s: await copyRate(gpu, CACHED_BYTES),
    workgroup_gbytes_per_s: await workgroupRate(gpu),
    ...(await overheads(gpu)),
    timestamp_grain_ns: grain,
  };
}

/** The best of both forms of chains, in GFLOP/s. */
async function multiplyAddRate(gpu: Gpu, type: ChainType): Promise<number> {
  let best = 0;
  for (const form of CHAIN_FORMS) {
    const rate = await grownRate(gpu, (graph, rounds) => {
      const y = multiplyAdds(graph, { lanes: lanesOf(gpu), rounds }, { form, type });
      return { y, work: graph.dispatches[0]!.flops, isRight: isChainEnd };
    });
    best = Math.max(best, rate);
  }
  return best;
}

const lanesOf = ({ target }: Gpu): number => LANES[target.software ? "software" : "hardware"];

/** Twelve chains end at 1, once they are long; float16 has three digits. */
const isChainEnd = (value: number) => Math.abs(value - 12) < 0.1;

async function workgroupRate(gpu: Gpu): Promise<number> {
  const buffer = new ResidentBuffer("ceilings.shared");
  const x = buffer.add([SHARE_LANES, 4], "ones");
  await gpu.guarded("ceilings", () => buffer.allocate(gpu));
  writeTensor(gpu, x, new Float32Array(4 * SHARE_LANES).fill(1));
  const rate = await grownRate(gpu, (graph, rounds) => {
    const y = shareVectors(graph, { x }, { lanes: lanesOf(gpu), rounds });
    return { y, work: 16 * rounds * lanesOf(gpu), isRight: (value) => value === 4 * rounds };
  });
  buffer.destroy(gpu);
  return rate;
}

/** GB/s of a copy, in one dispatch: both sides of it counted. */
async function copyRate(gpu: Gpu, bytes: number): Promise<number> {
  const buffer = new ResidentBuffer("ceilings.copy");
  const x = buffer.add([bytes / 4], "ones");
  await gpu.guarded("ceilings", () => buffer.allocate(gpu));
  writeTensor(gpu, x, new Float32Array(bytes / 4).fill(1));
  const graph = new Graph(gpu.target);
  const y = copyVectors(graph, { x });
  const isRight = (value: number) => value === 1;
  const ms = await bestMs(gpu, graph, { y, isRight, aim: bytes < COPY_BYTES ? AIM_MS : 0 });
  buffer.destroy(gpu);
  return (2 * bytes) / ms / 1e6;
}

interface Measured {
  y: Tensor;
  /** FLOPs or bytes of a run */
  work: number;
  isRight(value: number): boolean;
}

/** Doubles the rounds until a run takes AIM_MS; work a nanosecond then. */
async function grownRate(
  gpu: Gpu,
  record: (graph: Graph, rounds: number) => Measured,
): Promise<number> {
  for (let rounds = FEWEST_ROUNDS; ; rounds *= 2) {
    const graph = new Graph(gpu.target);
    const { y, work, isRight } = record(graph, rounds);
    const ms = await bestMs(gpu, graph, { y, isRight, aim: 0 });
    if (ms >= AIM_MS || rounds >= MOST_ROUNDS) return work / ms / 1e6;
  }
}

/**
 * The shortest run of a graph of one dispatch, in ms; runs of less than `aim` are repeated inside a
 * pass.
 */
async function bestMs(
  gpu: Gpu,
  graph: Graph,
  { y, isRight, aim }: Pick<Measured, "y" | "isRight"> & { aim: number },
): Promise<number> {
  const program = await Program.compile(gpu, graph, { label: "ceilings", keep: [y] });
  try {
    const first = await onceMs(gpu, program, 1);
    const [value = Number.NaN] = await program.read(y);
    if (!isRight(value)) throw wrong(program.dispatches[0]!.label, value);
    const repeats = Math.min(1000, Math.max(1, Math.ceil(aim / Math.max(first, 0.01))));
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push(await onceMs(gpu, program, repeats));
    return Math.max(Math.min(...times) / repeats, 1e-6); // 0 below the clock's grain
  } finally {
    program.dispose();
  }
}

/** ms of `repeats` runs of a program's only dispatch. */
async function onceMs(gpu: Gpu, program: Program, repeats: number): Promise<number> {
  if (gpu.has("timestamp-query")) return (await timedPasses(program, [repeats]))[0]! / 1e6;
  return submittedMs(gpu, program, repeats);
}

/** ms from the submission of all runs, each a pass, until they are done. */
async function submittedMs(gpu: Gpu, program: Program, repeats: number): Promise<number> {
  const start = performance.now();
  const encoder = gpu.device.createCommandEncoder({ label: "ceilings" });
  for (let k = 0; k < repeats; k++) program.encode(encoder);
  gpu.submit([encoder.finish()]);
  await gpu.idle();
  return performance.now() - start;
}

const MANY = 256;

/** What one more dispatch, and one more submission, costs. */
async function overheads(
  gpu: Gpu,
): Promise<Pick<Ceilings, "dispatch_us" | "submit_us" | "round_trip_us">> {
  const compiled = async (count: number) => {
    const graph = new Graph(gpu.target);
    for (let i = 0; i < count; i++) nothing(graph);
    return Program.compile(gpu, graph, { label: "ceilings", keep: [] });
  };
  const [one, many] = [await compiled(1), await compiled(MANY)];
  const submissions = async () => {
    const start = performance.now();
    for (let i = 0; i < MANY; i++) one.run();
    await gpu.idle();
    return performance.now() - start;
  };
  const times = { one: [] as number[], dispatches: [] as number[], submissions: [] as number[] };
  for (let run = 0; run <= RUNS; run++) {
    times.one.push(await timedRun(one));
    times.dispatches.push(await timedRun(many));
    times.submissions.push(await submissions());
  }
  one.dispose();
  many.dispose();
  const ms = (kind: keyof typeof times) => median(times[kind].slice(1)); // the first warms up
  const extra = (kind: keyof typeof times) =>
    Math.max(0, (1000 * (ms(kind) - ms("one"))) / (MANY - 1));
  return {
    dispatch_us: extra("dispatches"),
    submit_us: extra("submissions"),
    round_trip_us: 1000 * ms("one"),
  };
}

const wrong = (label: string, value: number) =>
  new DeviceError(
    "bench/wrong",
    `ceilings: ${label} gave ${value}.`,
    "No ceiling is told by a kernel that is wrong: run doctor.",
  );
