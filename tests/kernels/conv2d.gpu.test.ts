import { describe, expect, test } from "vitest";
import { conv2dRule } from "../../src/autograd/rules/conv2d.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Dtype, Tensor } from "../../src/graph/tensor.ts";
import { conv2d, conv2dBackwardInput, NO_PADDING, type Padding } from "../../src/kernels/conv2d.ts";
import { scattered } from "../reference/agreement.ts";
import { concatChannels } from "../reference/concat.ts";
import * as twin from "../reference/conv2d.ts";
import { absoluteAll, mapArray, type NdArray } from "../reference/ndarray.ts";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";
import { joinedOrder } from "../support/joined.ts";
import { planeSums } from "./records/conv2d.ts";

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  K?: 1 | 3;
  stride?: 1 | 2;
  padding?: Padding;
  upsample?: boolean;
}

const SAME: Padding = { top: 1, bottom: 1, left: 1, right: 1 };

const optionsOf = ({ stride = 1, padding = SAME, upsample = false }: Case) => ({
  stride,
  padding,
  upsample,
});

/** The devices variants are chosen for; those with subgroups need them here too. */
const TARGETS: [string, Target | undefined][] = [
  ["any device", PLAIN_TARGET],
  ["SwiftShader", { subgroupSize: 4, software: "swiftshader" }],
];

const plus = (a: NdArray, b: NdArray | undefined): NdArray =>
  b ? mapArray(a, (value, i) => value + b.data[i]!) : a;

interface GoldenOptions {
  stride: 1 | 2;
  padding: Padding;
  prologue: "none" | "upsample_nearest2x" | "concat";
}

const goldenInputs = (golden: GoldenCase<GoldenOptions>) => {
  const first = goldenTensor(golden, "x");
  const second = golden.tensors.get("x2");
  const x = second ? concatChannels(first, second) : first;
  return { x, weight: goldenTensor(golden, "weight"), bias: golden.tensors.get("bias") };
};

const goldenOptions = ({ options: { stride, padding, prologue } }: GoldenCase<GoldenOptions>) => ({
  stride,
  padding,
  upsample: prologue === "upsample_nearest2x",
});

describe.each(TARGETS)("y and dx are PyTorch's, for %s", (_, target) => {
  test.each(goldenCases<GoldenOptions>("conv2d"))("$name", async (golden) => {
    const { bias, ...inputs } = goldenInputs(golden);
    const options = goldenOptions(golden);
    const dy = goldenTensor(golden, "dy");
    const actual = await evaluate(
      { ...inputs, dy, ...(bias ? { bias } : {}) },
      (graph, tensors) => {
        const dx = graph.alloc(inputs.x.shape, "dx");
        conv2dBackwardInput(graph, tensors, { ...options, inputShape: inputs.x.shape }, dx);
        return { y: conv2d(graph, tensors, options), dx };
      },
      target,
    );

    const sizes = absoluteAll({ ...inputs, bias, dy });
    const bound = twin.conv2dBackward(sizes, sizes.dy, options).dx;
    const dx2 = golden.tensors.get("dx2");
    const dx = dx2 ? concatChannels(goldenTensor(golden, "dx"), dx2) : goldenTensor(golden, "dx");
    expectWithin("dx", actual.dx, { expected: dx, bound });
    const y = { expected: goldenTensor(golden, "y"), bound: twin.conv2d(sizes, options) };
    expectWithin("y", actual.y, y);
  });
});

function inputsOf({ x, O, K = 3 }: Case) {
  const weight = scattered([O, x[1], K, K], 2);
  return { x: scattered(x, 1), weight, bias: scattered([O], 3) };
}

/** Two blocks of channels and more, that do not fill the last; the third in wide tiles. */
const SHARED: Case[] = [
  { x: [2, 37, 9, 7], O: 33 },
  { x: [2, 6, 5, 6], O: 6 },
  { x: [5, 14, 9, 16], O: 14 },
  { x: [2, 7, 9, 7], O: 15, stride: 2 },
  { x: [2, 7, 5, 3], O: 15, upsample: true },
  { x: [2, 37, 5, 9], O: 33, K: 1, padding: NO_PADDING },
];

