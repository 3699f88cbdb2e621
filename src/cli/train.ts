// `train`: trains a U-Net and leaves a run folder: models, checkpoints, samples, losses.
import type { Command } from "commander";
import { presetFor } from "../train/presets.ts";
import { commandGpu, INTERRUPTED, interruptSignal, printResult, progressOf } from "./console.ts";
import { drawSamples } from "./draw_samples.ts";
import { saidOptions } from "./run_options.ts";
import { TrainLoop } from "./train_loop.ts";
import { type TrainOptions, trainOptions } from "./train_options.ts";
import { freshStart, resumedStart, type Start } from "./train_start.ts";

export const trainCommand = (): Command => trainOptions().action(run);

async function run(given: TrainOptions, command: Command): Promise<void> {
  const started = performance.now();
  const { gpu, description } = await commandGpu();
  process.stderr.write(`on ${description}\n`);
  const { resume } = given;
  const start =
    resume === undefined
      ? await freshStart(gpu, given)
      : await resumedStart(gpu, { ...given, resume }, saidOptions(given, command));
  const { trainer, folder, log, options } = start;
  const { report } = trainer;
  process.stderr.write(
    `${trainer.model.weights.count} parameters, ${report.dispatches} dispatches a step, ` +
      `${(report.peakBytes / 2 ** 20).toFixed(1)} MiB of activations\n`,
  );

  const signal = interruptSignal();
  const loop = await TrainLoop.create(start, signal);
  try {
    await loop.run();
  } finally {
    if (log.records.length > 0) {
      await log.save(folder.path);
      await log.draw(folder.path);
    }
  }
  if (signal.aborted) throw INTERRUPTED;
  const draws = !options.batches && options.samples > 0;
  if (draws) await drawLast(start, signal);

  const { firstLoss, lastLoss } = log;
  const { validationLoss } = loop;
  const result = {
    out: folder.path,
    steps: trainer.step,
    ...{ firstLoss, lastLoss, validationLoss },
    seconds: (performance.now() - started) / 1000,
    plan: report,
    adapter: description,
  };
  printResult(options.json, result, [
    `loss ${firstLoss.toFixed(4)} → ${lastLoss.toFixed(4)} ` +
      `(means of the first and last ${log.meanOf} steps), ${result.seconds.toFixed(0)} s`,
    `${folder.path}: model, ema, checkpoints, loss.csv, loss.png${draws ? ", samples.png" : ""}`,
  ]);
}

async function drawLast(start: Start, signal: AbortSignal): Promise<void> {
  const { samplerSteps } = presetFor(start.trainer.model.gpu.target);
  const progress = progressOf("sampling", samplerSteps);
  await drawSamples(start, "samples.png", signal, progress);
  progress.end();
}
