import { describe, expect, test } from "vitest";
import { seedWords } from "../../src/core/philox.ts";
import { Graph } from "../../src/graph/graph.ts";
import { initialState } from "../../src/kernels/diffusion.ts";
import {
  importanceTimesteps,
  keepLosses,
  tallyLosses,
} from "../../src/kernels/diffusion_timesteps.ts";
import { scattered } from "../reference/agreement.ts";
import { ImportanceTwin } from "../reference/diffusion_timesteps.ts";
import { mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { evaluate, type Input } from "../support/gpu.ts";

const SEED = 99;
const indices = (shape: number[], values: ArrayLike<number>): Input => ({
  ...ndarray(shape, values),
  dtype: "u32",
});
const asWords = ({ data }: NdArray) => Uint32Array.from(data);
const stateInput = (step: number, firstImage = 0) =>
  indices([8], initialState(SEED, { step, firstImage }));

/** A ring of `each` losses a timestep that grow with t, and the twin that kept the same. */
function kept(T: number, each: number) {
  const twin = new ImportanceTwin(T);
  const ring = ndarray([T, 10]);
  for (let k = 0; k < each; k++) {
    const losses = mapArray(scattered([T], k + 1), (x, t) => Math.fround((t + 1) * (1.1 + x)));
    twin.keep(
      Array.from({ length: T }, (_, t) => t),
      losses.data,
    );
    losses.data.forEach((loss, t) => {
      ring.data[t * 10 + (k % 10)] = loss;
    });
  }
  return { twin, kept: ring, keptCounts: indices([T], new Array(T).fill(each)) };
}

async function drawn(T: number, each: number, { count = 500, step = 3, firstImage = 0 } = {}) {
  const { twin, ...ring } = kept(T, each);
  const inputs = { ...ring, state: stateInput(step, firstImage) };
  const result = await evaluate(inputs, (graph, tensors) =>
    importanceTimesteps(graph, tensors, { count }),
  );
  return { twin, timesteps: [...asWords(result.timesteps)], factors: [...result.factors.data] };
}

describe("p_t = 0.999 w_t / Σ w + 0.001 / T, w_t = √(mean of ten l²)   [Improved DDPM eq. 18]", () => {
  test.each([
    [1, 10],
    [7, 10],
    [64, 13],
    [200, 10],
    [1000, 25],
  ])("T = %i, %i losses each: the twin's timesteps, factors 1 / (T p_t)", async (T, each) => {
    const { twin, timesteps, factors } = await drawn(T, each, { firstImage: 5 });
    const expected = timesteps.map((_, n) => twin.draw(5 + n, 3, seedWords(SEED)));
    const p = twin.probabilities();
    let moved = 0; // a sum of float32 numbers may put a timestep beside its neighbour
    timesteps.forEach((t, n) => {
      if (t !== expected[n]) moved++;
      expect(Math.abs(t - expected[n]!)).toBeLessThanOrEqual(1);
      expect(Math.abs(factors[n]! * T * p[t]! - 1)).toBeLessThan(1e-5); /* sums of T numbers */
    });
    expect(moved).toBeLessThanOrEqual(1);
  });

  test("of many draws each timestep has its share, to 4 standard deviations in χ²", async () => {
    const [T, count] = [20, 20_000];
    const { twin, timesteps } = await drawn(T, 10, { count });
    const p = twin.probabilities();
    const seen = new Array<number>(T).fill(0);
    for (const t of timesteps) seen[t]!++;
    const chi = p.reduce(
      (sum, share, t) => sum + (seen[t]! - count * share) ** 2 / (count * share),
      0,
    );
    expect(Math.abs(chi - (T - 1))).toBeLessThan(4 * Math.sqrt(2 * (T - 1)));
  });

  test("the mean of factor · f(t) is the uniform mean of f", async () => {
    const [T, count] = [20, 20_000];
    const { timesteps, factors } = await drawn(T, 10, { count, step: 4 });
    const mean = timesteps.reduce((sum, t, n) => sum + factors[n]! * t, 0) / count;
    expect(Math.abs(mean - (T - 1) / 2)).toBeLessThan(0.5); // 4 deviations of 17 / √20 000
  });

  test.each([0, 9])("with %i losses each it is uniform: q_sample's timesteps", async (each) => {
    const { twin, timesteps, factors } = await drawn(50, each);
    expect(timesteps).toEqual(timesteps.map((_, n) => twin.draw(n, 3, seedWords(SEED))));
    expect(factors.every((factor) => factor === 1)).toBe(true);
  });
});

describe("losses are kept in the order of the batch, where a timestep occurs twice too", () => {
  const T = 70;
  const timesteps = [3, 69, 3, 0, 3, 12, 69];
  const perImage = ndarray([7], [0.5, 1, 2, 3, 4, 5, 6]);

  test("the ring of ten, over its end", async () => {
    const ring = mapArray(scattered([T, 10], 1), Math.fround);
    const counts = Array.from({ length: T }, (_, t) => 8 + t);
    const inputs = {
      kept: ring,
      keptCounts: indices([T], counts),
      timesteps: indices([7], timesteps),
      perImage,
    };
    const result = await evaluate(inputs, (graph, tensors) => {
      keepLosses(graph, tensors);
      return { kept: tensors.kept, keptCounts: tensors.keptCounts };
    });
    const [expected, total] = [Float64Array.from(ring.data), [...counts]];
    timesteps.forEach((t, n) => {
      expected[t * 10 + (total[t]! % 10)] = perImage.data[n]!;
      total[t]!++;
    });
    expect([...result.kept.data]).toEqual([...expected]);
    expect([...asWords(result.keptCounts)]).toEqual(total);
  });

  test("count and sum", async () => {
    const inputs = {
      counts: indices([T], new Array(T).fill(2)),
      sums: ndarray([T], new Array(T).fill(0.25)),
      timesteps: indices([7], timesteps),
      perImage,
    };
    const result = await evaluate(inputs, (graph, tensors) => {
      tallyLosses(graph, tensors);
      return { counts: tensors.counts, sums: tensors.sums };
    });
    const counts = asWords(result.counts);
    expect([3, 69, 0, 12, 1].map((t) => counts[t])).toEqual([5, 4, 3, 3, 2]);
    expect([3, 69, 0, 12, 1].map((t) => result.sums.data[t])).toEqual([
      6.75, 7.25, 3.25, 5.25, 0.25,
    ]);
  });
});

test("a ring of another size is refused", () => {
  const graph = new Graph();
  const tensor = (extents: number[]) => graph.alloc(extents, "x");
  const inputs = { state: tensor([8]), kept: tensor([5, 9]), keptCounts: tensor([5]) };
  expect(() => importanceTimesteps(graph, inputs, { count: 1 })).toThrow(
    "importanceTimesteps: kept must be [5, 10], got [5, 9].",
  );
});