describe("eight lanes that share taps make the bits that four make", () => {
  test.for(SHARED)("$x → $O", async (one, { skip }) => {
    const { target } = await testGpu();
    const { subgroupSize, software } = target;
    if (!software || !subgroupSize || subgroupSize % 8 !== 0) {
      return skip("on this adapter no convolution is shared by eight lanes");
    }
    const inputs = inputsOf(one);
    const options = optionsOf(one);
    const dy = scattered(twin.conv2d(inputs, options).shape, 4);
    const sharers = new Set<unknown>();
    const on = (lanes: number) => {
      const launch = (graph: Graph, tensors: Record<keyof typeof inputs | "dy", Tensor>) => {
        const dx = graph.alloc(one.x, "dx");
        conv2dBackwardInput(graph, tensors, { ...options, inputShape: one.x }, dx);
        const y = conv2d(graph, tensors, options);
        for (const { variant } of graph.dispatches) sharers.add(variant.constants.SHARERS);
        return { y, dx };
      };
      return evaluate({ ...inputs, dy }, launch, { ...target, subgroupSize: lanes });
    };
    expect(await on(8)).toEqual(await on(4));
    expect([...sharers]).toContain(8);
  });
});

/** The launches of y from a joined x, and of a joined dx. */
const JOINED: [string, Target, string[]][] = [
  ["lanes that share", TARGETS[1]![1]!, ["conv2d_pointwise.quads"]],
  ["lanes alone", PLAIN_TARGET, ["conv2d_pointwise.plain"]],
  ["workgroups' tiles", { ...PLAIN_TARGET, tiles: true }, ["conv2d_tile.tile"]],
];

describe("a 1×1 convolution reads a joined x, and writes a joined dx, in place: the same bits", () => {
  async function launched(
    { x: shape, O, split }: Case & { split: number },
    target: Target,
    dtype: Dtype = "f32",
  ) {
    const inputs = {
      ...inputsOf({ x: shape, O, K: 1 }),
      dy: scattered([shape[0], O, shape[2], shape[3]], 4),
      pending: scattered(shape, 5),
    };
    const labels = new Set<string>();
    const on = (split: number | undefined) => {
      const joined = (map: NdArray) => ({ ...(split ? joinedOrder(map, split) : map), dtype });
      const maps = { x: joined(inputs.x), pending: joined(inputs.pending) };
      const [dy, weight] = [inputs.dy, inputs.weight].map((map) => ({ ...map, dtype }));
      const given = { ...maps, dy: dy!, weight: weight!, bias: inputs.bias };
      return evaluate(
        given,
        (graph, { x, pending, dy, weight, bias }) => {
          const y = conv2d(graph, { x: { ...x, split }, weight, bias }, { padding: NO_PADDING });
          const dx = { ...graph.alloc(shape, "dx", dtype), split };
          const options = { stride: 1, padding: NO_PADDING, upsample: false, inputShape: shape };
          const tensors = { dy, weight, pending: { ...pending, split } };
          conv2dBackwardInput(graph, tensors, options, dx);
          for (const { label } of graph.dispatches) labels.add(label);
          return { y, dx };
        },
        target,
      );
    };
    const plain = await on(undefined);
    expect(await on(split)).toEqual({ y: plain.y, dx: joinedOrder(plain.dx, split) });
    return [...labels];
  }

  test.each(JOINED)("by %s", async (_, target, labels) => {
    const odd: Case = { x: [3, 41, 5, 3], O: 18 };
    expect(await launched({ ...odd, split: 8 }, target)).toEqual(labels);
    const fours: Case = { x: [2, 24, 4, 4], O: 19 };
    expect(await launched({ ...fours, split: 16 }, target)).toEqual(labels);
  });

  test("by workgroups' tiles in parts", async () => {
    const labels = await launched({ x: [3, 136, 3, 3], O: 136, split: 72 }, JOINED[2]![1]);
    expect(labels).toEqual(["conv2d_tile.part", "conv2d_tile.finish"]);
  });

  test.for(JOINED)("in float16, by %s", async ([, target, labels], { skip }) => {
    if (!(await testGpu()).has("shader-f16")) return skip("the adapter has no float16");
    const one: Case = { x: [2, 24, 4, 4], O: 19 };
    expect(await launched({ ...one, split: 16 }, target, "f16")).toEqual(labels);
  });

  test("others refuse it", () => {
    const graph = new Graph(PLAIN_TARGET);
    const x = { ...graph.alloc([2, 16, 4, 4], "a | b"), split: 8 };
    const launch =
      (K: number, stride = 1) =>
      () =>
        conv2d(graph, { x, weight: graph.alloc([4, 16, K, K], "weight") }, { stride });
    expect(launch(3)).toThrow("conv2d.plain: cannot read a | b, which is joined");
    expect(launch(1, 2)).toThrow("conv2d_general.forward: cannot read a | b");
    const y = { x: graph.alloc([2, 16, 4, 4], "x"), weight: graph.alloc([16, 16, 1, 1], "weight") };
    expect(() => conv2d(graph, { ...y, residual: x })).toThrow(
      "a | b and conv2d.y are not joined alike",
    );
  });
});

