// The tuner: what is fastest and right wins, is named by its shader's hash, and is taken from then on.
import { afterEach, describe, expect, test } from "vitest";
import { Gpu, type Target } from "../../src/device/gpu.ts";
import { type Dispatch, Graph } from "../../src/graph/graph.ts";
import { tune } from "../../src/graph/tuner.ts";
import { type ActivationName, activation } from "../../src/kernels/activation.ts";
import { conv2d } from "../../src/kernels/conv2d.ts";
import { activation as family } from "../../src/kernels/generated/activation.ts";
import { testGpu } from "../support/gpu.ts";

interface Candidate {
  name: ActivationName;
  /** how often it computes the same */
  times: number;
}

/** One choice between ways to compute SiLU; plain targets have the first right one. */
function choiceOf(candidates: readonly Candidate[], size = 2 ** 18) {
  return (target: Target): Dispatch[] => {
    const graph = new Graph(target);
    const x = graph.alloc([size], "x");
    const isPlain = target.choices === undefined;
    const offered = isPlain ? [{ name: "silu", times: 1 } as const] : candidates;
    const ways = offered.map((candidate) => ({ family, ...candidate }));
    graph.choose("activation", `silu of ${size}`, ways, ({ name, times }) => {
      for (let i = 0; i < times; i++) activation(graph, { x }, { name });
    });
    return graph.dispatches;
  };
}

const KEY = `activation silu of ${2 ** 18}`;
const nameOf = (candidate: Candidate) => `activation ${family.hash} ${JSON.stringify(candidate)}`;
const ONCE = { name: "silu", times: 1 } as const;
const OFTEN = { name: "silu", times: 16 } as const;
const WRONG = { name: "none", times: 1 } as const;

afterEach(async () => {
  (await testGpu()).choices = {};
});

describe("tuning", () => {
  test("chooses the faster candidate, where it is not the first", async () => {
    const gpu = await testGpu();
    const before = gpu.counters.bufferBytes;
    const { choices, tuned, ms, interrupted } = await tune(gpu, choiceOf([OFTEN, ONCE]));
    expect(choices).toEqual({ [KEY]: nameOf(ONCE) });
    const [slow, fast] = tuned[0]!.candidates;
    expect(fast!.ms! * 2).toBeLessThan(slow!.ms!);
    expect(ms).toBeGreaterThan(0);
    expect(interrupted).toBe(false);
    expect(gpu.counters.bufferBytes).toBe(before);
    const other = await tune(gpu, choiceOf([ONCE, OFTEN]));
    expect(other.choices).toEqual(choices);
    gpu.choices = choices;
    expect((await tune(gpu, choiceOf([OFTEN, ONCE]))).tuned).toEqual([]); // known
  });

  test("a candidate that computes something else cannot win", async () => {
    const { choices, tuned } = await tune(await testGpu(), choiceOf([OFTEN, WRONG]));
    expect(choices).toEqual({ [KEY]: nameOf(OFTEN) });
    expect(tuned[0]!.candidates[1]).toEqual({ name: nameOf(WRONG), ms: null });
    const first = await tune(await testGpu(), choiceOf([WRONG, OFTEN]));
    expect(first.choices).toEqual({ [KEY]: nameOf(OFTEN) });
  });

  test("works without timestamps", async () => {
    const gpu = await testGpu();
    const { queue, features } = gpu.device;
    expect(queue && features.size).toBeGreaterThan(0);
    const without = await Gpu.open({ device: gpu.device });
    without.has = () => false;
    expect((await tune(without, choiceOf([OFTEN, ONCE]))).choices).toEqual({ [KEY]: nameOf(ONCE) });
    without.dispose();
  });

  test("an interrupted one ends with what it has", async () => {
    const signal = AbortSignal.abort();
    const { choices, interrupted } = await tune(await testGpu(), choiceOf([OFTEN, ONCE]), {
      signal,
    });
    expect({ choices, interrupted }).toEqual({ choices: {}, interrupted: true });
  });
});

describe("choices", () => {
  const chosenFor = async (choices: Record<string, string>) => {
    const gpu = await testGpu();
    gpu.choices = choices;
    return choiceOf([OFTEN, ONCE])(gpu.target)[0]!.choice!.chosen;
  };

  test("are what is recorded; without any, always the first candidate", async () => {
    expect(await chosenFor({ [KEY]: nameOf(ONCE) })).toBe(nameOf(ONCE));
    expect(await chosenFor({})).toBe(nameOf(OFTEN));
  });

  test("of another text of the shader are not taken", async () => {
    const stale = nameOf(ONCE).replace(family.hash, "0000");
    expect(await chosenFor({ [KEY]: stale })).toBe(nameOf(OFTEN));
  });
});

test("a convolution's candidates agree, and the chosen one is recorded", async () => {
  const gpu = await testGpu();
  const record = (target: Target) => {
    const graph = new Graph(target);
    const x = graph.alloc([2, 8, 16, 16], "x");
    const [three, one] = [3, 1].map((K) => graph.alloc([12, 8, K, K], "weight"));
    const padding = { top: 1, bottom: 1, left: 1, right: 1 };
    conv2d(graph, { x, weight: three! }, { padding });
    conv2d(graph, { x, weight: one! });
    return graph.dispatches;
  };
  const { tuned, choices } = await tune(gpu, record, { runs: 2 });
  const keys = record(gpu.target).map(({ choice }) => choice!.key);
  const several = gpu.target.software ? keys : [];
  expect(tuned.map(({ key }) => key).sort()).toEqual([...several].sort());
  for (const { candidates } of tuned) {
    expect(candidates.length).toBeGreaterThan(1);
    for (const { ms } of candidates) expect(ms).toBeGreaterThan(0);
  }
  gpu.choices = choices;
  const chosen = record(gpu.target).map(({ choice }) => [choice!.key, choice!.chosen]);
  expect(Object.fromEntries(chosen)).toMatchObject(choices);
});
