// A run whose devices are lost ends with the bits of one that was left alone.
import { beforeAll, describe, expect, test } from "vitest";
import { DeviceError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { type RecoveryOptions, runThroughLosses } from "../../src/train/recovery.ts";
import type { TrainingRecord } from "../../src/train/step_records.ts";
import { testAdapters } from "../support/gpu.ts";
import { STRIPES, tinyTrainer } from "../support/tiny_run.ts";

const STEPS = 10;
const openGpu = async () => Gpu.open({ gpu: await testAdapters() });
const OPTIONS: RecoveryOptions = {
  steps: STEPS,
  open: openGpu,
  start: (gpu) => tinyTrainer(gpu),
  data: { data: STRIPES },
  snapshotEvery: 3,
};

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
  const run = runThroughLosses({ ...OPTIONS, open, ...changes });
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
  let alone: Outcome; // an undisturbed run
  beforeAll(async () => {
    alone = await trained(() => {});
  });

  test("has the records and the weights of an undisturbed run, wherever it is lost", async () => {
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
      message: expect.stringContaining("lost 3 times without progress between"),
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

describe("what a run made is freed", () => {
  /** A run, with what it opened. */
  function watched(changes: Partial<RecoveryOptions> = {}) {
    const opened: Gpu[] = [];
    const open = async () => {
      const gpu = await openGpu();
      opened.push(gpu);
      return gpu;
    };
    return { opened, run: runThroughLosses({ ...OPTIONS, open, ...changes }) };
  }
  const expectFreed = (opened: readonly Gpu[]) => {
    for (const gpu of opened) {
      expect(() => gpu.check()).toThrow();
      expect(gpu.counters.bufferBytes).toBe(0);
    }
  };

  test("where the reader leaves early", async () => {
    const { opened, run } = watched();
    for await (const { step } of run) if (step === 2) break;
    expect(opened).toHaveLength(1);
    expectFreed(opened);
  });

  test("where it ends by a signal, or by an error of its own, which comes at once", async () => {
    const controller = new AbortController();
    const aborted = watched({ signal: controller.signal });
    await aborted.run.next();
    controller.abort(new Error("enough"));
    const ends = async () => {
      for await (const _ of aborted.run);
    };
    await expect(ends()).rejects.toThrow("enough");
    expectFreed(aborted.opened);

    let failedAt = 0;
    const start = async () => {
      failedAt = performance.now();
      throw new Error("no data");
    };
    const { opened, run } = watched({ start });
    await expect(run.next()).rejects.toThrow("no data");
    expect(performance.now() - failedAt).toBeLessThan(100);
    expectFreed(opened);
  });

  test("where no other device is given after a loss; the advice is to reload", async () => {
    let isGone = false;
    const opened: Gpu[] = [];
    const open = async () => {
      if (isGone) throw new DeviceError("device/no-adapter", "Gpu: no adapter.", "Reload.");
      const gpu = await openGpu();
      opened.push(gpu);
      return gpu;
    };
    const lost = runThroughLosses({ ...OPTIONS, open });
    await lost.next();
    isGone = true;
    opened[0]!.device.destroy();
    const ends = async () => {
      for await (const _ of lost);
    };
    const started = performance.now();
    await expect(ends()).rejects.toMatchObject({
      code: "device/lost",
      message: expect.stringMatching(/no other is given\. Reload the page/),
      cause: { code: "device/no-adapter" },
    });
    expect(performance.now() - started).toBeLessThan(1000);
    expectFreed(opened);
  });
});
