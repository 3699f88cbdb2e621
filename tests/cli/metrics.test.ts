// metrics.jsonl and the rate of training.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Metrics, Rate } from "../../src/cli/metrics.ts";

describe("the rate", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is that of whole bursts, over some seconds, without what is no training", () => {
    const rate = new Rate();
    const burst = (steps: number, ms: number) => {
      vi.advanceTimersByTime(ms);
      let last = 0;
      for (let i = 0; i < steps; i++) last = rate.add(16);
      return last;
    };
    expect(burst(4, 200), "the first, as it is").toBe(320);
    for (let i = 0; i < 10; i++) expect(burst(4, 200)).toBe(320);
    vi.advanceTimersByTime(60_000);
    rate.restart();
    for (let i = 0; i < 10; i++) expect(burst(4, 200)).toBe(320);
    let slow = 0;
    for (let i = 0; i < 40; i++) slow = burst(1, 200);
    expect(slow).toBe(80);
  });
});

test("a run that goes on has the lines up to its step, once, whatever the last line was", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-metrics-"));
  const file = join(folder, "metrics.jsonl");
  const old = [1, 2, 3].map((step) => JSON.stringify({ step, loss: step / 2 }));
  await writeFile(file, `${old.join("\n")}\n{"step":4,"lo`);
  const metrics = await Metrics.open(folder, [folder], 2);
  metrics.step(
    { step: 3, loss: Number.NaN, gradientNorm: 1, lossScale: 1, leftOut: { parameter: "a" } },
    0.1,
    123.456,
  );
  metrics.validation(3, 0.25);
  await metrics.flush();
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(lines.slice(0, 2)).toEqual(old.slice(0, 2));
  expect(lines.slice(2).map((line) => JSON.parse(line))).toEqual([
    {
      ...{ step: 3, loss: null, gradient_norm: 1, learning_rate: 0.1, images_per_second: 123.5 },
      left_out: "a",
    },
    { step: 3, validation_loss: 0.25 },
  ]);
  await Metrics.open(folder, [], 0);
  expect(await readFile(file, "utf8"), "a run that begins anew in that folder").toBe("");
  await rm(folder, { recursive: true });
});
