// `train`: trains a U-Net and leaves a run folder: models, checkpoints, samples, losses.
import type { Command } from "commander";
import { gridImage } from "../formats/png.ts";
import { sample } from "../samplers/sample.ts";
import { presetFor } from "../train/presets.ts";
import { commandGpu, INTERRUPTED, interruptSignal, printResult, progressOf } from "./console.ts";
import { saidOptions } from "./run_options.ts";
import { trainAll } from "./train_loop.ts";
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
  try {
    await trainAll(start, signal);
  } finally {
    if (log.records.length > 0) {
      await log.save(folder.path);
      await log.draw(folder.path);
    }
  }
  if (signal.aborted) throw INTERRUPTED;
  const draws = !options.batches && options.samples > 0;
  if (draws) await drawSamples(start, "samples.png", signal);

  const { firstLoss, lastLoss } = log;
  const result = {
    out: folder.path,
    steps: trainer.step,
    ...{ firstLoss, lastLoss },
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

/** A grid from the averaged weights, from the same noise whenever it is drawn. */
async function drawSamples(
  { trainer, folder, options, classes }: Start,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const { model, ema } = trainer;
  const count = options.samples;
  const steps = presetFor(model.gpu.target).samplerSteps;
  const isConditional = model.config.num_class_embeds !== null;
  const classLabels = Array.from({ length: count }, (_, n) => n % Math.max(1, classes));
  const conditions = isConditional ? { classLabels } : {};
  const progress = progressOf("sampling", steps);
  const asked = { count, steps, seed: trainer.options.seed, weights: ema, ...conditions };
  for await (const frame of sample(model, { ...asked, signal })) {
    progress.update(frame.step, `t = ${frame.timestep}`);
    if (frame.step < frame.of) continue;
    const scale = Math.max(1, Math.round(96 / frame.shape[3]));
    const images = await frame.images();
    await folder.savePicture(name, gridImage(images, frame.shape, { scale, columns: 8 }));
  }
  progress.end();
}
