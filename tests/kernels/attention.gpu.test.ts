import { describe, expect, test } from "vitest";
import { attentionRule } from "../../src/autograd/rules/attention.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { attention, attentionBackward, attentionVariants } from "../../src/kernels/attention.ts";
import { scattered } from "../reference/agreement.ts";
import { swapTokens } from "../reference/attention.ts";
import { attentionBackwardBound, attentionBound } from "../reference/attention_bounds.ts";
import { type NdArray, ndarray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";

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

test("every variant that this device can run compiles", async () => {
  const gpu = await testGpu();
  const lanes = gpu.target.subgroupSize;
  const here = attentionVariants().filter(({ constants }) => (constants.LANES ?? lanes) === lanes);
  expect(here.length).toBeGreaterThanOrEqual(3);
  await Promise.all(here.map((variant) => gpu.pipelines.get(variant)));
});

function inputsOf(shape: number[]): Given {
  const [q, k, v, dy] = [1, 2, 3, 4].map((seed) => scattered(shape, seed));
  return { q: q!, k: k!, v: v!, dy: dy! };
}
