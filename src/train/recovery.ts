// Training that outlives its device.
//
// Between steps the trainer is saved into memory. When the device is lost, a new one is opened, the
// trainer is resumed from that snapshot and goes over the same steps again, bit for bit; those that were
// reported are not reported twice.
import type { Gpu } from "../device/gpu.ts";
import { throughLosses } from "../device/through_losses.ts";
import { DiffusionModel } from "../nn/model.ts";
import { readCheckpoint } from "./checkpoint.ts";
import type { TrainingRecord } from "./step_records.ts";
import { Trainer, type TrainingData } from "./trainer.ts";

export interface RecoveryOptions {
  /** steps of the run */
  steps: number;
  /** opens a device: at the start, and after each loss */
  open(): Promise<Gpu>;
  /** makes the model and the trainer that the run begins with, the same each time */
  start(gpu: Gpu): Promise<Trainer>;
  /** what `start` trains on: to resume with */
  data: TrainingData;
  /** steps between two snapshots, default 100: so many may be computed again */
  snapshotEvery?: number;
  signal?: AbortSignal | undefined;
}

type Snapshot = ReadonlyMap<string, Uint8Array>;

/**
 * Trains, on another device where one is lost. Left early, or by an error, it disposes of the trainer,
 * its model and the device.
 *
 * @returns the trainer at the end, on the last device: save it, dispose of it, its model and its device
 * @throws DeviceError device/lost where two more tries after a loss bring no new step, or no other
 *         device is given; whatever else `open`, `start` and `Trainer.run` throw
 */
export function runThroughLosses(
  options: RecoveryOptions,
): AsyncGenerator<TrainingRecord, Trainer, void> {
  const { open, signal } = options;
  const progress: Progress = { snapshot: undefined, reported: 0 };
  const work = (gpu: Gpu) => training(gpu, options, progress);
  return throughLosses({ what: "runThroughLosses", open, work, signal });
}

interface Progress {
  snapshot: Snapshot | undefined;
  /** the last step whose record was yielded */
  reported: number;
}

/** The steps from the last snapshot on; yields those that were not reported. */
async function* training(
  gpu: Gpu,
  options: RecoveryOptions,
  progress: Progress,
): AsyncGenerator<TrainingRecord, Trainer, void> {
  const trainer = await begun(gpu, options, progress.snapshot);
  let isDone = false;
  try {
    for await (const one of snapshotting(trainer, options)) {
      if ("files" in one) progress.snapshot = one.files;
      else if (one.step > progress.reported) {
        gpu.check(); // nothing is reported after a loss
        progress.reported = one.step;
        yield one;
      }
    }
    isDone = true;
    return trainer;
  } finally {
    if (!isDone) dispose(trainer);
  }
}

async function begun(
  gpu: Gpu,
  { start, data }: RecoveryOptions,
  snapshot: Snapshot | undefined,
): Promise<Trainer> {
  if (!snapshot) return start(gpu);
  const checkpoint = await readCheckpoint(async (name) => snapshot.get(name), "the snapshot");
  const model = await DiffusionModel.load(gpu, checkpoint.read, checkpoint.where);
  try {
    return await Trainer.resume(model, checkpoint, data);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Runs to the end; every so many steps what a resumed trainer needs. */
async function* snapshotting(
  trainer: Trainer,
  { steps, snapshotEvery = 100, signal }: RecoveryOptions,
): AsyncGenerator<TrainingRecord | { files: Snapshot }> {
  while (trainer.step < steps) {
    const count = Math.min(snapshotEvery, steps - trainer.step);
    yield* trainer.run({ steps: count, signal });
    if (trainer.step < steps) yield { files: await trainer.save() };
  }
}

function dispose(trainer: Trainer): void {
  trainer.dispose();
  trainer.model.dispose();
}
