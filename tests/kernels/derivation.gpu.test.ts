import { describe, expect, test } from "vitest";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { derivationSteps } from "../../src/diffusion/derivation.ts";
import { makeTables } from "../../src/diffusion/schedule.ts";
import { Graph } from "../../src/graph/graph.ts";
import {
  DERIVATION_STEP_FIELDS,
  DERIVATION_SUMS,
  derivationSums,
  packDerivationSteps,
  walk,
} from "../../src/kernels/derivation.ts";
import { initialState } from "../../src/kernels/diffusion.ts";
import { derivation } from "../../src/kernels/generated/derivation.ts";
import { scattered } from "../reference/agreement.ts";
import { type Pixel, squaresBound, squaresOf, walkOne } from "../reference/derivation.ts";
import { mapArray, ndarray } from "../reference/ndarray.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";

const T = 4;
const tables = makeTables({ steps: T, betaStart: 1e-4, betaEnd: 0.5 });
const FROM = { fromX: 0.75, fromOutput: -0.5 };
const steps = derivationSteps(tables, { x0HatFrom: () => FROM, clip: 0.875 });

const numbersOf = (t: number) => ({
  beta: tables.betas[t]!,
  alphaBar: tables.alphaBars[t]!,
  coefX0: tables.posteriorCoefX0[t]!,
  coefXt: tables.posteriorCoefXt[t]!,
  clip: 0.875,
  ...FROM,
});

const common = (t: number) => ({
  state: { ...ndarray([8], initialState(0, { step: t })), dtype: "u32" as const },
  steps: ndarray([T, DERIVATION_STEP_FIELDS.length], packDerivationSteps(steps)),
});

const SHAPES = [
  [1, 1, 1, 1],
  [3, 1, 5, 7],
  [2, 3, 16, 17],
] as const;

test("Step is what TypeScript packs", () => {
  const text = readingOf(derivation).chunks.find((chunk) => /struct Step\b/.test(chunk)) ?? "";
  const fields = [...text.matchAll(/(\w+)\s*:/g)].map(([, field]) =>
    field!.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
  expect(fields).toEqual([...DERIVATION_STEP_FIELDS]);
});

describe("x_t = √α_t x_{t−1} + √β_t z [DDPM eq. 2]", () => {
  test.each(SHAPES)("[%i, %i, %i, %i]", async (...shape) => {
    const [previous, z] = [scattered(shape, 1), scattered(shape, 2)];
    for (const t of [0, T - 1]) {
      const { xt } = await evaluate({ ...common(t), previous, z }, (graph, tensors) => ({
        xt: walk(graph, tensors),
      }));
      const of = (f: (x: number) => number) =>
        mapArray(previous, (x, i) => walkOne(tables.betas[t]!, f(x), f(z.data[i]!)));
      expectWithin("xt", xt, { expected: of((x) => x), bound: of(Math.abs) });
    }
  });
});

describe("sums of squares of a step, in its row", () => {
  test.each(SHAPES)("[%i, %i, %i, %i]", async (...shape) => {
    const [N, C, H, W] = shape;
    const size = C * H * W;
    const float32 = (x: number) => Math.fround(x);
    const x0 = mapArray(scattered(shape, 1), float32);
    const previous = mapArray(scattered(shape, 2), (x, i) => float32(x0.data[i]! + 0.1 * x));
    const xt = mapArray(scattered(shape, 3), (x, i) => float32(previous.data[i]! + 0.01 * x));
    const output = mapArray(scattered([N, 2 * C, H, W], 4), float32);
    const results = ndarray([T, N, DERIVATION_SUMS.length], undefined);
    for (const [t, target] of [
      [0, (await testGpu()).target],
      [T - 1, PLAIN_TARGET],
    ] as const) {
      const inputs = { ...common(t), x0, previous, xt, output, results };
      const got = await evaluate(
        inputs,
        (graph, tensors) => {
          derivationSums(graph, tensors);
          return { results: tensors.results };
        },
        target,
      );
      const [expected, bound] = [ndarray(results.shape), ndarray(results.shape)];
      for (let i = 0; i < N * size; i++) {
        const n = Math.floor(i / size);
        const pixel: Pixel = {
          x0: x0.data[i]!,
          previous: previous.data[i]!,
          xt: xt.data[i]!,
          output: output.data[n * 2 * size + (i % size)]!,
        };
        const at = DERIVATION_SUMS.length * (t * N + n);
        const [squares, allowed] = [
          squaresOf(numbersOf(t), pixel),
          squaresBound(numbersOf(t), pixel),
        ];
        for (const [k, name] of DERIVATION_SUMS.entries()) {
          expected.data[at + k]! += squares[name];
          bound.data[at + k]! += allowed[name];
        }
      }
      expectWithin("results", got.results, { expected, bound });
    }
  });
});

describe("tensors that do not fit are refused", () => {
  const tensor = (extents: number[]) => new Graph().alloc(extents, "x");
  const shape = [2, 3, 4, 4];
  const good = {
    ...{ state: tensor([8]), steps: tensor([5, 9]), results: tensor([5, 2, 7]) },
    ...{ x0: tensor(shape), previous: tensor(shape), xt: tensor(shape), output: tensor(shape) },
  };

  test.each([
    ["steps", [5, 8], "derivationSums: steps must be [5, 9], got [5, 8]."],
    ["results", [5, 2, 6], "derivationSums: results must be [5, 2, 7], got [5, 2, 6]."],
    ["output", [2, 4, 4, 4], "derivationSums: output must be [2, 3, 4, 4], got [2, 4, 4, 4]."],
    ["xt", [2, 3, 16], "derivationSums: xt must be [2, 3, 4, 4], got [2, 3, 16]."],
  ])("%s %j", (name, extents, message) => {
    const inputs = { ...good, [name]: tensor(extents) };
    expect(() => derivationSums(new Graph(), inputs)).toThrow(message);
  });

  test("z of another shape", () => {
    const inputs = { ...good, z: tensor([2, 3, 4, 5]) };
    expect(() => walk(new Graph(), inputs)).toThrow("walk: z must be [2, 3, 4, 4]");
  });
});
