// Any sequence of steps, aborts, saves, loads, samples, losses and disposals, beside a model of a trainer
// that is four words long: the step, the saved step, lost, disposed. The losses are those of a run that
// was left alone, whatever came between.
//
// The seed is fixed, so that a failure comes back; WGSL_DIFFUSION_FAULTS_SEED is for another.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { sample } from "../../src/samplers/sample.ts";
import { readCheckpoint } from "../../src/train/checkpoint.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { times } from "../support/faults.ts";
import { testAdapters } from "../support/gpu.ts";
import { settled } from "../support/settled.ts";
import { STRIPES, tinyTrainer } from "../support/tiny_run.ts";

const RUNS = times(5, 100);
const SEED = Number(process.env.WGSL_DIFFUSION_FAULTS_SEED ?? 1);
const MOST_COMMANDS = 40;
const MOST_STEPS = 5; // of a command
const MOST_MS = 1000;

/** What a trainer should be like. */
interface Model {
  step: number;
  saved: number | undefined;
  isLost: boolean;
  isDisposed: boolean;
}

interface Real {
  gpu: Gpu;
  trainer: Trainer;
  files: ReadonlyMap<string, Uint8Array> | undefined;
}

const expected: number[] = []; // losses of a run that was left alone
let shared: Gpu | undefined; // until it is lost

async function openGpu(): Promise<Gpu> {
  shared ??= await Gpu.open({ gpu: await testAdapters() });
  return shared;
}

beforeAll(async () => {
  const trainer = await tinyTrainer(await openGpu());
  for await (const { loss } of trainer.run({ steps: MOST_COMMANDS * MOST_STEPS })) {
    expected.push(loss);
  }
  trainer.dispose();
  trainer.model.dispose();
});
afterAll(() => shared?.dispose());

/** The code of the error that any use ends with; undefined: it works. */
const codeOf = ({ isLost, isDisposed }: Model): string | undefined =>
  isDisposed ? "device/disposed" : isLost ? "device/lost" : undefined;

/** Runs a use of the trainer: it works, or ends with the code that the model says, in time. */
async function uses(model: Model, use: () => Promise<unknown>): Promise<boolean> {
  const { error } = await settled(use(), 10 * MOST_MS);
  const code = codeOf(model);
  if (code === undefined) {
    if (error !== undefined) throw error;
    return true;
  }
  expect(error).toMatchObject({ code });
  return false;
}

type Command = fc.AsyncCommand<Model, Real>;
const always = () => true;

