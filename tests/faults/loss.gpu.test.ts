// A device that is lost at any moment of any call: the call ends within a second with device/lost, and
// nothing is reported after it. On Dawn's null backend; `npm run faults` takes the tests' adapter too.
import { afterEach, describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { dataBound } from "../../src/evaluate/data_bound.ts";
import { timedPasses, timedRun } from "../../src/graph/measuring.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { saveModel } from "../../src/nn/save_model.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { sampleThroughLosses } from "../../src/samplers/recovery.ts";
import { sample } from "../../src/samplers/sample.ts";
import { lossGradients } from "../../src/train/gradients.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { tuneModel } from "../../src/train/tuning.ts";
import { Validation } from "../../src/train/validation.ts";
import { isFullRun, times } from "../support/faults.ts";
import { testAdapters } from "../support/gpu.ts";
import { settled } from "../support/settled.ts";
import { STRIPES, tinyModel, tinyTrainer } from "../support/tiny_run.ts";

const ADAPTERS: [string, () => Promise<GPU>][] = [
  ["null", async () => (await openGpu({ adapter: "null" })).gpu],
];
if (isFullRun) ADAPTERS.push(["the tests' adapter", testAdapters]);

const MOST_MS = 1000;
const LOST = expect.objectContaining({ code: "device/lost" });
const image = { shape: [1, 1, 4, 4], data: new Float32Array(16) };

interface Stage {
  gpu: Gpu;
  model: DiffusionModel;
  trainer: Trainer;
  validation: Validation;
  files: ReadonlyMap<string, Uint8Array>;
}

const drained = async (loop: AsyncIterable<unknown>) => {
  for await (const _ of loop);
};

/** What may be under way when the device is lost. */
const CALLS: Record<string, (stage: Stage) => Promise<unknown>> = {
  "making all of a run": ({ gpu }) => tinyTrainer(gpu, { batch: 5 }),
  "creating a model": ({ gpu }) => tinyModel(gpu),
  "loading a model": ({ gpu, files }) =>
    DiffusionModel.load(gpu, async (name) => files.get(name), "memory"),
  "compiling a trainer": ({ model }) => Trainer.create(model, { data: STRIPES }, { batch: 4 }),
  stepping: async ({ trainer }) => {
    // the null backend's steps are all left out, of which a loop takes 31
    while (true) await drained(trainer.run({ steps: 20, onNan: "skip" }));
  },
  "stepping within a frame budget": ({ trainer }) =>
    drained(trainer.run({ steps: 20, onNan: "skip", frameBudgetMs: 1 })),
  saving: ({ trainer }) => trainer.save(),
  "reading losses": ({ trainer }) => trainer.lossByTimestep(),
  validating: ({ validation }) => validation.loss(),
  sampling: ({ model }) => drained(sample(model, { sampler: "ddim", count: 2, steps: 12 })),
  "reading images": async ({ model }) => {
    for await (const frame of sample(model, { sampler: "ddim", count: 1, steps: 12 })) {
      await frame.images();
      await frame.texture("x");
    }
  },
  "evaluating the network": ({ model }) => evaluate(model, { sample: image, timestep: [1] }),
  "a gradient": ({ model }) => lossGradients(model, { x0: image, noise: image, timestep: [1] }),
  "the bound": ({ model }) => drained(dataBound(model, { ...STRIPES, images: 2 })),
  tuning: ({ model }) => tuneModel(model, { batch: 2 }),
  "timing runs": ({ trainer }) => timedRun(trainer.program, 500),
  "profiling a run": ({ trainer }) => timedPasses(trainer.program),
};

describe.each(ADAPTERS)("lost on %s", (_, adapters) => {
  const opened: Gpu[] = [];
  afterEach(() => {
    for (const gpu of opened.splice(0)) gpu.dispose();
  });

  async function stage(): Promise<Stage> {
    const gpu = await Gpu.open({ gpu: await adapters() });
    opened.push(gpu);
    const trainer = await tinyTrainer(gpu);
    const { model } = trainer;
    const asked = { data: STRIPES, weights: trainer.ema, ...trainer.options };
    const validation = await Validation.create(model, asked);
    return { gpu, model, trainer, validation, files: await saveModel(model) };
  }

  test.each(Object.entries(CALLS))("while %s: device/lost within a second", async (name, call) => {
    let hits = 0;
    for (let n = 0; n < times(3, 8); n++) {
      const all = await stage();
      const pending = call(all);
      pending.catch(() => undefined);
      if (n > 0) await new Promise((resolve) => setTimeout(resolve, 2 ** n - 2));
      all.gpu.device.destroy();
      const { error } = await settled(pending, MOST_MS);
      if (error !== undefined) expect(error, `${name}, moment ${n}`).toEqual(LOST);
      hits += error === undefined ? 0 : 1;
      const after = await settled(call(all), MOST_MS);
      expect(after.error, "nothing is reported after a loss").toEqual(LOST);
    }
    expect(hits).toBeGreaterThan(0);
  });

  test("while a reader holds the loop: no rejection is left unheard, the next record is an error", async () => {
    const { gpu, trainer } = await stage();
    const loop = trainer.run({ steps: 20, onNan: "skip" });
    await loop.next();
    gpu.device.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(drained(loop)).rejects.toEqual(LOST);
  });

  test("a device that is lost on arrival says so in the first call", async () => {
    const device = await (await (await adapters()).requestAdapter())!.requestDevice();
    device.destroy();
    const gpu = await Gpu.open({ device });
    expect((await settled(tinyModel(gpu), MOST_MS)).error).toEqual(LOST);
  });
});

describe("sampling through the loss of a device", () => {
  const asked = { sampler: "ddpm", count: 2, steps: 6, seed: 3 } as const;

  /** @param at  after that step the device is lost, once */
  async function sampled(at?: number) {
    const opened: Gpu[] = [];
    const open = async () => {
      const gpu = await Gpu.open({ gpu: await testAdapters() });
      opened.push(gpu);
      return gpu;
    };
    const loop = sampleThroughLosses({ ...asked, open, load: tinyModel });
    const steps: number[] = [];
    let next = await loop.next();
    for (; !next.done; next = await loop.next()) {
      steps.push(next.value.step);
      if (steps.length === at) opened[0]!.device.destroy();
    }
    for (const gpu of opened) expect(gpu.counters.bufferBytes).toBe(0);
    return { steps, data: next.value.data, devices: opened.length };
  }

  test("gives the images of an undisturbed one, and tells no step twice", async () => {
    const alone = await sampled();
    expect(alone.devices).toBe(1);
    for (const at of [1, asked.steps]) {
      const disturbed = await sampled(at);
      expect(disturbed).toEqual({ ...alone, devices: 2 });
    }
  });
});
