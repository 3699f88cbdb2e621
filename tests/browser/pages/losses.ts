// A page that trains through the loss of its device, and one whose promises all end after one.
import { Gpu, runThroughLosses, sample, type Trainer } from "../../../src/index.ts";
import { settled } from "../../support/settled.ts";
import { STRIPES, tinyModel, tinyTrainer } from "../../support/tiny_run.ts";

export interface Trained {
  /** devices used */
  devices: number;
  steps: number;
  /** of all steps' losses, and of weights, average and moments */
  digest: string;
  /** reason and message of each loss */
  losses: string[];
}

interface Losses {
  /** the last step that was told, of `train` */
  step: number;
  /** @param lostBy  the step at which the loop holds until its first device is lost */
  train(steps: number, lostBy?: number): Promise<Trained>;
  /** So often create, step, sample, dispose. @returns bytes that are left */
  cycles(count: number): Promise<number>;
  /** Begins one of each call that waits for the GPU; true when all are under way. */
  begin(): Promise<boolean>;
  /** How each ended: code, or "done"; and after how many ms from now. */
  ended(): Promise<Record<string, { code: string; ms: number }>>;
}

declare global {
  interface Window {
    losses?: Losses;
  }
}

async function digestOf(trainer: Trainer, losses: readonly number[]): Promise<string> {
  const files = [...(await trainer.save())].filter(([name]) => name.endsWith(".safetensors"));
  const parts: BlobPart[] = files.map(([, bytes]) => Uint8Array.from(bytes));
  const bytes = await new Blob([Float64Array.from(losses), ...parts]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const drained = async (loop: AsyncIterable<unknown>) => {
  for await (const _ of loop);
};

const MOST_MS = 1000;
let kept: Gpu | undefined; // of all cycles
let pending: [string, Promise<unknown>][] = [];

window.losses = {
  step: 0,
  async train(steps, lostBy) {
    const told: string[] = [];
    let devices = 0;
    let gpu: Gpu | undefined;
    let lost: Promise<unknown> | undefined;
    const open = async () => {
      gpu = await Gpu.open();
      devices++;
      const hears = gpu.device.lost.then((loss) => told.push(`${loss.reason}: ${loss.message}`));
      lost ??= hears;
      return gpu;
    };
    const data = { data: STRIPES };
    const start = (one: Gpu) => tinyTrainer(one);
    const run = runThroughLosses({ steps, open, start, data, snapshotEvery: 20 });
    const losses: number[] = [];
    let next = await run.next();
    for (; !next.done; next = await run.next()) {
      this.step = next.value.step;
      losses.push(next.value.loss);
      if (this.step === lostBy) await lost;
    }
    const trainer = next.value;
    const digest = await digestOf(trainer, losses);
    trainer.dispose();
    trainer.model.dispose();
    const left = gpu?.counters.bufferBytes;
    if (left !== 0) throw new Error(`${left} bytes are left`);
    const lossesOfDevices = [...told];
    gpu?.dispose();
    return { devices, steps: losses.length, digest, losses: lossesOfDevices };
  },
  async cycles(count) {
    kept ??= await Gpu.open();
    for (let i = 0; i < count; i++) {
      const trainer = await tinyTrainer(kept);
      await drained(trainer.run({ steps: 1 }));
      await drained(sample(trainer.model, { sampler: "ddim", count: 1, steps: 1 }));
      trainer.dispose();
      trainer.model.dispose();
    }
    return kept.counters.bufferBytes;
  },
  async begin() {
    const gpu = await Gpu.open();
    const [trainer, other] = [await tinyTrainer(gpu), await tinyTrainer(gpu)];
    const { model } = trainer;
    const asked = { sampler: "ddim", count: 1, steps: 12 } as const;
    const sampling = async () => {
      while (true) await drained(sample(model, asked));
    };
    const saving = async () => {
      while (true) await other.save();
    };
    const compiling = async () => {
      for (let batch = 4; ; batch++) (await tinyTrainer(gpu, { batch })).dispose();
    };
    const loading = async () => {
      while (true) (await tinyModel(gpu)).dispose();
    };
    const held = other.run({ steps: 1000 });
    await held.next();
    const calls = {
      training: drained(trainer.run({ steps: 1e6 })),
      ...{ sampling: sampling(), saving: saving(), compiling: compiling(), loading: loading() },
    };
    pending = Object.entries(calls);
    for (const [, promise] of pending) promise.catch(() => undefined);
    return true;
  },
  async ended() {
    const ends = pending.map(async ([name, promise]) => {
      const { error, ms } = await settled(promise, MOST_MS);
      const { code } = (error ?? { code: "done" }) as { code?: string };
      return [name, { code: code ?? String(error), ms }] as const;
    });
    return Object.fromEntries(await Promise.all(ends));
  },
};
