// A signal that comes at any moment: whenever the GPU is asked for a promise, the n-th time for every n.
// The call ends within 250 ms or a step, with the signal's reason or done; nothing is left, and it works again.
import { afterAll, describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { dataBound } from "../../src/evaluate/data_bound.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { saveModel } from "../../src/nn/save_model.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { sample } from "../../src/samplers/sample.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { tuneModel } from "../../src/train/tuning.ts";
import { times } from "../support/faults.ts";
import { atWait } from "../support/faulty_device.ts";
import { testGpu } from "../support/gpu.ts";
import { settled } from "../support/settled.ts";
import { STRIPES, tinyModel, tinyTrainer } from "../support/tiny_run.ts";

const MOST_MS = 250;
const LATEST_MS = 5000; // after the signal, even in a pause of the machine
const HUNG_MS = 60_000; // of a call that no signal reaches, which trains to its end
const MOST_LATE = 3; // times of a call: a pause of the machine is not its own
const REASON = new Error("enough");

const opened: Gpu[] = [];
async function nullGpu(): Promise<Gpu> {
  const gpu = await Gpu.open({ gpu: (await openGpu({ adapter: "null" })).gpu });
  opened.push(gpu);
  return gpu;
}
afterAll(() => {
  for (const gpu of opened) gpu.dispose();
});

interface Stage {
  gpu: Gpu;
  model: DiffusionModel;
  trainer: Trainer;
  files: ReadonlyMap<string, Uint8Array>;
}

async function stage(opening = nullGpu()): Promise<Stage> {
  const gpu = await opening;
  const trainer = await tinyTrainer(gpu);
  return { gpu, trainer, model: trainer.model, files: await saveModel(trainer.model) };
}

const drained = async (loop: AsyncIterable<unknown>) => {
  for await (const _ of loop);
};
const image = { shape: [1, 1, 4, 4], data: new Float32Array(16) };
const run = { onNan: "skip", steps: 20 } as const;

type Call = (stage: Stage, signal?: AbortSignal) => Promise<unknown>;
const CALLS: Record<string, Call> = {
  train: ({ trainer }, signal) => drained(trainer.run({ steps: 80, signal })),
  "train within a frame budget": ({ trainer }, signal) =>
    drained(trainer.run({ ...run, steps: 2, signal, frameBudgetMs: 1 })),
  "create a trainer": async ({ model }, signal) =>
    (await Trainer.create(model, { data: STRIPES }, { batch: 3 }, { signal })).dispose(),
  sample: ({ model }, signal) =>
    drained(sample(model, { sampler: "ddim", count: 1, steps: 5, signal })),
  load: async ({ gpu, files }, signal) => {
    const read = async (name: string) => files.get(name);
    (await DiffusionModel.load(gpu, read, "memory", { signal })).dispose();
  },
  tune: async ({ gpu, model }, signal) => {
    gpu.choices = {};
    await tuneModel(model, { batch: 2, most: 2, runs: 2, signal });
  },
  evaluate: ({ model }, signal) => evaluate(model, { sample: image, timestep: [1], signal }),
  bound: ({ model }, signal) => drained(dataBound(model, { ...STRIPES, images: 2, signal })),
};

/** Every moment of the first `dense`, then fewer and fewer. */
const next = (n: number, dense: number): number => (n < dense ? n + 1 : Math.ceil(n * 1.5));

/** ms of a step that is run piece by piece: it is finished before the signal is heard; else 0. */
async function undisturbed(name: string, call: () => Promise<unknown>): Promise<number> {
  if (name !== "train within a frame budget") return 0;
  const started = performance.now();
  await call(); // two steps
  return performance.now() - started;
}

describe("aborted whenever the GPU is waited for", () => {
  test.each(Object.entries(CALLS))("%s", async (name, call) => {
    const all = await (name === "train" ? stage(testGpu()) : stage()); // null's steps take no time
    await call(all); // pipelines are compiled
    let mostMs = MOST_MS + (await undisturbed(name, () => call(all)));
    const before = all.gpu.counters.bufferBytes;
    const dense = times(name === "train" ? 3 : 8, 100);
    let [stopped, late] = [0, 0];
    for (let n = 0, isReached = true; isReached; n = next(n, dense)) {
      const controller = new AbortController();
      let abortedAt = 0;
      const injected = atWait(all.gpu, n, () => {
        abortedAt = performance.now();
        controller.abort(REASON);
      });
      const { error } = await settled(call(all, controller.signal), HUNG_MS);
      isReached = injected.asked > n;
      injected.restore();
      const where = `${name}, promise ${n}`;
      const ms = performance.now() - abortedAt;
      if (isReached) expect(ms, where).toBeLessThan(LATEST_MS);
      if (isReached && ms > mostMs) {
        const nowMs = MOST_MS + (await undisturbed(name, () => call(all))); // others may be at work now
        mostMs = Math.max(mostMs, nowMs);
        if (ms > mostMs) expect(++late, `${where}: ${ms} ms`).toBeLessThan(MOST_LATE);
      }
      if (error !== undefined) expect(error, where).toBe(REASON);
      stopped += error === undefined ? 0 : 1;
      expect(all.gpu.counters.bufferBytes, where).toBe(before);
    }
    // a tuning ends with what was found; a trainer whose pipelines are there is made in one go
    if (!["tune", "create a trainer"].includes(name)) expect(stopped).toBeGreaterThan(0);
    await call(all);
    all.gpu.check();
  });

  test.each(["create a trainer", "sample", "evaluate", "bound", "tune"])(
    "%s, while its pipelines are compiled for the first time",
    async (name) => {
      let stopped = 0;
      for (let n = 0; n < times(12, 40); n += times(5, 1)) {
        const gpu = await nullGpu();
        const model = await tinyModel(gpu);
        const all = { gpu, model, files: new Map(), trainer: undefined as unknown as Trainer };
        const controller = new AbortController();
        const injected = atWait(gpu, n, () => controller.abort(REASON));
        const { error } = await settled(CALLS[name]!(all, controller.signal), 1000);
        injected.restore();
        if (error !== undefined) expect(error, `promise ${n}`).toBe(REASON);
        stopped += error === undefined && name !== "tune" ? 0 : 1; // it ends with what was found
        await CALLS[name]!(all);
        expect(gpu.counters.bufferBytes).toBe(model.weights.buffer.size);
        gpu.check();
      }
      expect(stopped).toBeGreaterThan(1);
    },
  );
});

describe("a signal that was aborted before: nothing begins", () => {
  test.each(Object.entries(CALLS).filter(([name]) => name !== "tune"))("%s", async (_, call) => {
    const all = await stage();
    const before = { ...all.gpu.counters };
    await expect(call(all, AbortSignal.abort(REASON))).rejects.toBe(REASON);
    expect(all.gpu.counters).toEqual(before);
    expect(all.trainer.step).toBe(0);
  });
});

describe("a trainer", () => {
  test("that was aborted has the losses of one that was left alone", async () => {
    const gpu = await testGpu();
    const alone = await tinyTrainer(gpu);
    const aborted = await tinyTrainer(gpu);
    const [expected, losses]: number[][] = [[], []];
    for await (const { loss } of alone.run({ steps: 12 })) expected!.push(loss);
    while (aborted.step < 12) {
      const controller = new AbortController();
      const loop = aborted.run({ steps: 12 - aborted.step, signal: controller.signal });
      const { error } = await settled(
        (async () => {
          for await (const { loss } of loop) {
            losses!.push(loss);
            controller.abort(REASON);
          }
        })(),
        LATEST_MS,
      );
      if (error !== undefined) expect(error).toBe(REASON);
    }
    expect(losses).toEqual(expected);
    for (const one of [alone, aborted]) one.dispose();
  });

  test("has one loop at a time, and its state is not set meanwhile", async () => {
    const { trainer, model } = await stage();
    const loop = trainer.run(run);
    await loop.next();
    const running = { code: "train/running" };
    await expect(trainer.run(run).next()).rejects.toMatchObject(running);
    await expect(trainer.restore(undefined as never)).rejects.toMatchObject(running);
    expect((await trainer.save()).size).toBeGreaterThan(3);
    await loop.return();
    await drained(trainer.run({ ...run, steps: 1 }));
    const held = trainer.run(run);
    await held.next();
    trainer.dispose();
    await expect(drained(held)).rejects.toMatchObject({ code: "device/disposed" });
    model.dispose();
  });

  test("beside another on one device: both have the losses that each has alone", async () => {
    const gpu = await testGpu();
    const alone: number[][] = [];
    for (const seed of [1, 2]) {
      const trainer = await tinyTrainer(gpu, { seed });
      const losses: number[] = [];
      for await (const { loss } of trainer.run({ steps: 6 })) losses.push(loss);
      alone.push(losses);
      trainer.dispose();
    }
    const both = await Promise.all([1, 2].map((seed) => tinyTrainer(gpu, { seed })));
    const losses = await Promise.all(
      both.map(async (trainer, i) => {
        const told: number[] = [];
        for await (const { loss } of trainer.run({ steps: i === 0 ? 3 : 6 })) told.push(loss);
        if (i === 0) trainer.dispose(); // the other goes on
        return told;
      }),
    );
    expect(losses).toEqual([alone[0]!.slice(0, 3), alone[1]]);
    both[1]!.dispose();
    gpu.check();
  });
});
