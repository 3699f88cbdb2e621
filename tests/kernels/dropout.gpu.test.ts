import { describe, expect, test } from "vitest";
import { dropoutRule } from "../../src/autograd/rules/dropout.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { seedWords } from "../../src/core/philox.ts";
import { Graph } from "../../src/graph/graph.ts";
import { initialState, STREAMS } from "../../src/kernels/diffusion.ts";
import { dropout } from "../../src/kernels/dropout.ts";
import { scattered } from "../reference/agreement.ts";
import { dropout as dropoutTwin } from "../reference/dropout.ts";
import { absolute, type NdArray, ndarray } from "../reference/ndarray.ts";
import { evaluate, expectWithin, type Input } from "../support/gpu.ts";

const SEED = 12345;
const STEP = 6;

const stateInput = (firstImage: number): Input => ({
  ...ndarray([8], initialState(SEED, { step: STEP, firstImage })),
  dtype: "u32",
});

const maskOf = (rate: number, layer: number, firstImage: number) => ({
  ...{ rate, firstImage, stream: STREAMS.dropout + layer, step: STEP },
  key: seedWords(SEED),
});

const dropped = (y: NdArray) => Array.from(y.data, (value) => value === 0);

describe("y = x / (1 − p) with probability 1 − p, else 0; dx has the same mask", () => {
  const CASES = [
    [[1, 1, 1, 1], 0.5, 0, 0],
    [[3, 1, 5, 7], 0.1, 1, 0],
    [[2, 3, 5, 7], 0.3, 2, 5],
    [[2, 4, 16, 17], 0.9, 0, 1],
  ] as const;
  test.each(CASES)("x %j, p = %f, layer %i, first image %i", async (shape, rate, layer, first) => {
    const [x, dy] = [scattered(shape, 1), scattered(shape, 2)];
    const inputs = { x, dy, state: stateInput(first) };
    const { y, dx } = await evaluate(inputs, (graph, tensors) => {
      const tape = new Tape(graph, new Map([[tensors.x, undefined]]));
      const { state } = tensors;
      const out = tape.apply(dropoutRule, { x: tensors.x }, { rate, layer, state });
      return { y: out, dx: tape.backward(out, tensors.dy).get(tensors.x)! };
    });
    const mask = maskOf(rate, layer, first);
    const pairs = { y: [y, x], dx: [dx, dy] } as const;
    for (const [name, [actual, input]] of Object.entries(pairs)) {
      const [expected, bound] = [dropoutTwin(input, mask), dropoutTwin(absolute(input), mask)];
      expectWithin(name, actual, { expected, bound });
    }
    expect(dropped(dx)).toEqual(dropped(y));
  });

  test("p of the elements are 0, and the mean stays", async () => {
    const [count, rate] = [40_000, 0.3];
    const inputs = { x: ndarray([4, count / 4], new Array(count).fill(1)), state: stateInput(0) };
    const { y } = await evaluate(inputs, (graph, tensors) => ({
      y: dropout(graph, tensors, { rate, layer: 3 }),
    }));
    const zeros = dropped(y).filter(Boolean).length;
    const deviation = Math.sqrt(count * rate * (1 - rate));
    expect(Math.abs(zeros - count * rate)).toBeLessThan(4 * deviation);
  });

  test("layers have masks of their own", async () => {
    const inputs = { x: ndarray([1, 64], new Array(64).fill(1)), state: stateInput(0) };
    const { a, b } = await evaluate(inputs, (graph, tensors) => ({
      a: dropout(graph, tensors, { rate: 0.5, layer: 0 }),
      b: dropout(graph, tensors, { rate: 0.5, layer: 1 }),
    }));
    expect(dropped(a)).not.toEqual(dropped(b));
  });

  test.each([0, 1, Number.NaN])("p = %f is refused", (rate) => {
    const graph = new Graph();
    const [x, state] = [graph.alloc([2, 3], "x"), graph.alloc([8], "state", "u32")];
    expect(() => dropout(graph, { x, state }, { rate, layer: 0 })).toThrow(
      `dropout: the rate must be in 0 … 1, ends left out, got ${rate}.`,
    );
  });
});
