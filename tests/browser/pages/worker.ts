// A page whose GPU work is done in a worker; a test calls what it offers.
import { DiffusionModel, Gpu, presetFor, sample, zipFiles } from "../../../src/index.ts";
import { createWorkerClient } from "../../../src/worker.ts";

interface WorkerPage {
  /** A model's images from a worker and from this page, and its bitmap's bytes. */
  compare(folder: string): Promise<{ inWorker: number[]; here: number[]; bitmap: number[] }>;
  /** Draws the last frame on a canvas that the worker was given. */
  draw(folder: string): Promise<void>;
  /** Trains, leaves, saves; the longest that the page could not answer. */
  train(): Promise<{ losses: number[]; longestMs: number; zipBytes: number; files: string[] }>;
  abort(): Promise<{ steps: number; error: string; ms: number }>;
  failure(): Promise<{ code: string; hint: string; message: string }>;
  missing(address: string): Promise<string>;
}

declare global {
  interface Window {
    worker?: WorkerPage;
  }
}

const client = createWorkerClient();
const ASKED = { count: 4, steps: 5, sampler: "ddim", seed: 2 } as const;
const { config, scheduler } = presetFor({ software: "swiftshader" });

async function grey(picture: ImageBitmap): Promise<number[]> {
  const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d")!;
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]!);
}

/** The longest time between two turns of the page's own loop, while something is done. */
async function longestTurn(doing: () => Promise<void>): Promise<number> {
  let [longest, last, isOver] = [0, performance.now(), false];
  const watch = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (!isOver) channel.port2.postMessage(0);
  };
  const channel = new MessageChannel();
  channel.port1.onmessage = watch;
  channel.port2.postMessage(0);
  await doing();
  isOver = true;
  return longest;
}

window.worker = {
  async compare(folder) {
    const model = await client.load(folder);
    const result = { inWorker: [] as number[], here: [] as number[], bitmap: [] as number[] };
    for await (const frame of client.sample(model, ASKED)) {
      if (frame.step < frame.of) continue;
      result.inWorker = [...(await frame.images())];
      result.bitmap = await grey(await frame.bitmap("x"));
    }
    const gpu = await Gpu.open();
    const files = await model.files();
    const own = await DiffusionModel.load(gpu, async (path) => files.get(path), "here");
    for await (const frame of sample(own, ASKED)) {
      if (frame.step === frame.of) result.here = [...(await frame.images())];
    }
    gpu.dispose();
    await model.dispose();
    return result;
  },

  async draw(folder) {
    const element = document.createElement("canvas");
    document.body.append(element);
    const canvas = await client.canvas(element.transferControlToOffscreen());
    const model = await client.load(folder);
    for await (const frame of client.sample(model, ASKED)) await frame.draw(canvas);
    await model.dispose();
  },

  async train() {
    const losses: number[] = [];
    const model = await client.create(config, { seed: 1, scheduler });
    const pixels = Uint8Array.from({ length: 32 * 256 }, (_, i) => Math.floor(i / 256) * 7);
    const data = { name: "shades", count: 32, shape: [1, 16, 16] as const, pixels };
    const trainer = await client.trainer(model, { data }, { batch: 8, learningRate: 1e-3 });
    const longestMs = await longestTurn(async () => {
      for await (const { loss } of client.train(trainer, { steps: 12 })) losses.push(loss);
    });
    const files = await model.files(trainer);
    const zip = zipFiles(files);
    const again = await client.load(new Blob([zip]));
    await again.dispose();
    await trainer.dispose();
    await model.dispose();
    return { losses, longestMs, zipBytes: zip.length, files: [...files.keys()] };
  },

  async abort() {
    const model = await client.create(config, { seed: 1, scheduler });
    const abort = new AbortController();
    const { signal } = abort;
    let [steps, error, from] = [0, "", 0];
    try {
      for await (const frame of client.sample(model, { count: 8, steps: 200, signal })) {
        steps = frame.step;
        if (steps < 2) continue;
        from = performance.now();
        setTimeout(() => abort.abort(), 20);
      }
    } catch (thrown) {
      error = (thrown as Error).name;
    }
    const ms = performance.now() - from;
    await model.dispose();
    return { steps, error, ms };
  },

  async failure() {
    const model = await client.create(config, { seed: 1, scheduler });
    try {
      for await (const _ of client.sample(model, { ...ASKED, guidance: 2 }));
    } catch (thrown) {
      const { code, hint, message } = thrown as Error & { code: string; hint: string };
      return { code, hint, message };
    }
    throw new Error("nothing was thrown");
  },

  async missing(address) {
    return client.load(address).then(
      () => "loaded",
      ({ code, message }) => `${code}: ${message}`,
    );
  },
};
