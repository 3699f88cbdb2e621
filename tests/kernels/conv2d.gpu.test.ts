import { describe, expect, test } from "vitest";
import { conv2dRule } from "../../src/autograd/rules/conv2d.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { conv2d, conv2dBackwardInput, type Padding } from "../../src/kernels/conv2d.ts";
import { scattered } from "../reference/agreement.ts";
import { concatChannels } from "../reference/concat.ts";
import * as twin from "../reference/conv2d.ts";
import { absoluteAll, mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  K?: 1 | 3;
  stride?: 1 | 2;
  padding?: Padding;
  upsample?: boolean;
}

const ZERO: Padding = { top: 0, bottom: 0, left: 0, right: 0 };
const SAME: Padding = { top: 1, bottom: 1, left: 1, right: 1 };
const BELOW: Padding = { top: 0, bottom: 1, left: 0, right: 1 }; // diffusers' downsampling

const SHAPES: Case[] = [
  { x: [1, 1, 1, 1], O: 1 },
  { x: [2, 3, 1, 1], O: 5 },
  { x: [1, 1, 5, 3], O: 33 },
  { x: [1, 17, 3, 33], O: 1 },
  { x: [2, 16, 4, 4], O: 16 },
  { x: [1, 5, 33, 3], O: 17 },
  { x: [3, 7, 9, 8], O: 15 },
  { x: [1, 33, 5, 17], O: 65 },
  { x: [5, 4, 2, 2], O: 31 },
];

const CASES: Case[] = [
  ...SHAPES,
  ...SHAPES.map((one): Case => ({ ...one, K: 1, padding: ZERO })),
  ...SHAPES.map((one): Case => ({ ...one, stride: 2 })),
  ...SHAPES.map((one): Case => ({ ...one, upsample: true })),
  { x: [1, 3, 5, 7], O: 4, padding: ZERO },
  { x: [1, 3, 5, 7], O: 4, padding: { top: 2, bottom: 0, left: 1, right: 2 } },
  { x: [2, 3, 5, 7], O: 4, padding: ZERO, upsample: true },
  { x: [2, 3, 5, 7], O: 4, padding: BELOW, upsample: true },
  { x: [2, 6, 8, 8], O: 5, stride: 2, padding: BELOW },
  { x: [2, 18, 7, 9], O: 19, stride: 2, padding: BELOW },
  { x: [1, 3, 2, 2], O: 4, stride: 2, padding: BELOW },
  { x: [1, 5, 8, 6], O: 4, stride: 2, padding: ZERO },
  { x: [2, 5, 7, 6], O: 4, K: 1, stride: 2, padding: ZERO },
  { x: [2, 5, 3, 6], O: 4, K: 1, padding: ZERO, upsample: true },
  { x: [1, 4, 3, 5], O: 4, stride: 2, upsample: true },
];

const optionsOf = ({ stride = 1, padding = SAME, upsample = false }: Case) => ({
  stride,
  padding,
  upsample,
});

const name = ({ x, O, K = 3, stride = 1, padding = SAME, upsample = false }: Case) =>
  `[${x}] → ${O}, ${K}×${K}, stride ${stride}, padding ${Object.values(padding)}` +
  `${upsample ? ", doubled" : ""}`;

function inputsOf({ x, O, K = 3 }: Case) {
  const weight = scattered([O, x[1], K, K], 2);
  return { x: scattered(x, 1), weight, bias: scattered([O], 3) };
}

/** The devices variants are chosen for; those with subgroups need them here too. */
const TARGETS: [string, Target | undefined][] = [
  ["any device", PLAIN_TARGET],
  ["SwiftShader", { subgroupSize: 4, software: "swiftshader" }],
];

const plus = (a: NdArray, b: NdArray | undefined): NdArray =>
  b ? mapArray(a, (value, i) => value + b.data[i]!) : a;

/** y + rows[n, o] + residual. */
function withAdditions(y: NdArray, rows: NdArray, residual: NdArray): NdArray {
  const pixels = y.data.length / rows.data.length;
  return mapArray(plus(y, residual), (value, i) => value + rows.data[Math.floor(i / pixels)]!);
}

