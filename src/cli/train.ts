// `train`: trains a U-Net and leaves a run folder: models, checkpoints, samples, losses.
import type { Command } from "commander";
import type { Gpu } from "../device/gpu.ts";
import { throughLosses } from "../device/through_losses.ts";
import { presetFor } from "../train/presets.ts";
import type { TrainingRecord } from "../train/step_records.ts";
import {
  commandGpu,
  INTERRUPTED,
  interruptSignal,
  type OpenGpu,
  printResult,
  progressOf,
} from "./console.ts";
import { drawSamples } from "./draw_samples.ts";
import { RunMemory } from "./run_memory.ts";
import { saidOptions } from "./run_options.ts";
import { TrainLoop } from "./train_loop.ts";
import { type TrainOptions, trainOptions } from "./train_options.ts";
import { freshStart, movedStart, resumedStart, type Start } from "./train_start.ts";
import { dataFigures, dataLine } from "./training_data.ts";
import { tunedChoices } from "./tuned.ts";

/** @param open  gives a device: at the start, and after each loss */
export const trainCommand = (open: OpenGpu = commandGpu): Command =>
  trainOptions().action((given, command) => run(given, command, open));

async function run(given: TrainOptions, command: Command, open: OpenGpu): Promise<void> {
  const started = performance.now();
  const run = new TrainRun(given, command);
  let adapter = "";
  const opened = async () => {
    const { gpu, description } = await open(given);
    process.stderr.write(`on ${description}\n`);
    adapter = description;
    gpu.choices = await tunedChoices(gpu, given.tuned); // a run that goes on keeps its own
    return gpu;
  };
  const work = (gpu: Gpu) => run.on(gpu);
  const steps = throughLosses({ what: "train", open: opened, work });
  let next = await steps.next();
  while (!next.done) next = await steps.next(); // what a step tells, the loop has told
  const done = next.value;
  if (run.isInterrupted) throw INTERRUPTED;
  report(done, { adapter, seconds: (performance.now() - started) / 1000 });
}

interface Done {
  start: Start;
  validationLoss: number | undefined;
  trainingSeconds: number;
  draws: boolean;
}

/** A run, on one device after the other. */
class TrainRun {
  readonly #given: TrainOptions;
  readonly #command: Command;
  #signal: AbortSignal | undefined;
  #last: { start: Start; memory: RunMemory } | undefined;

  constructor(given: TrainOptions, command: Command) {
    this.#given = given;
    this.#command = command;
  }

  get isInterrupted(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /** Trains and draws on a device, from where it was. */
  async *on(gpu: Gpu): AsyncGenerator<TrainingRecord, Done, void> {
    const start = await this.#start(gpu);
    this.#signal ??= interruptSignal(); // before it, Ctrl-C ends the process at once
    const signal = this.#signal;
    const memory = this.#last?.memory ?? new RunMemory(start.trainer.step);
    this.#last = { start, memory };
    const { log, folder, options } = start;
    const trainingStarted = performance.now();
    const loop = await TrainLoop.create(start, memory, signal);
    try {
      yield* loop.run();
    } finally {
      if (log.records.length > 0) {
        await log.save(folder.path);
        await log.draw(folder.path);
      }
    }
    const trainingSeconds = (performance.now() - trainingStarted) / 1000;
    const draws = !options.batches && options.samples > 0 && !signal.aborted;
    if (draws) await drawLast(start, signal);
    return { start, validationLoss: loop.validationLoss, trainingSeconds, draws };
  }

  async #start(gpu: Gpu): Promise<Start> {
    const files = this.#last?.memory.files;
    if (this.#last && files) return movedStart(gpu, this.#last.start, files);
    const { resume } = this.#given;
    const start =
      resume === undefined
        ? await freshStart(gpu, this.#given)
        : await resumedStart(
            gpu,
            { ...this.#given, resume },
            saidOptions(this.#given, this.#command),
          );
    const { trainer } = start;
    const { report } = trainer;
    process.stderr.write(
      `${trainer.model.weights.count} parameters, ${report.dispatches} dispatches a step, ` +
        `${(report.peakBytes / 2 ** 20).toFixed(1)} MiB of activations\n`,
    );
    return start;
  }
}

function report(
  { start, validationLoss, trainingSeconds, draws }: Done,
  { adapter, seconds }: { adapter: string; seconds: number },
): void {
  const { trainer, folder, log, options, prepared } = start;
  const { firstLoss, lastLoss } = log;
  const result = {
    out: folder.path,
    steps: trainer.step,
    ...{ firstLoss, lastLoss, validationLoss, seconds },
    ...(prepared && { data: dataFigures(prepared, trainingSeconds) }),
    plan: trainer.report,
    adapter,
  };
  printResult(options.json, result, [
    `loss ${firstLoss.toFixed(4)} → ${lastLoss.toFixed(4)} ` +
      `(means of the first and last ${log.meanOf} steps), ${result.seconds.toFixed(0)} s`,
    ...(result.data ? [dataLine(result.data)] : []),
    `${folder.path}: model, ema, checkpoints, loss.csv, loss.png${draws ? ", samples.png" : ""}`,
  ]);
}

async function drawLast(start: Start, signal: AbortSignal): Promise<void> {
  const { samplerSteps } = presetFor(start.trainer.model.gpu.target);
  const progress = progressOf("sampling", samplerSteps);
  await drawSamples(start, "samples.png", signal, progress);
  progress.end();
}
