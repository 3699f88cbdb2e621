// Training that outlives its device: a driver's reset, a crashed GPU process, a laptop's other GPU.
//
// Between steps the trainer is saved into memory. When the device is lost, a new one is opened, the
// trainer is resumed from that snapshot and goes over the same steps again, bit for bit; those that were
// reported are not reported twice.
import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
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

/** Tries after a loss that may bring no new step, before it is given up. */
const MOST_TRIES = 2;

type Snapshot = ReadonlyMap<string, Uint8Array>;

/**
 * Trains, on another device where one is lost.
 *
 * @returns the trainer at the end, on the last device: save it, dispose of it, its model and its device
 * @throws DeviceError device/lost where two more tries after a loss bring no new step; whatever else
 *         `open`, `start` and `Trainer.run` throw
 */
export async function* runThroughLosses(
  options: RecoveryOptions,
): AsyncGenerator<TrainingRecord, Trainer, void> {
  let snapshot: Snapshot | undefined;
  let reported = 0;
  for (let tries = 0; ; ) {
    const before = reported;
    const gpu = await options.open();
    try {
      const trainer = await opened(gpu, options, snapshot);
      for await (const one of snapshotting(trainer, options)) {
        if ("files" in one) snapshot = one.files;
        else if (one.step > reported) {
          reported = one.step;
          yield one;
        }
      }
      gpu.check();
      return trainer;
    } catch (error) {
      if (options.signal?.aborted || isOurs(error) || !(await isLost(gpu))) throw error;
      gpu.dispose();
      tries = reported > before ? 1 : tries + 1;
      if (tries > MOST_TRIES) throw givenUp(error, reported);
    }
  }
}

async function opened(
  gpu: Gpu,
  { start, data }: RecoveryOptions,
  snapshot: Snapshot | undefined,
): Promise<Trainer> {
  if (!snapshot) return start(gpu);
  const checkpoint = await readCheckpoint(async (name) => snapshot.get(name), "the snapshot");
  const model = await DiffusionModel.load(gpu, checkpoint.read, checkpoint.where);
  return Trainer.resume(model, checkpoint, data);
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

const LOSS_MS = 1000; // the promise of a loss may come after the errors that it causes

/** The device was disposed of, and is gone by that. */
const isOurs = (error: unknown): boolean =>
  error instanceof DeviceError && error.code === "device/disposed";

/** Whether the device is lost. */
async function isLost({ device }: Gpu): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), LOSS_MS);
  });
  const lost = await Promise.race([device.lost.then(() => true), late]);
  clearTimeout(timer);
  return lost;
}

const givenUp = (cause: unknown, step: number): DeviceError =>
  new DeviceError(
    "device/lost",
    `runThroughLosses: the device was lost ${MOST_TRIES + 1} times without a step between, at step ${step}.`,
    "Lower the batch or set frameBudgetMs: a long submission can trip the driver's watchdog; then resume.",
    { cause },
  );