describe.each(TARGETS)("y = bias + rows + residual + weight ⋆ z, for %s", (_, target) => {
  test.each(CASES.map((one) => [name(one), one] as const))("%s", async (_name, one) => {
    const inputs = inputsOf(one);
    const options = optionsOf(one);
    const plain = twin.conv2d(inputs, options);
    const rows = scattered([plain.shape[0]!, one.O], 4);
    const residual = scattered(plain.shape, 5);
    const actual = await evaluate(
      { ...inputs, rows, residual },
      (graph, tensors) => ({
        y: conv2d(graph, tensors, options),
        bare: conv2d(graph, { x: tensors.x, weight: tensors.weight }, options),
      }),
      target,
    );

    const sizes = absoluteAll({ ...inputs, rows, residual });
    const bound = withAdditions(twin.conv2d(sizes, options), sizes.rows, sizes.residual);
    expectWithin("y", actual.y, { expected: withAdditions(plain, rows, residual), bound });
    const bare = { x: inputs.x, weight: inputs.weight };
    const expected = twin.conv2d(bare, options);
    expectWithin("bare", actual.bare, { expected, bound: twin.conv2d(absoluteAll(bare), options) });
  });
});

describe.each(TARGETS)("dx = pending + Σ weight · dy, for %s", (_, target) => {
  test.each(CASES.map((one) => [name(one), one] as const))("%s", async (_name, one) => {
    const { x, weight } = inputsOf(one);
    const options = optionsOf(one);
    const dy = scattered(twin.conv2d({ x, weight }, options).shape, 6);
    const pending = scattered(x.shape, 7);
    const place = { ...options, inputShape: x.shape };
    const actual = await evaluate(
      { weight, dy, pending },
      (graph, tensors) => {
        const dx = graph.alloc(x.shape, "dx");
        const bare = graph.alloc(x.shape, "bare");
        conv2dBackwardInput(graph, tensors, place, dx);
        conv2dBackwardInput(graph, { dy: tensors.dy, weight: tensors.weight }, place, bare);
        return { dx, bare };
      },
      target,
    );

    const { dx } = twin.conv2dBackward({ x, weight }, dy, options);
    const sizes = absoluteAll({ x, weight, dy, pending });
    const bound = twin.conv2dBackward(sizes, sizes.dy, options).dx;
    expectWithin("bare", actual.bare, { expected: dx, bound });
    expectWithin("dx", actual.dx, {
      expected: plus(dx, pending),
      bound: plus(bound, sizes.pending),
    });
  });
});

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

/** Σ over the pixels of each plane: [N, O]. */
function planeSums({ shape, data }: NdArray): NdArray {
  const [N, O] = [shape[0]!, shape[1]!];
  const pixels = data.length / (N * O);
  const sums = ndarray([N, O]);
  data.forEach((value, i) => {
    sums.data[Math.floor(i / pixels)]! += value;
  });
  return sums;
}

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

describe("what does not fit is refused, with the values", () => {
  const tensor = (shape: number[]) => new Graph().alloc(shape, "t");
  const x = tensor([2, 3, 5, 7]);
  const weight = tensor([4, 3, 3, 3]);

  test("channels", () => {
    const launch = () => conv2d(new Graph(), { x, weight: tensor([4, 2, 3, 3]) });
    expect(launch).toThrow("weight [4, 2, 3, 3] and x [2, 3, 5, 7]");
  });

  test("kernels, strides and paddings", () => {
    const five = () => conv2d(new Graph(), { x, weight: tensor([4, 3, 5, 5]) });
    expect(five).toThrow("kernel = 5×5");
    expect(() => conv2d(new Graph(), { x, weight }, { stride: 3 })).toThrow("stride = 3");
    const padding = { ...SAME, left: 3 };
    expect(() => conv2d(new Graph(), { x, weight }, { padding })).toThrow("padding = 1, 1, 3, 1");
  });

  test("an image smaller than the kernel", () => {
    const launch = () => conv2d(new Graph(), { x: tensor([1, 3, 2, 2]), weight });
    expect(launch).toThrow("conv2d: the padded image must hold the 3 × 3 kernel");
  });

  test("bias, rows and residual", () => {
    const wrong = tensor([3]);
    for (const role of ["bias", "rows", "residual"]) {
      const launch = () => conv2d(new Graph(), { x, weight, [role]: wrong }, { padding: SAME });
      expect(launch).toThrow(`conv2d: ${role} must be [`);
    }
  });
});
