// A client and what serves it, at the two ends of a MessageChannel: the messages are a worker's.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeviceError, FileError, OptionError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { saveModel } from "../../src/nn/save_model.ts";
import { sample } from "../../src/samplers/sample.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { createWorkerClient, type WorkerClient } from "../../src/worker.ts";
import { serve } from "../../src/worker_script.ts";
import { testAdapters } from "../support/gpu.ts";
import { oneLevel } from "../support/tiny_unet.ts";

const DATA: Dataset = {
  name: "shades",
  count: 8,
  shape: [1, 4, 4],
  pixels: Uint8Array.from({ length: 128 }, (_, i) => 2 * i),
};
const ASKED = { count: 2, steps: 6, sampler: "ddim", seed: 3 } as const;
const TRAINING = { batch: 4, seed: 5 };

const adapters = await testAdapters();
const pause = (ms = 60) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client; `gpu()` is the device at the other end. */
function connected() {
  const { port1, port2 } = new MessageChannel();
  const opened: Gpu[] = [];
  const open = async () => {
    opened.push(await Gpu.open({ gpu: adapters }));
    return opened.at(-1)!;
  };
  serve(port2, { open });
  const client = createWorkerClient(port1);
  const end = async () => {
    client.dispose();
    await pause(20); // the last message is on its way
    port1.close();
    port2.close();
  };
  return { client, end, gpu: () => opened.at(-1)! };
}

const caught = async (doing: Promise<unknown>) => {
  const outcome = await doing.then(
    () => undefined,
    (error: unknown) => error,
  );
  return outcome as Error & { code?: string; hint?: string };
};

