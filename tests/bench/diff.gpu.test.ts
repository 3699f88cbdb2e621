// `bench diff`: what it calls a regression, and that it finds a kernel that was made slow.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type BenchFile, benchDiff, type Measured } from "../../src/bench/diff.ts";
import { KERNEL_CASES } from "../../src/bench/kernel_cases.ts";
import { kernelsSuite } from "../../src/bench/kernels.ts";
import { benchResult } from "../../src/bench/result.ts";
import { benchCommand } from "../../src/cli/bench.ts";
import { linesOf } from "../../src/cli/bench_diff.ts";
import { philoxNormals } from "../../src/core/philox.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { groupnorm } from "../../src/kernels/generated/groupnorm.ts";
import { testAdapters } from "../support/gpu.ts";

const fileOf = (...results: Measured[]): BenchFile => ({
  adapter: { vendor: "google" },
  versions: { node: "v20" },
  results,
});

/** Samples of 100 ms with a spread of 2 %, times a factor. */
const samplesOf = (factor: number, seed: number, n = 9) =>
  [...philoxNormals(seed, n)].map((z) => factor * 100 * (1 + 0.02 * z));

const resultOf = (samples: readonly number[]): Measured =>
  benchResult({ suite: "kernels", name: "one", check: {} }, samples);

/** As files of other programs have it: median and MAD, and no samples. */
function summaryOf(samples: readonly number[]): Measured {
  const { suite, name, engine, median_ms, mad_ms, n } = resultOf(samples);
  return { suite, name, engine, median_ms, mad_ms, n };
}

describe("the ratio of two medians", () => {
  test.each([
    ["samples", resultOf],
    ["median and MAD", summaryOf],
  ] as const)("has a 95 % interval from %s, which holds the truth", (basis, of) => {
    const { ratios } = benchDiff(fileOf(of(samplesOf(1, 1))), fileOf(of(samplesOf(1.5, 3))), 1.1);
    const [low, high] = ratios[0]!.interval!;
    expect(ratios[0]!.basis).toBe(basis);
    expect(low).toBeLessThan(1.5);
    expect(high).toBeGreaterThan(1.5);
    expect(high / low).toBeLessThan(1.1); // nine samples of 2 % each
  });

  test.each([
    ["samples", resultOf],
    ["median and MAD", summaryOf],
  ] as const)("holds the truth in about 95 of 100 comparisons, from %s", (_, of) => {
    let held = 0;
    for (let i = 0; i < 100; i++) {
      const [a, b] = [of(samplesOf(1, 1000 + i, 15)), of(samplesOf(1.2, 2000 + i, 15))];
      const [low, high] = benchDiff(fileOf(a), fileOf(b), 1.1).ratios[0]!.interval!;
      if (low <= 1.2 && 1.2 <= high) held++;
    }
    expect(held).toBeGreaterThanOrEqual(86); // binomial: 95 ± 2.2, and the bias of few samples
  });

  test("has none of two samples, and fails nothing then", () => {
    const { ratios, regressions } = benchDiff(
      fileOf(resultOf([100])),
      fileOf(resultOf([300])),
      1.1,
    );
    expect(ratios[0]).toMatchObject({ ratio: 3, interval: null, basis: "too few samples" });
    expect(regressions).toEqual([]);
  });
});

