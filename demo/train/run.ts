// One run, as a generator of messages: train a while, draw a grid, and again. It knows no page.
//
// The average of the weights draws every grid from the same noise, so that the same pictures are
// seen to come forth.
import { DiffusionModel, type Gpu, presetFor, sample, Trainer } from "../../src/index.ts";
import type { Gate } from "../shared/gate.ts";
import { imagesFor } from "./images.ts";
import type { FromWorker, RunPlan, RunRequest } from "./messages.ts";
import { Throughput } from "./throughput.ts";

const COUNT = 16;
const SAMPLER_STEPS = 25; // of DDPM: after little training it is cleaner than DDIM
const GRIDS = 15; // in a run
const SAMPLE_SEED = 1;
const AIM_MS = 100; // between two messages of losses

/** How a run is held and stopped from outside. */
export interface Control {
  gate: Gate;
  signal: AbortSignal;
}

/** @throws the signal's reason when it is stopped; what the library throws */
export async function* train(
  gpu: Gpu,
  request: RunRequest,
  control: Control,
): AsyncGenerator<FromWorker, void, void> {
  const { config, scheduler, steps: usual, hyperParameters } = presetFor(gpu.target);
  const { seed, steps = usual, batch = hyperParameters.batch ?? 16 } = request;
  const { every = Math.ceil(steps / GRIDS) } = request;
  const data = await imagesFor(config);
  const model = await DiffusionModel.create(gpu, config, { seed, scheduler });
  try {
    const options = { ...hyperParameters, seed, batch, decaySteps: steps };
    const trainer = await Trainer.create(model, { data }, options);
    try {
      yield { type: "planned", plan: planOf(trainer, steps) };
      const speed = new Throughput();
      while (trainer.step < steps) {
        yield* trainSome(trainer, { steps: Math.min(every, steps - trainer.step), speed, control });
        yield* drawGrid(trainer, request, control);
        speed.skip();
      }
    } finally {
      trainer.dispose();
    }
  } finally {
    model.dispose();
  }
}

function planOf({ model, options, report }: Trainer, steps: number): RunPlan {
  const size = model.config.sample_size ?? 0;
  return {
    steps,
    batch: options.batch,
    parameters: model.weights.count,
    size: typeof size === "number" ? [size, size] : size,
    dispatches: report.dispatches,
    memoryBytes: report.peakBytes,
  };
}

interface Stretch {
  steps: number;
  speed: Throughput;
  control: Control;
}

/** A stretch of training; a message of losses every AIM_MS. */
async function* trainSome(
  trainer: Trainer,
  { steps, speed, control }: Stretch,
): AsyncGenerator<FromWorker, void, void> {
  const { gate, signal } = control;
  const end = trainer.step + steps;
  let losses: number[] = [];
  let told = performance.now();
  for await (const { step, loss } of trainer.run({ steps, signal })) {
    speed.add(trainer.options.batch);
    losses.push(loss);
    if (step === end || gate.isShut || performance.now() - told >= AIM_MS) {
      const { imagesPerSecond } = speed;
      yield {
        type: "losses",
        losses: { first: step + 1 - losses.length, losses, imagesPerSecond },
      };
      losses = [];
      told = performance.now();
    }
    yield* held(gate);
    speed.skip();
  }
}

async function* held(gate: Gate): AsyncGenerator<FromWorker, void, void> {
  if (!gate.isShut) return;
  yield { type: "held" };
  await gate.passed();
}

async function* drawGrid(
  { model, ema, step }: Trainer,
  { count = COUNT, samplerSteps = SAMPLER_STEPS }: RunRequest,
  { gate, signal }: Control,
): AsyncGenerator<FromWorker, void, void> {
  const options = { sampler: "ddpm", count, steps: samplerSteps, seed: SAMPLE_SEED } as const;
  for await (const frame of sample(model, { ...options, weights: ema, signal })) {
    yield* held(gate);
    if (frame.step < frame.of) continue;
    const [, , H, W] = frame.shape;
    const images = await frame.images();
    const pixels = Uint8ClampedArray.from(images, (x) => (x + 1) * 127.5);
    yield { type: "samples", samples: { step, shape: [count, H, W], pixels } };
  }
}
