import { describe, expect, test } from "vitest";
import { attentionRule } from "../../src/autograd/rules/attention.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { attention, attentionBackward, attentionVariants } from "../../src/kernels/attention.ts";
import { scattered } from "../reference/agreement.ts";
import { joined, parted, swapTokens } from "../reference/attention.ts";
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
  const compute = async ({ dy, ...three }: Given, heads: number) => {
    const { y, dqkv } = await evaluate(
      { qkv: joined(three), dy },
      (graph, { qkv, dy }) => {
        const dqkv = graph.alloc(qkv.shape, "dqkv");
        const { y, stats } = attention(graph, { qkv }, { heads });
        attentionBackward(graph, { qkv, y, stats, dy }, { heads }, dqkv);
        return { y, dqkv };
      },
      target,
    );
    const { q: dq, k: dk, v: dv } = parted(dqkv);
    return { y, dq, dk, dv };
  };

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
  test("takes one dispatch forward and two backward", () => {
    const graph = new Graph();
    const qkv = graph.alloc([1, 12, 6], "qkv");
    const tape = new Tape(graph, new Map([[qkv, undefined]]));
    const y = tape.apply(attentionRule, { qkv }, { heads: 2 });
    expect(y.shape).toEqual([1, 4, 6]);
    const gradients = tape.backward(y, graph.alloc(y.shape, "dy"));
    expect(gradients.get(qkv)?.shape).toEqual([1, 12, 6]);
    expect(graph.dispatches.map(({ label }) => label)).toEqual([
      "attention.forward",
      "attention.backward_query",
      "attention.backward_key",
    ]);
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
