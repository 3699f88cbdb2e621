import { describe, expect, test } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import type { ShaderFamily } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { type BoundOptions, boundRows } from "../../src/diffusion/bound.ts";
import { type DiffusionTables, makeTables } from "../../src/diffusion/schedule.ts";
import { Graph } from "../../src/graph/graph.ts";
import {
  BOUND_ROW_FIELDS,
  BOUND_STREAMS,
  boundTerms,
  packBoundRows,
  rowNormals,
} from "../../src/kernels/bound.ts";
import { initialState } from "../../src/kernels/diffusion.ts";
import { bound } from "../../src/kernels/generated/bound.ts";
import { diffusion } from "../../src/kernels/generated/diffusion.ts";
import { scattered } from "../reference/agreement.ts";
import { boundTerm, boundTermBound, type Pixel, priorTerm, x0HatOf } from "../reference/bound.ts";
import { mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";

const SEED = 0xfedcba987654321n;

/** Declarations of a family's shader, by name. */
const declared = (family: ShaderFamily, name: string): string =>
  readingOf(family)
    .chunks.find((chunk) => new RegExp(`(fn|struct) ${name}\\b`).test(chunk))
    ?.trim() ?? `no ${name}`;

describe("what bound.wgsl shares with others is the same", () => {
  const SHARED = ["mul_high", "philox", "natural_log", "radius_of", "with_sign", "box_muller"];
  test.each(SHARED)("%s of diffusion.wgsl", (name) => {
    expect(declared(bound, name)).toBe(declared(diffusion, name));
  });

  test("Row is what TypeScript packs", () => {
    const fields = [...declared(bound, "Row").matchAll(/(\w+)\s*:/g)].map(([, field]) =>
      field!.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    );
    expect(fields).toEqual([...BOUND_ROW_FIELDS]);
  });
});

describe("ε of (image, timestep) is number image · size + i of the stream at that step", () => {
  const places = [0, 0, 3, 17, 3, 18, 1_000_003, 999];

  test.each([
    [4, 1, 1, 1],
    [4, 1, 5, 7],
    [4, 3, 16, 17],
  ])("%j, %j, %j, %j", async (...shape) => {
    const size = shape.slice(1).reduce((a, b) => a * b, 1);
    const inputs = {
      state: { ...ndarray([8], initialState(SEED)), dtype: "u32" as const },
      places: { ...ndarray([4, 2], places), dtype: "u32" as const },
    };
    const { noise } = await evaluate(inputs, (graph, tensors) => ({
      noise: rowNormals(graph, tensors, { shape }),
    }));
    for (let n = 0; n < 4; n++) {
      const [first, step] = [places[2 * n]! * size, places[2 * n + 1]!];
      const skipped = first % 4;
      const place = { stream: BOUND_STREAMS.noise, step, first: first - skipped };
      const expected = philoxNormals(SEED, skipped + size, place).subarray(skipped);
      const actual = noise.data.subarray(n * size, (n + 1) * size);
      const worst = Math.max(...actual.map((z, i) => Math.abs(z - expected[i]!)));
      expect(worst).toBeLessThan(1e-6); // the agreed error of a normal
    }
  });
});

const LINEAR = makeTables();
const SHORT = makeTables({ steps: 50, betaStart: 0.002, betaEnd: 0.4 });
const ZERO_SNR = makeTables({
  steps: 20,
  betaStart: 0.01,
  betaEnd: 0.3,
  rescaleZeroTerminalSnr: true,
});
const OPEN = Number.POSITIVE_INFINITY;

const CASES: Record<string, [DiffusionTables, BoundOptions]> = {
  "ε, fixed_small": [LINEAR, { prediction: "epsilon", variance: "fixed_small", clip: 1 }],
  "ε, fixed_large": [LINEAR, { prediction: "epsilon", variance: "fixed_large", clip: OPEN }],
  "ε, learned": [SHORT, { prediction: "epsilon", variance: "learned", clip: 1 }],
  "ε, learned_range": [LINEAR, { prediction: "epsilon", variance: "learned_range", clip: OPEN }],
  "x_0, learned_range": [SHORT, { prediction: "sample", variance: "learned_range", clip: 0.75 }],
  "v, fixed_large, no signal at T": [
    ZERO_SNR,
    { prediction: "v_prediction", variance: "fixed_large", clip: 1 },
  ],
};

/** Rows at both ends and between, of images whose pixels are bytes, 0 and 255 among them. */
function inputsOf(shape: readonly number[], [tables, options]: [DiffusionTables, BoundOptions]) {
  const [N, C, H, W] = shape as [number, number, number, number];
  const T = tables.steps;
  const timesteps = Array.from({ length: N }, (_, n) => [0, 1, T - 1, T >> 1, 3][n % 5]!);
  const x0 = mapArray(scattered(shape, 1), (x, i) => {
    return (i % 5 === 0 ? (i % 2) * 255 : Math.round(127.5 * (x + 1))) / 127.5 - 1;
  });
  const noise = mapArray(scattered(shape, 2), (z) => 2 * z);
  const isLearned = options.variance.startsWith("learned");
  const size = C * H * W;
  const output = ndarray([N, isLearned ? 2 * C : C, H, W]);
  for (let n = 0; n < N; n++) {
    const logs = options.variance === "learned" ? tables.posteriorLogVariance[timesteps[n]!]! : 0;
    for (let i = 0; i < size; i++) {
      const at = n * size + i;
      const near = 0.2 * Math.sin(at + 1); // never 0
      const target = targetOf(tables, timesteps[n]!, options, x0.data[at]!, noise.data[at]!);
      output.data[(n * output.data.length) / N + i] = target + near;
      if (isLearned) output.data[(n * output.data.length) / N + size + i] = logs + 0.9 * near * 5;
    }
  }
  return { x0, noise, output, timesteps };
}

function targetOf(
  { alphaBars }: DiffusionTables,
  t: number,
  { prediction }: BoundOptions,
  x0: number,
  noise: number,
): number {
  const [signal, spread] = [Math.sqrt(alphaBars[t]!), Math.sqrt(1 - alphaBars[t]!)];
  return { epsilon: noise, sample: x0, v_prediction: signal * noise - spread * x0 }[prediction];
}

type Inputs = ReturnType<typeof inputsOf>;

/** L_T, the term and the squared error of every row, and their Σ|terms|. */
function twin(inputs: Inputs, [tables, options]: [DiffusionTables, BoundOptions]) {
  const { x0, noise, output, timesteps } = inputs;
  const N = timesteps.length;
  const size = x0.data.length / N;
  const [expected, allowed] = [ndarray([N, 3]), ndarray([N, 3])];
  for (const [n, t] of timesteps.entries()) {
    const bits = 1 / (size * Math.LN2);
    for (let i = 0; i < size; i++) {
      const out = (n * output.data.length) / N + i;
      const pixel: Pixel = {
        x0: x0.data[n * size + i]!,
        noise: noise.data[n * size + i]!,
        output: Math.fround(output.data[out]!),
        v: Math.fround(output.data[out + size] ?? 0),
      };
      const error = pixel.x0 - x0HatOf(tables, t, options, pixel);
      const loud = Math.abs(error) * (Math.abs(pixel.x0) + Math.abs(error) + 4);
      expected.data[3 * n]! += bits * priorTerm(tables, pixel.x0);
      expected.data[3 * n + 1]! += bits * boundTerm(tables, t, options, pixel);
      expected.data[3 * n + 2]! += error ** 2 / size;
      allowed.data[3 * n]! += bits * priorTerm(tables, pixel.x0) + 1e-12;
      allowed.data[3 * n + 1]! += bits * boundTermBound(tables, t, options, pixel);
      allowed.data[3 * n + 2]! += (loud * gain(tables, t, options)) / size;
    }
  }
  return { expected, bound: allowed };
}

/** How much larger than x_0 the parts of Δ are: √(1 − ᾱ) / √ᾱ where ε is predicted. */
const gain = ({ alphaBars }: DiffusionTables, t: number, { prediction }: BoundOptions) =>
  prediction === "epsilon" ? Math.max(1, 1 / Math.sqrt(alphaBars[t]!)) : 1;

describe("L_T, L_{t−1} and L_0 of every row, in bits/dim [DDPM eq. 5, 13]", () => {
  const float32 = (array: NdArray) => mapArray(array, Math.fround);

  describe.each(Object.entries(CASES))("%s", (_name, given) => {
    test.each([
      [5, 1, 1, 1],
      [5, 1, 5, 7],
      [5, 3, 16, 17],
    ])("[%i, %i, %i, %i]", async (...shape) => {
      const inputs = inputsOf(shape, given);
      for (const name of ["x0", "noise", "output"] as const) inputs[name] = float32(inputs[name]);
      const [tables, options] = given;
      const all = boundRows(tables, options);
      const rows = ndarray([5, 8], packBoundRows(inputs.timesteps.map((t) => all[t]!)));
      const alphaBarT = tables.alphaBars.at(-1)!;
      const { x0, noise, output } = inputs;
      for (const target of [(await testGpu()).target, PLAIN_TARGET]) {
        const { results } = await evaluate(
          { x0, noise, output, rows },
          (graph, tensors) => ({ results: boundTerms(graph, tensors, { alphaBarT }) }),
          target,
        );
        expectWithin("results", results, twin(inputs, given));
      }
    });
  });
});

describe("tensors that do not fit are refused", () => {
  const tensor = (extents: number[]) => new Graph().alloc(extents, "x");
  const shape = [2, 3, 4, 4];
  const good = {
    x0: tensor(shape),
    noise: tensor(shape),
    output: tensor([2, 6, 4, 4]),
    rows: tensor([2, 8]),
  };

  test.each([
    ["rows", [2, 7], "boundTerms: rows must be [2, 8], got [2, 7]."],
    ["output", [2, 4, 4, 4], "boundTerms: output must be [2, 3, 4, 4], got [2, 4, 4, 4]."],
    ["noise", [2, 3, 16], "boundTerms: noise must be [2, 3, 4, 4], got [2, 3, 16]."],
    ["x0", [6, 16], "boundTerms: needs images [N, C, H, W], got [6, 16]."],
  ])("%s %j", (name, extents, message) => {
    const inputs = { ...good, [name]: tensor(extents) };
    expect(() => boundTerms(new Graph(), inputs, { alphaBarT: 0 })).toThrow(message);
  });
});
