// The suites of `bench`: answers come first, and the records hold what the schema says.
import { describe, expect, test } from "vitest";
import { KERNEL_CASES, type KernelCase } from "../../src/bench/kernel_cases.ts";
import { kernelsSuite } from "../../src/bench/kernels.ts";
import { memorySuite } from "../../src/bench/memory.ts";
import { sampleSuite, trainSuite } from "../../src/bench/peer_job.ts";
import { benchResult } from "../../src/bench/result.ts";
import { startupSuite } from "../../src/bench/startup.ts";
import { median } from "../../src/core/statistics.ts";
import { readBytesIfAny } from "../../src/platform/files.ts";
import { testAdapters, testGpu } from "../support/gpu.ts";

const job = new URL("../../bench/peers/job/", import.meta.url);
const readJob = (name: string) => readBytesIfAny(new URL(name, job));

describe("a measurement's record", () => {
  test("holds median, median absolute deviation, least and count", () => {
    const what = { suite: "kernels", name: "one", check: {} } as const;
    expect(benchResult(what, [5, 1, 9, 2, 3])).toMatchObject({
      median_ms: 3,
      mad_ms: 2,
      min_ms: 1,
      n: 5,
    });
  });

  test("of nothing is refused", () => {
    expect(() => median([])).toThrow("median: there are no values");
  });
});

describe("the suite of kernels", () => {
  test("checks every case in float64 before it times it", async () => {
    const results = await kernelsSuite(await testGpu(), 1);
    expect(results.map(({ name }) => name)).toEqual(KERNEL_CASES.map(({ name }) => name));
    for (const { check, median_ms } of results) {
      expect(check.worst_error).toBeGreaterThan(0); // float32 is not float64
      expect(median_ms).toBeGreaterThan(0);
    }
  });

  test("reports no time of a wrong answer", async () => {
    const right = KERNEL_CASES[0]!;
    const wrong: KernelCase = {
      ...right,
      value: (inputs, index) => {
        const { sum, magnitude } = right.value(inputs, index);
        return { sum: sum * 1.001, magnitude };
      },
    };
    const failing = kernelsSuite(await testGpu(), 1, [wrong]);
    await expect(failing).rejects.toMatchObject({
      code: "bench/wrong",
      message: expect.stringMatching(/^bench: conv64\/forward is wrong by \d+.* 8 are allowed\./),
    });
  });
});

describe("the job on which engines are compared", () => {
  test("trains as PyTorch does, in at most 280 dispatches a step and 60 MB", async () => {
    const [first, step] = await trainSuite(await testGpu(), readJob, 1);
    expect([first!.name, step!.name]).toEqual(["peer-job/first-train-step", "peer-job/train"]);
    expect(step!.check.worst_relative_error).toBeLessThan(1e-6); // PyTorch's float32: 1e-7
    expect(step!.check.dispatches).toBeLessThanOrEqual(280);
    expect(step!.check.gpu_bytes).toBeLessThanOrEqual(60e6);
  });

  test("denoises as PyTorch does, in at most 85 dispatches a step", async () => {
    const [step] = await sampleSuite(await testGpu(), readJob, 1);
    expect(step!.check.worst_error).toBeLessThan(4e-6); // PyTorch's float32: 1e-6
    expect(step!.check.dispatches).toBeLessThanOrEqual(85);
  });

  test("that lost its files is refused", async () => {
    const failing = sampleSuite(await testGpu(), async () => undefined, 1);
    await expect(failing).rejects.toMatchObject({
      code: "file/missing",
      message: expect.stringContaining("the file expected.json of the peer job is missing."),
    });
  });
});

describe("the suites of memory and of starting", () => {
  test("memory: bytes of whole steps, close to the least that a plan needs, and all freed", async () => {
    const results = await memorySuite(await testGpu(), readJob, 1);
    expect(results.map(({ name }) => name)).toEqual(["peer-job/step", "default/step"]);
    for (const { bytes, check } of results) {
      const [peak, least] = [check.activation_bytes, check.activation_bytes_lower_bound].map(
        Number,
      );
      expect(peak).toBeLessThanOrEqual(1.1 * least!);
      expect(bytes).toBeGreaterThan(peak!);
      expect(check.encode_us_per_dispatch).toBeGreaterThan(0);
    }
  });

  test("startup: a device, then the compiler, then PyTorch's first loss", async () => {
    const results = await startupSuite(await testAdapters(), readJob, 1);
    const [device, compiled, loss] = results.map(({ median_ms }) => median_ms);
    expect(results.map(({ name }) => name)).toEqual([
      "peer-job/device",
      "peer-job/compiled",
      "peer-job/first-loss",
    ]);
    expect(device).toBeLessThan(compiled!);
    expect(compiled).toBeLessThan(loss!);
    expect(results[0]!.check.worst_relative_error).toBeLessThan(1e-6); // PyTorch's float32: 1e-7
  });
});