describe("a regression", () => {
  const before = fileOf(resultOf(samplesOf(1, 1)));
  const verdict = (factor: number, limit = 1.1) => {
    const after = fileOf(resultOf(samplesOf(factor, 2)));
    return benchDiff(before, after, limit).ratios[0]!.verdict;
  };

  test("is a ratio above the factor, whose interval lies above 1", () => {
    expect(verdict(1.3)).toBe("slower");
    expect(verdict(1.05)).toBe("same");
    expect(verdict(1.3, 1.5)).toBe("same");
    expect(verdict(0.7)).toBe("faster");
  });

  test("is not what noise alone may be", () => {
    const noisy = [100, 300, 90, 310, 95];
    const after = fileOf(resultOf([300, 100, 290, 110, 295]));
    const { ratios, regressions } = benchDiff(fileOf(resultOf(noisy)), after, 1.1);
    expect(ratios[0]!.ratio).toBeGreaterThan(2);
    expect(regressions).toEqual([]);
  });

  test("of memory needs no interval: bytes are counted", () => {
    const of = (bytes: number) => fileOf({ ...resultOf([1, 1, 1]), bytes });
    const { regressions } = benchDiff(of(1000), of(1200), 1.1);
    expect(regressions).toMatchObject([{ unit: "bytes", ratio: 1.2, verdict: "more" }]);
  });

  test("what differs beside the code is told, and what has no partner", () => {
    const other = { ...before, versions: { node: "v22" }, flags: ["--fast"], results: [] };
    const diff = benchDiff(before, other, 1.1);
    expect(diff.differences).toEqual(["node: v20 and v22", "flags:  and --fast"]);
    expect(diff.unpaired).toEqual(["kernels one wgsl-diffusion"]);
    expect(linesOf(diff)).toContain("not the same in both: node: v20 and v22");
    expect(linesOf(diff)).toContain("in one of them only: kernels one wgsl-diffusion");
  });
});

describe("a kernel that was made slow", () => {
  const cases = KERNEL_CASES.filter(({ name }) => name.startsWith("groupnorm"));
  const ROUNDS = 9; // and slow by far: other work on the machine may double a time
  let folder = "";
  const paths = { a: "", b: "" };

  /** group norm of which every kernel first counts for a while, and then does as before */
  const slow = {
    ...groupnorm,
    hash: "slow",
    text: groupnorm.text.map((chunk) =>
      chunk.replace(
        /(@compute[\s\S]*?\)\s*\{)/g,
        "$1 var slow = 0u; for (var k = 0u; k < 400000u; k++) { slow += k * dims.channels; } if (slow == 1u) { return; }",
      ),
    ),
  };

  async function measured(replacement?: typeof slow) {
    const gpu = await Gpu.open({ gpu: await testAdapters() });
    if (replacement) gpu.pipelines.replace(replacement);
    const results = await kernelsSuite(gpu, ROUNDS, cases);
    gpu.dispose();
    return { schema: 1, adapter: {}, versions: { "wgsl-diffusion": "0.1.0" }, results };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-bench-"));
    for (const [name, replacement] of Object.entries({ a: undefined, b: slow })) {
      const path = join(folder, `${name}.json`);
      paths[name as "a" | "b"] = path;
      await writeFile(path, JSON.stringify(await measured(replacement)));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const diff = async (...args: string[]) => {
    const write = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
    try {
      await benchCommand().parseAsync(["diff", ...args], { from: "user" });
      return write.mock.calls.join("");
    } finally {
      write.mockRestore();
    }
  };

  test("fails bench diff, by its name", async () => {
    await expect(diff(paths.a, paths.b)).rejects.toMatchObject({
      code: "bench/regression",
      message: expect.stringMatching(
        /^bench diff: 1 regressions above a factor of 1\.1: kernels groupnorm-silu\/forward \d+\.\d+ times the ms\./,
      ),
    });
  });

  test("does not, the other way round or with itself", async () => {
    expect(await diff(paths.b, paths.a)).toContain("faster");
    expect(await diff(paths.b, paths.b)).toContain("same");
    const json = JSON.parse(await diff(paths.a, paths.a, "--json"));
    expect(json.regressions).toEqual([]);
  });

  test("a file that is none of bench is refused", async () => {
    const path = join(folder, "other.json");
    await writeFile(path, '{"schema": 7}');
    await expect(diff(paths.a, path)).rejects.toMatchObject({
      code: "file/json",
      message: expect.stringContaining("other.json: it must be a result of bench, of schema 1."),
    });
  });
});