async function drained<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("what a page asks of its worker", () => {
  let client: WorkerClient;
  let end: () => Promise<void>;
  let gpu: () => Gpu;

  beforeAll(() => {
    ({ client, end, gpu } = connected());
  });
  afterAll(() => end());

  const created = () => client.create(oneLevel(), { seed: 1 });

  test("open tells what the device is", async () => {
    const facts = await client.open();
    expect(facts.isSoftware).toBe(gpu().target.software !== undefined);
    expect(facts.description).toBe(gpu().info.description);
  });

  test("sampling gives the bits that it gives without a worker", async () => {
    const model = await created();
    expect(model.config).toEqual(oneLevel());
    const own = await DiffusionModel.create(gpu(), oneLevel(), { seed: 1 });
    const expected = new Map<number, Float32Array>();
    for await (const frame of sample(own, ASKED)) expected.set(frame.step, await frame.x0Hat());
    let steps = 0;
    for await (const frame of client.sample(model, ASKED)) {
      expect([frame.step, frame.of, frame.shape]).toEqual([++steps, 6, [2, 1, 4, 4]]);
      expect(await frame.x0Hat()).toEqual(expected.get(frame.step));
      expect((await frame.epsHat()).length).toBe(32);
    }
    expect(steps).toBe(6);
    await model.dispose();
    own.dispose();
  });

  test("sampling goes on only when it is asked for the next", async () => {
    const model = await created();
    const frames = client.sample(model, ASKED);
    await frames.next();
    const after = gpu().counters.dispatches;
    await pause();
    expect(gpu().counters.dispatches).toBe(after);
    await frames.next();
    expect(gpu().counters.dispatches).toBeGreaterThan(after);
    await frames.return();
    await model.dispose();
  });

  test("a frame is past once the loop has gone on", async () => {
    const model = await created();
    const frames = client.sample(model, ASKED);
    const first = (await frames.next()).value!;
    await frames.next();
    const error = await caught(first.images());
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.code).toBe("device/disposed");
    expect(error.message).toContain("the frame of step 1 is past, the loop has gone on");
    await frames.return();
    await model.dispose();
  });

  test("leaving the loop frees what it held, before it is left", async () => {
    const model = await created();
    const before = gpu().counters.bufferBytes;
    for await (const frame of client.sample(model, ASKED)) if (frame.step === 2) break;
    expect(gpu().counters.bufferBytes).toBe(before);
    await model.dispose();
    expect(gpu().counters.bufferBytes).toBeLessThan(before);
  });

  test("an abort ends sampling within a step, with the page's own reason, and frees", async () => {
    const model = await created();
    const before = gpu().counters.bufferBytes;
    const abort = new AbortController();
    const reason = new Error("enough");
    const seen: number[] = [];
    const sampling = async () => {
      for await (const { step } of client.sample(model, { ...ASKED, signal: abort.signal })) {
        seen.push(step);
        if (step === 2) abort.abort(reason);
      }
    };
    expect(await caught(sampling())).toBe(reason);
    expect(seen).toEqual([1, 2]);
    expect(gpu().counters.bufferBytes).toBe(before);
    const late = client.sample(model, { ...ASKED, signal: abort.signal });
    expect(await caught(late.next())).toBe(reason);
    await model.dispose();
  });

  test("an abort frees what a loop holds that nobody asks any more", async () => {
    const model = await created();
    const before = gpu().counters.bufferBytes;
    const abort = new AbortController();
    const frames = client.sample(model, { ...ASKED, signal: abort.signal });
    await frames.next();
    abort.abort();
    await pause();
    expect(gpu().counters.bufferBytes).toBe(before);
    expect((await caught(frames.next())).name).toBe("AbortError");
    await model.dispose();
  });

  test("errors arrive as they were thrown: class, code, hint", async () => {
    const model = await created();
    const error = await caught(client.sample(model, { ...ASKED, count: 0 }).next());
    expect(error).toBeInstanceOf(OptionError);
    expect(error.code).toBe("option/count");
    expect(error.hint).toBe("Ask for one image or more.");
    expect(error.message).toMatch(/got 0\. Ask for one image or more\.$/);
    const missing = await caught(client.load(new Map()));
    expect(missing).toBeInstanceOf(FileError);
    expect(missing.code).toBe("file/missing");
    const unsendable = await caught(
      client.sample(model, { ...ASKED, scheduler: { f: () => 1 } }).next(),
    );
    expect(unsendable.name, "what cannot be sent is refused here").toBe("DataCloneError");
    await model.dispose();
    expect((await caught(model.files())).code).toBe("device/disposed");
  });

  test("a model's files go out and come in", async () => {
    const model = await created();
    const files = await model.files();
    expect([...files.keys()]).toContain("config.json");
    const again = await client.load(files);
    expect(await again.files()).toEqual(files);
    await again.dispose();
    await model.dispose();
  });

  test("training gives the records that it gives without a worker, and samples its average", async () => {
    const model = await created();
    const trainer = await client.trainer(model, { data: DATA }, TRAINING);
    const records = await drained(client.train(trainer, { steps: 5 }));
    const own = await DiffusionModel.create(gpu(), oneLevel(), { seed: 1 });
    const direct = await Trainer.create(own, { data: DATA }, TRAINING);
    expect(records).toEqual(await drained(direct.run({ steps: 5 })));
    expect(trainer.step).toBe(5);
    expect(trainer.report).toEqual(direct.report);

    const last = async (frames: AsyncIterable<{ images(): Promise<Float32Array> }>) => {
      let images: Float32Array | undefined;
      for await (const frame of frames) images = await frame.images();
      return images;
    };
    const drawn = await last(client.sample(model, { ...ASKED, weights: trainer }));
    expect(drawn).toEqual(await last(sample(own, { ...ASKED, weights: direct.ema })));
    expect(await model.files(trainer)).toEqual(await saveModel(own, direct.ema));
    direct.dispose();
    own.dispose();
    await trainer.dispose();
    await model.dispose();
  });

  test("training is at most some steps ahead of its loop", async () => {
    const model = await created();
    const trainer = await client.trainer(model, { data: DATA }, TRAINING);
    const records = client.train(trainer, { steps: 100_000, frameBudgetMs: 1000 });
    await records.next();
    let held = 0;
    while (gpu().counters.dispatches > held) {
      held = gpu().counters.dispatches;
      await pause(1000); // many steps' time; without a bound this ends with the test's
    }
    await pause(200);
    expect(gpu().counters.dispatches, "it waits").toBe(held);
    await records.return();
    await trainer.dispose();
    await model.dispose();
  });

  test("an abort ends training; a checkpoint of what was done resumes to the same bits", async () => {
    const model = await created();
    const trainer = await client.trainer(model, { data: DATA }, TRAINING);
    const abort = new AbortController();
    const run = async () => {
      const running = client.train(trainer, { steps: 100_000, signal: abort.signal });
      for await (const { step } of running) if (step === 3) abort.abort();
    };
    expect((await caught(run())).name).toBe("AbortError");
    const files = await trainer.save();
    const onwards = await drained(client.train(trainer, { steps: 2 }));
    const resumed = await client.resume(files, { data: DATA });
    expect(resumed.step).toBe(onwards[0]!.step - 1);
    expect(await drained(client.train(resumed, { steps: 2 }))).toEqual(onwards);
    for (const one of [resumed, trainer, resumed.model, model]) await one.dispose();
  });

  test("the bound of a model on images", async () => {
    const model = await created();
    const { pixels, shape } = DATA;
    const asked = { pixels, shape, images: 2, timesteps: 4 };
    const records = await drained(client.dataBound(model, asked));
    expect(records.at(-1)!.report!.total.mean).toBeGreaterThan(0);
    await model.dispose();
  });
});

