// The suite "memory": the bytes that a training step takes on the GPU, against the least that any plan
// could need, and what the step costs the host: to make it once its pipelines are there, and to encode
// each of its dispatches for a run.
import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import type { ReadFile } from "../formats/model_folder.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { Trainer } from "../train/trainer.ts";
import { openPeerJob } from "./peer_job.ts";
import { type BenchResult, benchResult } from "./result.ts";
import { encodeMs, stepModel, stepTrainer } from "./step_report.ts";

const BATCH = 8;

/**
 * Makes the training steps of the peer job and of the default network, `samples` times after the first.
 *
 * @throws DeviceError bench/wrong where bytes stay allocated after a step was disposed of
 */
export async function memorySuite(
  gpu: Gpu,
  read: ReadFile,
  samples: number,
): Promise<BenchResult[]> {
  const job = await openPeerJob(gpu, read);
  const ofJob = await measured(gpu, { name: "peer-job/step", model: job.model, samples });
  job.model.dispose();
  const model = await stepModel(gpu, {});
  const ofDefault = await measured(gpu, { name: "default/step", model, samples });
  model.dispose();
  return [ofJob, ofDefault];
}

async function measured(
  gpu: Gpu,
  { name, model, samples }: { name: string; model: DiffusionModel; samples: number },
): Promise<BenchResult> {
  const before = gpu.counters.bufferBytes;
  const times: number[] = [];
  let report: Trainer["report"] | undefined;
  let [bytes, encodeUs] = [0, 0];
  for (let sample = 0; sample <= samples; sample++) {
    const start = performance.now();
    const trainer = await stepTrainer(model, BATCH);
    times.push(performance.now() - start);
    bytes = gpu.counters.bufferBytes;
    report = trainer.report;
    encodeUs = (1000 * encodeMs(gpu, trainer.program)) / report.dispatches;
    trainer.dispose();
    requireFreed(name, gpu.counters.bufferBytes - before);
  }
  const check = {
    activation_bytes: report?.peakBytes,
    activation_bytes_lower_bound: report?.lowerBoundBytes,
    activation_bytes_without_reuse: report?.bytesWithoutReuse,
    dispatches: report?.dispatches,
    encode_us_per_dispatch: encodeUs,
    left_bytes: 0,
  };
  return benchResult({ suite: "memory", name, check, bytes }, times.slice(1));
}

function requireFreed(name: string, left: number): void {
  if (left === 0) return;
  throw new DeviceError(
    "bench/wrong",
    `bench: ${name} leaves ${left} bytes allocated.`,
    "This is a bug of wgsl-diffusion: report it with this message.",
  );
}
