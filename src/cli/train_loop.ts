// The loop of `train`: steps up to the next that something is due at, then that.
//
// Steps are run in stretches, so that what is saved is the state after exactly the step it is named
// by, not that of the steps which the GPU has begun meanwhile.
import type { JsonObject } from "../formats/json.ts";
import { ownVersions } from "../platform/versions.ts";
import type { CheckpointStore } from "../train/checkpoint_store.ts";
import { INTERRUPTED, type Progress, progressOf } from "./console.ts";
import { rememberedOptions } from "./run_options.ts";
import type { Start } from "./train_start.ts";

/** Trains to the end, or until it is interrupted; the last state is saved in either case. */
export async function trainAll(start: Start, signal: AbortSignal): Promise<void> {
  const { trainer, steps, options } = start;
  const store = await start.folder.store(options.keep);
  const run = rememberedOptions(options, steps);
  const progress = progressOf("training", steps, trainer.step);
  let saved = trainer.step;
  const save = async () => {
    if (saved === trainer.step) return;
    await saveAll(start, store, run);
    saved = trainer.step;
  };
  try {
    while (trainer.step < steps && !signal.aborted) {
      await advance(start, { progress, signal, until: nextStop(start) });
      if (isDue(trainer.step, options.saveEvery)) await save();
    }
    await save();
  } finally {
    progress.end();
  }
}

/** Trains up to a step, or until it is interrupted. */
async function advance(
  { trainer, log }: Start,
  { until, signal, progress }: { until: number; signal: AbortSignal; progress: Progress },
): Promise<void> {
  try {
    for await (const record of trainer.run({ steps: until - trainer.step, signal })) {
      log.add(record);
      progress.update(record.step, `loss ${log.lastLoss.toFixed(4)}`);
    }
  } catch (error) {
    if (error !== INTERRUPTED) throw error;
  }
}

/** The losses first, so that a checkpoint's curve is always there; then the state, then the models. */
async function saveAll(start: Start, store: CheckpointStore, run: JsonObject): Promise<void> {
  const { trainer, folder, log } = start;
  await log.save(folder.path);
  const files = await trainer.save({ package: ownVersions(), run });
  await store.add(trainer.step, files, { loss: log.lastLoss });
  await folder.saveModels(trainer);
}

const isDue = (step: number, every: number | undefined): boolean =>
  every !== undefined && step % every === 0;

/** The next step at which something is due. */
function nextStop({ trainer, steps, options }: Start): number {
  const { step } = trainer;
  const stops = [options.saveEvery]
    .filter((every) => every !== undefined)
    .map((every) => (Math.floor(step / every) + 1) * every);
  return Math.min(steps, ...stops);
}
