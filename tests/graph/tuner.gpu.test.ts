// The tuner: what is fastest and right wins, is named by its shader's hash, and is taken from then on.
import { afterEach, describe, expect, test } from "vitest";
import { Gpu, type Target } from "../../src/device/gpu.ts";
import { type Dispatch, Graph } from "../../src/graph/graph.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { tune } from "../../src/graph/tuner.ts";
import { type ActivationName, activation } from "../../src/kernels/activation.ts";
import { attention, attentionBackward } from "../../src/kernels/attention.ts";
import { conv2d, NO_PADDING } from "../../src/kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../../src/kernels/conv2d_weight.ts";
import { activation as family } from "../../src/kernels/generated/activation.ts";
import { groupNorm } from "../../src/kernels/groupnorm.ts";
import { groupNormBackward } from "../../src/kernels/groupnorm_backward.ts";
import { linear, linearBackwardInput, linearBackwardWeight } from "../../src/kernels/matmul.ts";
import { testGpu, tilesGpu } from "../support/gpu.ts";

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
  test("records what each kernel does alone: none reads through a norm", async () => {
    const targets: Target[] = [];
    const gpu = await tilesGpu();
    await tune(gpu, (target) => {
      targets.push(target);
      return [];
    });
    expect(gpu.target.fuses).toBe(true);
    expect(targets.filter(({ fuses }) => fuses)).toEqual([]);
    expect(targets.some(({ tiles }) => tiles)).toBe(true);
  });

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

  test("that are shipped name no hash, and are taken whatever the shader's text", async () => {
    const shipped = nameOf(ONCE).replace(`${family.hash} `, "");
    expect(await chosenFor({ [KEY]: shipped })).toBe(nameOf(ONCE));
  });

  test("of another text of the shader are not taken", async () => {
    const stale = nameOf(ONCE).replace(family.hash, "0000");
    expect(await chosenFor({ [KEY]: stale })).toBe(nameOf(OFTEN));
  });
});

describe("launchers' candidates agree, and the chosen one is recorded", () => {
  const padding = { top: 1, bottom: 1, left: 1, right: 1 };
  const options = { stride: 1, padding, upsample: false };
  const norm = { groups: 4, activation: "silu" } as const;

  /** What a family launches, given a maker of tensors. */
  const launches: Record<string, (graph: Graph, tensor: TensorOf) => void> = {
    conv2d(graph, tensor) {
      const x = tensor("x", 2, 8, 16, 16);
      conv2d(graph, { x, weight: tensor("weight", 12, 8, 3, 3) }, { padding });
      conv2d(graph, { x, weight: tensor("weight", 12, 8, 1, 1) });
    },
    conv2d_weight(graph, tensor) {
      const inputs = { x: tensor("x", 4, 20, 16, 16), dy: tensor("dy", 4, 17, 16, 16) };
      for (const K of [3, 1]) {
        const weightShape = [17, 20, K, K];
        const place = { ...options, padding: K === 3 ? padding : NO_PADDING, weightShape };
        conv2dBackwardWeight(graph, inputs, place, {
          dweight: tensor("dweight", ...weightShape),
          dbias: tensor("dbias", 17),
        });
      }
    },
    matmul(graph, tensor) {
      const [x, weight, dy] = [tensor("x", 9, 32), tensor("weight", 40, 32), tensor("dy", 9, 40)];
      linear(graph, { x, weight, bias: tensor("bias", 40) });
      linearBackwardInput(graph, { dy, weight }, tensor("dx", 9, 32));
      const targets = { dweight: tensor("dweight", 40, 32), dbias: tensor("dbias", 40) };
      linearBackwardWeight(graph, { x, dy }, targets);
    },
    attention(graph, tensor) {
      const inputs = { qkv: tensor("qkv", 2, 48, 40) };
      const { y, stats } = attention(graph, inputs, { heads: 2 });
      const saved = { ...inputs, y, stats, dy: tensor("dy", 2, 16, 40) };
      attentionBackward(graph, saved, { heads: 2 }, tensor("dqkv", 2, 48, 40));
    },
    groupnorm(graph, tensor) {
      const inputs = { x: tensor("x", 4, 32, 8, 8), affine: tensor("affine", 64) };
      const { stats } = groupNorm(graph, inputs, { ...norm, eps: 1e-5 });
      const targets = {
        dx: tensor("dx", 4, 32, 8, 8),
        daffine: tensor("daffine", 64),
      };
      const dy = tensor("dy", 4, 32, 8, 8);
      groupNormBackward(graph, { ...inputs, stats, dy }, norm, targets);
    },
  };

  test.each(Object.entries(launches))("%s", async (_, launch) => {
    const gpu = await testGpu();
    const record = (target: Target) => {
      const graph = new Graph(target);
      launch(graph, (label, ...shape) => graph.alloc(shape, label));
      return graph.dispatches;
    };
    const { tuned, choices } = await tune(gpu, record, { runs: 1, most: 6 });
    const made = record(gpu.target).map(({ choice }) => choice!);
    const several = made.filter(({ names }) => names.length > 1).map(({ key }) => key);
    expect(tuned.map(({ key }) => key).sort()).toEqual([...new Set(several)].sort());
    if (gpu.target.software) expect(several.length).toBeGreaterThan(0);
    for (const { key, candidates } of tuned) {
      expect(candidates.length).toBeGreaterThan(1);
      for (const { name, ms } of candidates) expect(ms, `${key}: ${name}`).toBeGreaterThan(0);
    }
    gpu.choices = choices;
    const chosen = record(gpu.target).map(({ choice }) => [choice!.key, choice!.chosen]);
    expect(Object.fromEntries(chosen)).toMatchObject(choices);
  });
});

type TensorOf = (label: string, ...shape: number[]) => Tensor;
