// An allocation that fails part of the way through a call: what the call made before is freed, the error
// has a code, and the objects that were there go on as before.
import { afterAll, describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { saveModel } from "../../src/nn/save_model.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { sample } from "../../src/samplers/sample.ts";
import { lossGradients } from "../../src/train/gradients.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { Validation } from "../../src/train/validation.ts";
import { type AllocationFault, failBuffer, scopesLeft } from "../support/faulty_device.ts";
import { STRIPES, tinyModel } from "../support/tiny_run.ts";

const nullGpu = async () => Gpu.open({ gpu: (await openGpu({ adapter: "null" })).gpu });
const newModel = tinyModel;

const gpu = await nullGpu();
const model = await newModel(gpu);
const files = await saveModel(model);
const trainer = await Trainer.create(model, { data: STRIPES }, { batch: 3 });
const image = { shape: [1, 1, 4, 4], data: new Float32Array(16) };
afterAll(() => gpu.dispose());

/** What allocates, and is disposed of at once where it succeeds. */
const CALLS: Record<string, () => Promise<unknown>> = {
  "DiffusionModel.create": async () => (await newModel(gpu)).dispose(),
  "DiffusionModel.load": async () => {
    const read = async (name: string) => files.get(name);
    (await DiffusionModel.load(gpu, read, "memory")).dispose();
  },
  "Trainer.create": async () =>
    (await Trainer.create(model, { data: STRIPES }, { batch: 3 })).dispose(),
  "Trainer.create, accumulating": async () =>
    (await Trainer.create(model, { data: STRIPES }, { batch: 3, accumulate: 2 })).dispose(),
  "Trainer.save": () => trainer.save(),
  "Trainer.lossByTimestep": () => trainer.lossByTimestep(),
  "Validation.create": async () => {
    const asked = { data: STRIPES, weights: trainer.ema, ...trainer.options };
    (await Validation.create(model, asked)).dispose();
  },
  sample: async () => {
    for await (const frame of sample(model, { sampler: "ddim", count: 1, steps: 2 })) {
      await frame.images();
      await frame.texture("x");
    }
  },
  evaluate: () => evaluate(model, { sample: image, timestep: [1] }),
  gradients: () => lossGradients(model, { x0: image, noise: image, timestep: [1] }),
};

const FAULTS: AllocationFault[] = ["throws", "out-of-memory", "validation"];

describe("the n-th buffer of a call cannot be made, for every n", () => {
  test.each(Object.entries(CALLS))("%s", async (_, call) => {
    await call(); // pipelines are compiled
    const before = gpu.counters.bufferBytes;
    for (const fault of FAULTS) {
      for (let n = 0, isReached = true; isReached; n++) {
        const injected = failBuffer(gpu, n, fault);
        const error = await call().then(
          () => undefined,
          (reason) => reason,
        );
        isReached = injected.asked > n;
        injected.restore();
        await Promise.resolve(); // views free their textures
        const where = `${fault} at buffer ${n}`;
        expect(gpu.counters.bufferBytes, where).toBe(before);
        if (!isReached) expect(error, where).toBeUndefined();
        else if (fault === "throws") expect(error, where).toBeInstanceOf(RangeError);
        else expect(error?.code, where).toBe(`device/${fault}`);
        gpu.check();
      }
    }
    expect(await scopesLeft(gpu)).toBe(0);
  });
});

describe("dispose", () => {
  test("twice is as once: no byte is counted down twice", async () => {
    const before = gpu.counters.bufferBytes;
    const own = await newModel(gpu);
    const two = await Trainer.create(own, { data: STRIPES }, { batch: 3 });
    const asked = { data: STRIPES, weights: own.weights, ...two.options };
    const validation = await Validation.create(own, asked);
    const all = [validation, two, own];
    for (const one of [...all, ...all]) one.dispose();
    expect(gpu.counters.bufferBytes).toBe(before);
  });

  test("a disposed object says so, in whatever is asked of it", async () => {
    const own = await newModel(gpu);
    const first = await Trainer.create(own, { data: STRIPES }, { batch: 3 });
    const checkpoint = await first.save();
    const asked = { data: STRIPES, weights: own.weights, ...first.options };
    const validation = await Validation.create(own, asked);
    let frame: { images(): Promise<unknown>; texture(view: "x"): Promise<unknown> } | undefined;
    for await (const one of sample(own, { sampler: "ddim", count: 1, steps: 1 })) frame = one;
    validation.dispose();
    first.dispose();
    const disposed = { code: "device/disposed" };
    await expect(first.run({ steps: 1 }).next()).rejects.toMatchObject(disposed);
    await expect(first.save()).rejects.toMatchObject(disposed);
    await expect(first.lossByTimestep()).rejects.toMatchObject(disposed);
    await expect(validation.loss()).rejects.toMatchObject(disposed);
    await expect(frame!.images()).rejects.toMatchObject(disposed);
    await expect(frame!.texture("x")).rejects.toMatchObject(disposed);
    expect(() => first.program.run()).toThrow(expect.objectContaining(disposed));

    const second = await Trainer.create(own, { data: STRIPES }, { batch: 3 });
    const loop = sample(own, { sampler: "ddim", count: 1, steps: 3 });
    await loop.next();
    own.dispose();
    await expect(loop.next()).rejects.toMatchObject(disposed);
    await expect(second.run({ steps: 1 }).next()).rejects.toMatchObject(disposed);
    await expect(saveModel(own)).rejects.toMatchObject(disposed);
    await expect(sample(own, { sampler: "ddim", count: 1 }).next()).rejects.toMatchObject(disposed);
    await expect(evaluate(own, { sample: image, timestep: [1] })).rejects.toMatchObject(disposed);
    await expect(Trainer.create(own, { data: STRIPES })).rejects.toMatchObject(disposed);
    second.dispose();
    expect(checkpoint.size).toBeGreaterThan(3);
    gpu.check();
  });
});
