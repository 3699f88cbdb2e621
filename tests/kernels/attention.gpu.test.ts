import { describe, expect, test } from "vitest";
import { attentionRule } from "../../src/autograd/rules/attention.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { attention, attentionBackward, attentionVariants } from "../../src/kernels/attention.ts";
import { scattered } from "../reference/agreement.ts";
import {
  attentionBackward as backwardTwin,
  swapTokens,
  attention as twin,
} from "../reference/attention.ts";
import { attentionBackwardBound, attentionBound } from "../reference/attention_bounds.ts";
import { mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";

/** N, heads, d, S: one token, odd numbers, whole tiles of both variants, one past them. */
const SHAPES = [
  [1, 1, 1, 1],
  [2, 3, 1, 5],
  [2, 2, 5, 49],
  [1, 4, 8, 64],
  [3, 1, 16, 9],
  [1, 2, 24, 33],
  [1, 1, 67, 65],
  [1, 1, 256, 16],
] as const;

/** The workgroups' variant, and the one the device gets (subgroups of 4 or 8, where it has them). */
const TARGETS = [
  { name: "by workgroup tiles", target: PLAIN_TARGET },
  { name: "as the device chooses", target: undefined },
];

interface Given {
  q: NdArray;
  k: NdArray;
  v: NdArray;
  dy: NdArray;
}

const ROLES = ["dq", "dk", "dv"] as const;

describe.each(TARGETS)("y = softmax(q kᵀ / √d) v and its gradients, $name", ({ target }) => {
  const compute = (given: Given, heads: number) =>
    evaluate(
      { ...given },
      (graph, { dy, ...inputs }) => {
        const [dq, dk, dv] = ROLES.map((role) => graph.alloc(inputs.q.shape, role));
        const gradients = { dq: dq!, dk: dk!, dv: dv! };
        const { y, stats } = attention(graph, inputs, { heads });
        attentionBackward(graph, { ...inputs, y, stats, dy }, { heads }, gradients);
        return { y, ...gradients };
      },
      target,
    );

  async function expectAttention(given: Given, heads: number) {
    const results = await compute(given, heads);
    const bound = attentionBound(given, { heads });
    expectWithin("y", results.y, { expected: twin(given, { heads }), bound });
    const expected = backwardTwin(given, given.dy, { heads });
    const bounds = attentionBackwardBound(given, given.dy, { heads });
    for (const role of ROLES) {
      expectWithin(role, results[role], { expected: expected[role], bound: bounds[role] });
    }
  }

  test.each(SHAPES)("%i images, %i heads of %i channels, %i tokens", async (N, heads, d, S) => {
    await expectAttention(inputsOf([N, heads * d, S]), heads);
  });

  test("a larger logit may come late or early: sums are rescaled", async () => {
    const given = inputsOf([1, 2, 67]);
    const ramp = (x: NdArray) => mapArray(x, (value, i) => value + 6 * Math.sin(i / 7));
    await expectAttention({ ...given, q: ramp(given.q), k: ramp(given.k) }, 1);
  });

  test("logits near ±1000 overflow nothing", async () => {
    const given = inputsOf([1, 4, 40]);
    const far = (x: NdArray) => mapArray(x, (value) => 23 * Math.sign(value) + value);
    await expectAttention({ ...given, q: far(given.q), k: far(given.k) }, 1);
  });

  test("images [N, C, H, W] are taken row by row", async () => {
    const given = inputsOf([2, 8, 15]);
    const asImages = (x: NdArray) => ndarray([2, 8, 5, 3], x.data);
    const { q, k, v, dy } = given;
    const images = { q: asImages(q), k: asImages(k), v: asImages(v), dy: asImages(dy) };
    const [ofImages, ofTokens] = [await compute(images, 2), await compute(given, 2)];
    expect(ofImages.y.shape).toEqual([2, 8, 5, 3]);
    for (const role of ["y", ...ROLES] as const) {
      expect(ofImages[role].data).toEqual(ofTokens[role].data);
    }
  });

  test.each(goldenCases<{ heads: number }>("attention"))("$name of PyTorch", async (golden) => {
    const { heads } = golden.options;
    const of = (role: string) => swapTokens(goldenTensor(golden, role)); // tokens come first there
    const given = { q: of("q"), k: of("k"), v: of("v"), dy: of("dy") };
    const results = await compute(given, heads);
    const bounds = {
      y: attentionBound(given, { heads }),
      ...attentionBackwardBound(given, given.dy, { heads }),
    };
    for (const role of ["y", ...ROLES] as const) {
      expectWithin(role, results[role], { expected: of(role), bound: bounds[role] });
    }
  });
});

describe("attentionRule", () => {
  const shape = [1, 4, 6];

  function record(wanted: readonly ("q" | "k" | "v")[]) {
    const graph = new Graph();
    const inputs = {
      q: graph.alloc(shape, "q"),
      k: graph.alloc(shape, "k"),
      v: graph.alloc(shape, "v"),
    };
    const tape = new Tape(graph, new Map(wanted.map((name) => [inputs[name], undefined])));
    const y = tape.apply(attentionRule, inputs, { heads: 2 });
    const gradients = tape.backward(y, graph.alloc(shape, "dy"));
    const given = wanted.map((name) => gradients.get(inputs[name])?.shape);
    return { given, labels: graph.dispatches.map(({ label }) => label) };
  }

  test("takes one dispatch forward and two backward", () => {
    const { given, labels } = record(["q", "k", "v"]);
    expect(given).toEqual([shape, shape, shape]);
    expect(labels).toEqual([
      "attention.forward",
      "attention.backward_query",
      "attention.backward_key",
    ]);
  });

  test("gives the gradient of one input alone", () => {
    expect(record(["k"]).given).toEqual([shape]);
  });

  test("refuses one tensor in two roles: its gradient would be written twice", () => {
    const graph = new Graph();
    const [x, v] = [graph.alloc(shape, "x"), graph.alloc(shape, "v")];
    const same = () => new Tape(graph).apply(attentionRule, { q: x, k: x, v }, { heads: 2 });
    expect(same).toThrow("attention: q, k and v must be three tensors, got x, x, v.");
  });
});

describe("attention refuses", () => {
  const graph = new Graph();
  const tensors = (...shape: number[]) => {
    const x = graph.alloc(shape, "x");
    return { q: x, k: x, v: x };
  };

  test("heads that do not divide the channels", () => {
    expect(() => attention(graph, tensors(1, 30, 4), { heads: 8 })).toThrow(
      "attention: heads must divide the channels, got heads = 8 and C = 30 (q: [1, 30, 4]).",
    );
  });

  test("keys of another shape", () => {
    const k = graph.alloc([1, 8, 5], "k");
    expect(() => attention(graph, { ...tensors(1, 8, 4), k }, { heads: 2 })).toThrow(
      "attention: k must be [1, 8, 4], got [1, 8, 5].",
    );
  });

  test("what has no tokens", () => {
    expect(() => attention(graph, tensors(1, 8), { heads: 2 })).toThrow(
      "attention: needs [N, C, S] or [N, C, H, W], got [1, 8]. Channels come before tokens.",
    );
  });
});

test("every variant that this device can run compiles", async () => {
  const gpu = await testGpu();
  const lanes = gpu.target.subgroupSize;
  const here = attentionVariants.filter(({ constants }) => (constants.LANES ?? lanes) === lanes);
  expect(here.length).toBeGreaterThanOrEqual(3);
  await Promise.all(here.map((variant) => gpu.pipelines.get(variant)));
});

function inputsOf(shape: number[]): Given {
  const [q, k, v, dy] = [1, 2, 3, 4].map((seed) => scattered(shape, seed));
  return { q: q!, k: k!, v: v!, dy: dy! };
}
