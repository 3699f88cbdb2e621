// The suite "startup": from asking for a device to the first loss, each time on a device of its own,
// so that everything is recorded, planned and compiled anew.
import { Gpu } from "../device/gpu.ts";
import type { ReadFile } from "../formats/model_folder.ts";
import { Trainer } from "../train/trainer.ts";
import { ADAM, openPeerJob, requireLosses } from "./peer_job.ts";
import { type BenchResult, benchResult } from "./result.ts";

const MOST_SAMPLES = 3; // each compiles all pipelines

/**
 * Starts the peer job from nothing, three times at most.
 *
 * @param source  where adapters come from; default `navigator.gpu`
 * @throws DeviceError bench/wrong for a first loss that is not PyTorch's
 */
export async function startupSuite(
  source: GPU | undefined,
  read: ReadFile,
  samples: number,
): Promise<BenchResult[]> {
  const times = { device: [] as number[], compiled: [] as number[], loss: [] as number[] };
  let check = {};
  for (let sample = 0; sample < Math.min(samples, MOST_SAMPLES); sample++) {
    const start = performance.now();
    const gpu = await Gpu.open({ gpu: source });
    times.device.push(performance.now() - start);
    const { model, batch, shape, expected } = await openPeerJob(gpu, read);
    const trainer = await Trainer.create(model, { batches: [batch], shape }, ADAM);
    times.compiled.push(performance.now() - start);
    for await (const { loss } of trainer.run({ steps: 1 })) {
      times.loss.push(performance.now() - start);
      const worst_relative_error = requireLosses([loss], expected.losses_float64);
      check = { losses: [loss], worst_relative_error, pipelines: gpu.pipelines.size };
    }
    trainer.dispose();
    model.dispose();
    gpu.dispose();
  }
  const record = (name: string, values: readonly number[]) =>
    benchResult({ suite: "startup", name: `peer-job/${name}`, check }, values);
  return [
    record("device", times.device),
    record("compiled", times.compiled),
    record("first-loss", times.loss),
  ];
}