describe("the rule gives the gradient of every input", () => {
  const one: Case = { x: [2, 5, 6, 5], O: 5 };
  const inputs = { ...inputsOf(one), rows: scattered([2, 5], 4), residual: scattered(one.x, 5) };
  const dy = scattered(one.x, 6);
  const options = optionsOf(one);
  const expected = twin.conv2dBackward(inputs, dy, options);
  const sizes = absoluteAll({ ...inputs, dy });
  const bounds = twin.conv2dBackward(sizes, sizes.dy, options);

  test("x, weight, bias, rows and residual", async () => {
    const actual = await evaluate({ ...inputs, dy }, (graph, { dy, ...tensors }) => {
      const leaves = Object.values(tensors).map((tensor) => [tensor, undefined] as const);
      const tape = new Tape(graph, new Map(leaves));
      const gradients = tape.backward(tape.apply(conv2dRule, tensors, options), dy);
      const of = (name: keyof typeof tensors) => gradients.get(tensors[name])!;
      return {
        dx: of("x"),
        dweight: of("weight"),
        dbias: of("bias"),
        drows: of("rows"),
        dresidual: of("residual"),
      };
    });
    expectWithin("dx", actual.dx, { expected: expected.dx, bound: bounds.dx });
    const { dweight, dbias } = expected;
    expectWithin("dweight", actual.dweight, { expected: dweight, bound: bounds.dweight });
    expectWithin("dbias", actual.dbias, { expected: dbias, bound: bounds.dbias });
    const drows = { expected: planeSums(dy), bound: planeSums(sizes.dy) };
    expectWithin("drows", actual.drows, drows);
    expect(actual.dresidual.data).toEqual(dy.data.map(Math.fround));
  });

  test("an input that is its own residual has one gradient, dy added", async () => {
    const { x, weight } = inputs;
    const { dx } = await evaluate({ x, weight, dy }, (graph, { dy, x, weight }) => {
      const tape = new Tape(graph, new Map([[x, undefined]]));
      const y = tape.apply(conv2dRule, { x, weight, residual: x }, options);
      return { dx: tape.backward(y, dy).get(x)! };
    });
    expectWithin("dx", dx, { expected: plus(expected.dx, dy), bound: plus(bounds.dx, sizes.dy) });
  });

  test("an input of two convolutions gets the sum of both gradients", async () => {
    const { x, weight } = inputs;
    const { dx } = await evaluate({ x, weight, dy }, (graph, { dy, x, weight }) => {
      const tape = new Tape(graph, new Map([[x, undefined]]));
      const first = tape.apply(conv2dRule, { x, weight }, options);
      const y = tape.apply(conv2dRule, { x, weight, residual: first }, options);
      return { dx: tape.backward(y, dy).get(x)! };
    });
    expectWithin("dx", dx, {
      expected: plus(expected.dx, expected.dx),
      bound: plus(bounds.dx, bounds.dx),
    });
  });
});