describe("a worker that is lost", () => {
  test("its device: told at once, and by whatever goes on; opened again, all is well", async () => {
    const { client, end, gpu } = connected();
    const model = await client.create(oneLevel(), { seed: 1 });
    const frames = client.sample(model, ASKED);
    await frames.next();
    const loss = client.lost;
    gpu().device.destroy();
    const told = await loss;
    expect(told).toBeInstanceOf(DeviceError);
    expect((told as DeviceError).code).toBe("device/lost");
    expect((await caught(frames.next())).code).toBe("device/lost");
    await client.open();
    const other = await client.create(oneLevel(), { seed: 1 });
    expect((await drained(client.sample(other, ASKED))).length).toBe(6);
    const again = client.lost;
    gpu().device.destroy();
    expect((await again).message).toContain("the device was lost");
    await end();
  });

  test("a client that was disposed of says so, and leaves nothing on the GPU", async () => {
    const { client, end, gpu } = connected();
    const model = await client.create(oneLevel(), { seed: 1 });
    const frames = client.sample(model, ASKED);
    await frames.next();
    const next = frames.next();
    client.dispose();
    expect((await caught(next)).code).toBe("device/disposed");
    expect((await caught(client.open())).code).toBe("device/disposed");
    await pause();
    expect(gpu().counters.bufferBytes).toBe(0);
    await end();
  });

  test("its script: whatever is under way fails", async () => {
    const { client, end } = connected();
    const opening = client.open();
    client.fail("its script cannot be loaded");
    expect((await caught(opening)).code).toBe("device/worker");
    await end();
  });

  test("where there are none, as in Node, it says so", () => {
    expect(() => createWorkerClient()).toThrow("createWorkerClient: there are no workers here.");
  });

  test("messages of others on the channel are passed over", async () => {
    const { port1, port2 } = new MessageChannel();
    serve(port2, { open: () => Gpu.open({ gpu: adapters }) });
    const client = createWorkerClient(port1);
    port1.postMessage("hello");
    port2.postMessage({ type: "end", id: 1 });
    expect((await client.open()).features).toBeInstanceOf(Array);
    client.dispose();
    await pause(20);
    port1.close();
    port2.close();
  });
});
