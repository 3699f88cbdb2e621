// A run whose devices are lost ends with the bits of one that was left alone.
import { describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import { type RecoveryOptions, runThroughLosses } from "../../src/train/recovery.ts";
import type { TrainingRecord } from "../../src/train/step_records.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { testAdapters } from "../support/gpu.ts";
import { oneLevel } from "../support/tiny_unet.ts";

const STEPS = 10;
const SCHEDULER = { num_train_timesteps: 12, beta_start: 0.005, beta_end: 0.4 };
const DATA: Dataset = {
  name: "stripes",
  count: 6,
  shape: [1, 4, 4],
  pixels: Uint8Array.from({ length: 6 * 16 }, (_, i) => (i * 53) % 256),
};
const HYPER_PARAMETERS = { batch: 3, learningRate: 3e-3, ema: 0.9, seed: 5 };

const openGpu = async () => Gpu.open({ gpu: await testAdapters() });

async function start(gpu: Gpu): Promise<Trainer> {
  const model = await DiffusionModel.create(gpu, oneLevel({}), { seed: 1, scheduler: SCHEDULER });
  return Trainer.create(model, { data: DATA }, HYPER_PARAMETERS);
}

interface Outcome {
  records: TrainingRecord[];
  /** weights, averages and moments */
  tensors: Record<string, Uint8Array>;
  devices: number;
}

/** @param disturb  called with the device that is in use after each step's record, and when it opens */
async function trained(
  disturb: (gpu: Gpu, step: number, devices: number) => void,
  changes: Partial<RecoveryOptions> = {},
): Promise<Outcome> {
  let devices = 0;
  let gpu: Gpu | undefined;
  const open = async () => {
    gpu = await openGpu();
    devices++;
    disturb(gpu, 0, devices);
    return gpu;
  };
  const options = { steps: STEPS, open, start, data: { data: DATA }, snapshotEvery: 3, ...changes };
  const run = runThroughLosses(options);
  const records: TrainingRecord[] = [];
  while (true) {
    const { done, value } = await run.next();
    if (done) {
      const files = [...(await value.save())].filter(([name]) => name.endsWith(".safetensors"));
      value.dispose();
      gpu?.dispose();
      return { records, tensors: Object.fromEntries(files), devices };
    }
    records.push(value);
    disturb(gpu!, value.step, devices);
  }
}

const losses = ({ records }: Outcome) => records.map(({ step, loss }) => [step, loss]);

describe("training through the loss of a device", () => {
  test("has the records and the weights of an undisturbed run, wherever it is lost", async () => {
    const alone = await trained(() => {});
    expect(alone.devices).toBe(1);
    expect(Object.keys(alone.tensors).length).toBeGreaterThanOrEqual(2);
    for (const at of [0, 2, 7]) {
      let isDone = false;
      const disturbed = await trained((gpu, step) => {
        if (isDone || step < at) return;
        isDone = true;
        gpu.device.destroy();
      });
      expect(disturbed.devices, `lost at ${at}`).toBe(2);
      expect(losses(disturbed)).toEqual(losses(alone));
      expect(disturbed.tensors).toEqual(alone.tensors);
    }
  });

  test("goes on after a loss every third step", async () => {
    const alone = await trained(() => {});
    let lastAt = 0;
    const disturbed = await trained((gpu, step) => {
      if (step < lastAt + 3 || step === 0) return;
      lastAt = step;
      gpu.device.destroy();
    });
    expect(disturbed.devices).toBeGreaterThan(2);
    expect(losses(disturbed)).toEqual(losses(alone));
    expect(disturbed.tensors).toEqual(alone.tensors);
  });

  test("is given up after two tries that get nowhere, with advice, within seconds", async () => {
    const started = performance.now();
    await expect(trained((gpu) => gpu.device.destroy())).rejects.toMatchObject({
      code: "device/lost",
      message: expect.stringContaining("lost 3 times without a step between, at step 0"),
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("ends at once by a signal, or by an error of its own", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const aborted = trained((_, step) => step === 2 && controller.abort(reason), {
      signal: controller.signal,
    });
    await expect(aborted).rejects.toBe(reason);
    const disposed = trained((gpu, step) => step === 2 && gpu.dispose());
    await expect(disposed).rejects.toMatchObject({ code: "device/disposed" });
  });
});
