// The suite "kernels": single kernels at the sizes on which engines are compared. Some of each
// answer's values are computed again in float64 before a time counts.
import { DeviceError } from "../core/errors.ts";
import { philoxNormals } from "../core/philox.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { Graph } from "../graph/graph.ts";
import { timedRun } from "../graph/measuring.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { KERNEL_CASES, type KernelCase, LARGE_KERNEL_CASES, type Values } from "./kernel_cases.ts";
import { type BenchResult, benchResult } from "./result.ts";

const PROBES = 16;
const SAMPLE_MS = 20; // a sample is so many runs: a submission's way there and back is a millisecond
const MOST_RUNS = 256;
const BOUND = 8; // of 2⁻²⁴ · Σ|terms|: the bound that every kernel is held to

interface Prepared {
  kernel: KernelCase;
  program: Program;
  inputs: ResidentBuffer;
  worstError: number;
  /** a sample */
  runs: number;
  samples: number[];
}

/**
 * Times every case `rounds` times, one case after the other in each round.
 *
 * @param cases  default: those on which engines are compared, and on a GPU larger ones
 * @throws DeviceError bench/wrong for an answer outside its bound
 */
export async function kernelsSuite(
  gpu: Gpu,
  rounds: number,
  cases: readonly KernelCase[] = casesFor(gpu),
): Promise<BenchResult[]> {
  const prepared: Prepared[] = [];
  for (const kernel of cases) prepared.push(await prepare(gpu, kernel));
  for (let round = 0; round < rounds; round++) {
    for (const { program, runs, samples } of prepared) samples.push(await timedRun(program, runs));
  }
  gpu.check();
  return prepared.map(({ kernel, program, inputs, samples, worstError, runs }) => {
    const gflop = program.dispatches.reduce((sum, { flops }) => sum + flops, 0) / 1e9;
    program.dispose();
    inputs.destroy(gpu);
    const check = { worst_error: worstError, unit: "2^-24 sum|terms|", bound: BOUND, gflop, runs };
    return benchResult({ suite: "kernels", name: kernel.name, check }, samples);
  });
}

/** Compiles a case, runs it once, and checks what it gives. */
async function prepare(gpu: Gpu, kernel: KernelCase): Promise<Prepared> {
  const inputs = new ResidentBuffer(kernel.name);
  const tensors: Record<string, Tensor> = {};
  const values: Record<string, Values> = {};
  for (const [i, [name, shape]] of Object.entries(kernel.inputs).entries()) {
    tensors[name] = inputs.add(shape, name);
    values[name] = { shape, data: philoxNormals(i + 1, sizeOf(shape)) };
  }
  const graph = new Graph(gpu.target);
  const output = kernel.record(graph, tensors);
  const program = await Program.compile(gpu, graph, { label: kernel.name, keep: [output] });
  for (const [name, tensor] of Object.entries(tensors)) {
    writeTensor(gpu, tensor, Float32Array.from(values[name]!.data));
  }
  program.run();
  const result = { shape: output.shape, data: await program.read(output) };
  const worstError = requireAnswer(kernel, values, result);
  const runs = await runsFor(program);
  return { kernel, program, inputs, worstError, runs, samples: [] };
}

/** How many runs outlast SAMPLE_MS. */
async function runsFor(program: Program): Promise<number> {
  await timedRun(program);
  const [one, many] = [await timedRun(program), await timedRun(program, 16)];
  const ms = Math.min(one, many);
  return Math.min(MOST_RUNS, Math.ceil(SAMPLE_MS / ms));
}

const casesFor = ({ target }: Gpu): readonly KernelCase[] =>
  target.tiles ? [...KERNEL_CASES, ...LARGE_KERNEL_CASES] : KERNEL_CASES;

function requireAnswer(
  { name, value }: KernelCase,
  inputs: Record<string, Values>,
  { shape, data }: Values,
): number {
  let worst = 0;
  const size = sizeOf(shape);
  for (let probe = 0; probe < PROBES; probe++) {
    const at = Math.floor(((probe + 0.5) * size) / PROBES);
    const { sum, magnitude } = value(inputs, indexOf(at, shape));
    worst = Math.max(worst, Math.abs(data[at]! - sum) / (magnitude * 2 ** -24));
  }
  if (worst <= BOUND) return worst; // false for NaN, too
  throw new DeviceError(
    "bench/wrong",
    `bench: ${name} is wrong by ${worst} units of 2^-24 Σ|terms|, ${BOUND} are allowed.`,
    "No time is reported of a wrong answer: run doctor.",
  );
}

function indexOf(at: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = at;
  for (const extent of [...shape].reverse()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}