class Step implements Command {
  readonly check = always;
  readonly #steps: number;
  constructor(steps: number) {
    this.#steps = steps;
  }
  async run(model: Model, { trainer }: Real) {
    const losses: number[] = [];
    const works = await uses(model, async () => {
      for await (const { loss } of trainer.run({ steps: this.#steps })) losses.push(loss);
    });
    if (!works) return expect(losses).toEqual([]);
    expect(losses).toEqual(expected.slice(model.step, model.step + this.#steps));
    model.step += this.#steps;
    expect(trainer.step).toBe(model.step);
  }
  toString = () => `step(${this.#steps})`;
}

/** Leaves the loop after a record: by a signal, or by break. */
class Stop implements Command {
  readonly check = always;
  readonly #bySignal: boolean;
  constructor(bySignal: boolean) {
    this.#bySignal = bySignal;
  }
  async run(model: Model, { trainer }: Real) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const losses: number[] = [];
    const { signal } = controller;
    await uses(model, async () => {
      try {
        for await (const { loss } of trainer.run({ steps: MOST_STEPS, signal })) {
          losses.push(loss);
          if (!this.#bySignal) break;
          controller.abort(reason);
        }
      } catch (error) {
        if (error !== reason) throw error;
      }
    });
    expect(losses).toEqual(expected.slice(model.step, model.step + losses.length));
    const done = trainer.step - model.step; // what was submitted counts, told or not
    expect(done).toBeGreaterThanOrEqual(losses.length);
    expect(done).toBeLessThanOrEqual(MOST_STEPS);
    model.step = trainer.step;
  }
  toString = () => (this.#bySignal ? "abort" : "leave");
}

class Save implements Command {
  readonly check = always;
  async run(model: Model, real: Real) {
    const works = await uses(model, async () => {
      real.files = await real.trainer.save();
    });
    if (works) model.saved = model.step;
  }
  toString = () => "save";
}

const checkpointOf = ({ files }: Real) =>
  readCheckpoint(async (name) => files?.get(name), "the saved files");

class Load implements Command {
  check = ({ saved }: Readonly<Model>) => saved !== undefined;
  async run(model: Model, real: Real) {
    const checkpoint = await checkpointOf(real);
    expect(checkpoint.state.step).toBe(model.saved);
    const works = await uses(model, () => real.trainer.restore(checkpoint));
    if (works) model.step = model.saved!;
    expect(real.trainer.step).toBe(model.step);
  }
  toString = () => "load";
}

class Sample implements Command {
  readonly check = always;
  async run(model: Model, { trainer }: Real) {
    const { model: network } = trainer; // the trainer's own, disposed of with it
    await uses(model, async () => {
      for await (const frame of sample(network, { sampler: "ddim", count: 1, steps: 2 })) {
        const images = await frame.images();
        expect(images.every(Number.isFinite)).toBe(true);
      }
    });
  }
  toString = () => "sample";
}

class Lose implements Command {
  check = ({ isLost }: Readonly<Model>) => !isLost;
  async run(model: Model, { gpu }: Real) {
    gpu.device.destroy();
    await gpu.device.lost;
    shared = undefined;
    model.isLost = true;
  }
  toString = () => "lose";
}

class Dispose implements Command {
  readonly check = always;
  async run(model: Model, { trainer, gpu }: Real) {
    for (const one of [trainer, trainer.model, trainer, trainer.model]) one.dispose();
    model.isDisposed = true;
    expect(gpu.counters.bufferBytes).toBe(0);
  }
  toString = () => "dispose";
}

/** Goes on from what was saved, on a new device if need be. */
class Resume implements Command {
  check = (model: Readonly<Model>) => codeOf(model) !== undefined;
  async run(model: Model, real: Real) {
    for (const one of [real.trainer, real.trainer.model]) one.dispose();
    real.gpu = await openGpu();
    if (model.saved === undefined) real.trainer = await tinyTrainer(real.gpu);
    else {
      const checkpoint = await checkpointOf(real);
      const network = await DiffusionModel.load(real.gpu, checkpoint.read, checkpoint.where);
      real.trainer = await Trainer.resume(network, checkpoint, { data: STRIPES });
    }
    Object.assign(model, { step: model.saved ?? 0, isLost: false, isDisposed: false });
    expect(real.trainer.step).toBe(model.step);
  }
  toString = () => "resume";
}

const steps = fc.integer({ min: 0, max: MOST_STEPS }).map((count): Command => new Step(count));
const stop = fc.boolean().map((bySignal): Command => new Stop(bySignal));
const one = (command: Command) => fc.constant(command);

/** Some come more often, so that what is saved is loaded, and what was lost is resumed and used. */
const often = <T>(count: number, arbitrary: T): T[] => new Array(count).fill(arbitrary);
const commands = fc.commands(
  [
    ...[...often(4, steps), stop, ...often(2, one(new Save())), ...often(3, one(new Load()))],
    ...[one(new Sample()), one(new Lose()), one(new Dispose()), ...often(3, one(new Resume()))],
  ],
  { maxCommands: MOST_COMMANDS, size: "max" },
);

test(`${RUNS} random sequences behave as the model says`, { timeout: 3_600_000 }, async () => {
  const property = fc.asyncProperty(commands, async (sequence) => {
    const gpu = await openGpu();
    const real: Real = { gpu, trainer: await tinyTrainer(gpu), files: undefined };
    const model: Model = { step: 0, saved: undefined, isLost: false, isDisposed: false };
    try {
      await fc.asyncModelRun(() => ({ model, real }), sequence);
    } finally {
      for (const one of [real.trainer, real.trainer.model]) one.dispose();
      expect(real.gpu.counters.bufferBytes).toBe(0);
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true });
});
