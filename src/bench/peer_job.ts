// The job on which engines are compared: a U-Net of 1.1 M parameters, one batch, Adam; a training
// step and a denoising step. Answers come first: no time is reported of an engine that is wrong.
import { DeviceError, FileError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import { parseSchedulerConfig, tablesOf } from "../diffusion/scheduler_config.ts";
import type { ReadFile } from "../formats/model_folder.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { toFloat32, toNumbers } from "../formats/stored_tensor.ts";
import { evaluate } from "../nn/evaluate.ts";
import { DiffusionModel } from "../nn/model.ts";
import { sample } from "../samplers/sample.ts";
import type { GivenValues } from "../train/given_batch.ts";
import { Trainer } from "../train/trainer.ts";
import { type BenchResult, benchResult } from "./result.ts";

const LOSS_TOLERANCE = 1e-4; // relative, of each loss: the rule of the comparison
const OUTPUT_TOLERANCE = 1e-5; // absolute, of an output of size 1: ten times PyTorch float32's error

export const ADAM = { learningRate: 2e-4, clip: 0, ema: 0, emaWarmup: false } as const;

type ImageShape = readonly [number, number, number, number];

export interface PeerJob {
  gpu: Gpu;
  model: DiffusionModel;
  batch: GivenValues;
  shape: ImageShape;
  expected: { losses_float64: number[]; output: { first: number[] } };
}

/** @param read  a file of the job's folder, by name */
export async function openPeerJob(gpu: Gpu, read: ReadFile): Promise<PeerJob> {
  const file = async (name: string) => {
    const bytes = await read(name);
    if (bytes) return bytes;
    throw new FileError(
      "file/missing",
      `bench: the file ${name} of the peer job is missing.`,
      "Run the benchmarks in a checkout: they lie in bench/peers/job.",
    );
  };
  const expected = JSON.parse(new TextDecoder().decode(await file("expected.json")));
  const { tensors } = readSafetensors(await file("batch.safetensors"), "batch.safetensors");
  const floats = (name: string) => toFloat32(tensors.get(name)!, name);
  const batch = {
    x0: floats("x0"),
    noise: floats("noise"),
    timestep: toNumbers(tensors.get("timestep")!, "timestep"),
  };
  const [N = 1, C = 1, H = 1, W = 1] = tensors.get("x0")!.shape;
  const model = await DiffusionModel.load(gpu, read, "the peer job");
  return { gpu, model, batch, shape: [N, C, H, W], expected };
}

/**
 * Times training steps, the first one apart: it holds the recording, the plan and the compiler.
 *
 * @param steps  to time after the first one
 * @throws DeviceError bench/wrong for a loss that is not PyTorch's, and as the trainer does
 */
export async function trainSuite(gpu: Gpu, read: ReadFile, steps: number): Promise<BenchResult[]> {
  const { model, batch, shape, expected } = await openPeerJob(gpu, read);
  const start = performance.now();
  const batches = Array.from({ length: steps + 1 }, () => batch);
  const trainer = await Trainer.create(model, { batches, shape }, ADAM);
  const losses: number[] = [];
  const times: number[] = [];
  let last = start;
  for (let i = 0; i <= steps; i++) {
    for await (const { loss } of trainer.run({ steps: 1 })) losses.push(loss);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  const { dispatches, peakBytes, lowerBoundBytes } = trainer.report;
  const check = {
    losses: losses.slice(0, 8),
    worst_relative_error: requireLosses(losses, expected.losses_float64),
    dispatches,
    activation_bytes: peakBytes,
    activation_bytes_lower_bound: lowerBoundBytes,
    gpu_bytes: gpu.counters.bufferBytes,
  };
  trainer.dispose();
  model.dispose();
  const [first = 0, ...others] = times;
  return [
    benchResult({ suite: "train", name: "peer-job/first-train-step", check }, [first]),
    benchResult({ suite: "train", name: "peer-job/train", check }, others),
  ];
}

/**
 * Times denoising steps of DDPM on the job's network.
 *
 * @throws DeviceError bench/wrong for an output that is not PyTorch's
 */
export async function sampleSuite(gpu: Gpu, read: ReadFile, steps: number): Promise<BenchResult[]> {
  const job = await openPeerJob(gpu, read);
  const worst_error = await requireOutput(job);
  const { model, shape } = job;
  const times: number[] = [];
  let last = performance.now();
  const before = gpu.counters.dispatches;
  for await (const { step } of sample(model, {
    count: shape[0],
    steps: steps + 1,
    sampler: "ddpm",
  })) {
    const now = performance.now();
    if (step > 1) times.push(now - last); // the first holds the compiler
    last = now;
  }
  const dispatches = Math.round((gpu.counters.dispatches - before) / (steps + 1));
  model.dispose();
  const check = { worst_error, dispatches };
  return [benchResult({ suite: "sample", name: "peer-job/denoise", check }, times)];
}

/** The worst relative error of the losses. @throws DeviceError where it is too large */
export function requireLosses(losses: readonly number[], golden: readonly number[]): number {
  const errors = golden.slice(0, losses.length).map((loss, i) => Math.abs(losses[i]! / loss - 1));
  const worst = Math.max(...errors);
  if (worst <= LOSS_TOLERANCE) return worst;
  throw wrong(`losses are ${losses.join(", ")}`, worst, LOSS_TOLERANCE);
}

/** The worst error of the network's first outputs on the job's x_t. */
async function requireOutput({ model, batch, shape, expected }: PeerJob): Promise<number> {
  const { alphaBars } = tablesOf(parseSchedulerConfig(model.scheduler));
  const size = batch.x0.length / shape[0];
  const xt = batch.x0.map((x, i) => {
    const bar = alphaBars[batch.timestep[Math.floor(i / size)]!]!;
    return Math.sqrt(bar) * x + Math.sqrt(1 - bar) * batch.noise[i]!;
  });
  const { data } = await evaluate(model, {
    sample: { shape, data: xt },
    timestep: batch.timestep,
  });
  const errors = expected.output.first.map((value, i) => Math.abs(data[i]! - value));
  const worst = Math.max(...errors);
  if (worst <= OUTPUT_TOLERANCE) return worst;
  throw wrong(`first outputs are ${[...data.slice(0, 8)].join(", ")}`, worst, OUTPUT_TOLERANCE);
}

const wrong = (what: string, error: number, tolerance: number) =>
  new DeviceError(
    "bench/wrong",
    `bench: the ${what}; the error against PyTorch is ${error}, ${tolerance} is allowed.`,
    "No time is reported of a wrong answer: run doctor.",
  );
