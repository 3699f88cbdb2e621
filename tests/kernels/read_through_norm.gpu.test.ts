// A norm that convolutions on tiles read through: its output is never made, and the next norm takes its
// moments from the convolution's tiles.
import { describe, expect, test } from "vitest";
import type { Target } from "../../src/device/gpu.ts";
import { Graph, neededOf } from "../../src/graph/graph.ts";
import type { Dtype, Tensor } from "../../src/graph/tensor.ts";
import type { ActivationName } from "../../src/kernels/activation.ts";
import { conv2d } from "../../src/kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../../src/kernels/conv2d_weight.ts";
import { groupNorm } from "../../src/kernels/groupnorm.ts";
import { concatChannels } from "../reference/concat.ts";
import * as reference from "../reference/conv2d.ts";
import { type GroupNormInputs, groupNorm as norm } from "../reference/groupnorm.ts";
import { groupNormBound } from "../reference/groupnorm_bounds.ts";
import { absoluteAll, mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";
import { joinedOrder } from "../support/joined.ts";
import { TILES_TARGET } from "./records/conform.ts";
import { numbers } from "./records/record.ts";

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  K?: 1 | 3;
  stride?: 1 | 2;
  activation?: ActivationName;
  /** channels of the first part that x is joined of */
  split?: number;
}

const [GROUPS, EPS] = [4, 1e-5];

/** Whole tiles of every width, images that leave one empty, two tiles of channels, x as one tensor and as two. */
const CASES: Case[] = [
  { x: [2, 16, 8, 32], O: 20 },
  { x: [2, 16, 8, 16], O: 68, activation: "none" },
  { x: [3, 16, 8, 8], O: 16 },
  { x: [9, 16, 4, 4], O: 16 },
  { x: [2, 16, 16, 16], O: 16, split: 8 },
  { x: [2, 16, 8, 8], O: 20, K: 1 },
  { x: [3, 16, 4, 4], O: 16, K: 1, activation: "none", split: 8 },
  { x: [3, 40, 4, 4], O: 20 }, // in parts, as the next two
  { x: [1, 40, 1, 1], O: 16 },
  { x: [2, 136, 12, 32], O: 16, K: 1 },
  { x: [2, 16, 16, 64], O: 20, stride: 2 },
  { x: [3, 16, 16, 16], O: 16, stride: 2, activation: "none", split: 8 },
  { x: [9, 16, 8, 8], O: 68, stride: 2 }, // in parts
];

/** Where the next norm makes its own moments: tiles that are cut off, whole or in parts. */
const UNSUMMED: Case[] = [
  { x: [2, 16, 9, 17], O: 16 },
  { x: [3, 16, 2, 2], O: 16, K: 1 },
  { x: [2, 40, 5, 4], O: 16 },
];

const nameOf = ({ x, O, K = 3, stride = 1, activation = "silu", split }: Case) =>
  `[${x}] → ${O}, ${K}×${K}, stride ${stride}, ${activation}${split ? `, joined at ${split}` : ""}`;

/** Values about 3, so that the zeros around an image are no values of its own. */
function inputsOf({ x, O, K = 3, stride = 1 }: Case) {
  const [N, C, H, W] = x;
  const y = [N, O, H / stride, W / stride];
  return {
    x: mapArray(numbers(x, 1), (value) => Math.fround(3 + value)),
    affine: numbers([2 * C], 2),
    scaleShift: numbers([N, 2 * C], 3),
    weight: numbers([O, C, K, K], 4),
    residual: numbers(y, 5),
    dy: numbers(y, 6),
    nextAffine: numbers([2 * O], 7),
  };
}

/** z = norm(x), y = conv(z) + residual, next = norm(y), and the gradient by weights. */
function record(
  graph: Graph,
  one: Case,
  tensors: Record<keyof ReturnType<typeof inputsOf>, Tensor>,
) {
  const { K = 3, stride = 1, activation = "silu", split } = one;
  const { affine, weight, residual, dy } = tensors;
  const x = { ...tensors.x, split };
  const scaleShift = { of: tensors.scaleShift, first: 0 };
  const options = { groups: GROUPS, eps: EPS, activation };
  const z = groupNorm(graph, { x, affine, scaleShift }, options).y;
  const side = (K - 1) / 2;
  const padding = { top: side, bottom: side, left: side, right: side };
  const place = { stride, padding, upsample: false };
  const y = conv2d(graph, { x: z, weight, residual }, place);
  const next = groupNorm(graph, { x: y, affine: tensors.nextAffine }, options).y;
  const dweight = graph.alloc(weight.shape, "dweight");
  conv2dBackwardWeight(graph, { x: z, dy }, { ...place, weightShape: weight.shape }, { dweight });
  return { y, next, dweight };
}

/** Of [2C] and [N, 2C] each half by itself. */
const halvesOf = ({ shape, data }: NdArray): [NdArray, NdArray] => {
  const C = shape.at(-1)! / 2;
  const half = [...shape.slice(0, -1), C];
  const isFirst = (_: number, i: number) => i % (2 * C) < C;
  const isSecond = (value: number, i: number) => !isFirst(value, i);
  return [ndarray(half, data.filter(isFirst)), ndarray(half, data.filter(isSecond))];
};

function labelsOf(one: Case, target: Target): string[] {
  const graph = new Graph(target);
  const inputs = Object.entries(inputsOf(one)).map(([name, { shape }]) => {
    return [name, graph.alloc(shape, name)];
  });
  const kept = record(graph, one, Object.fromEntries(inputs));
  return neededOf(graph.dispatches, Object.values(kept)).map(({ label }) => label);
}

async function made(one: Case, target: Target, dtype: Dtype = "f32") {
  const inputs = inputsOf(one);
  const map = (values: NdArray) => ({ ...values, dtype });
  const { x, weight, residual, dy, ...parameters } = inputs;
  const given = {
    ...parameters,
    x: map(one.split ? joinedOrder(x, one.split) : x),
    weight: map(weight),
    residual: map(residual),
    dy: map(dy),
  };
  return evaluate(given, (graph, tensors) => record(graph, one, tensors), target);
}

async function expectRight(one: Case) {
  const { K = 3, stride = 1, activation = "silu" } = one;
  const inputs = inputsOf(one);
  const actual = await made(one, TILES_TARGET);

  const options = { groups: GROUPS, eps: EPS, activation };
  const [weight, bias] = halvesOf(inputs.affine);
  const [scale, shift] = halvesOf(inputs.scaleShift);
  const ofNorm = { x: inputs.x, weight, bias, scale, shift };
  const side = (K - 1) / 2;
  const place = {
    stride,
    padding: { top: side, bottom: side, left: side, right: side },
  };
  const z = { x: norm(ofNorm, options).y, weight: inputs.weight };
  const sizes = absoluteAll({ ...z, residual: inputs.residual, dy: inputs.dy });
  const bounds = { ...sizes, x: groupNormBound(ofNorm, options) };
  const sum = (a: NdArray, b: NdArray) => mapArray(a, (value, i) => value + b.data[i]!);
  expectWithin("y", actual.y, {
    expected: sum(reference.conv2d(z, place), inputs.residual),
    bound: sum(reference.conv2d(bounds, place), sizes.residual),
  });
  expectWithin("dweight", actual.dweight, {
    expected: reference.conv2dBackward(z, inputs.dy, place).dweight,
    bound: reference.conv2dBackward(bounds, sizes.dy, place).dweight,
  });
  const [nextWeight, nextBias] = halvesOf(inputs.nextAffine);
  const ofNext: GroupNormInputs = { x: actual.y, weight: nextWeight, bias: nextBias };
  expectWithin("next", actual.next, {
    expected: norm(ofNext, options).y,
    bound: groupNormBound(ofNext, options),
  });
}

describe("a convolution on tiles reads through the norm before it, and sums for the norm behind it", () => {
  test.each(CASES.map((one) => [nameOf(one), one] as const))("%s", async (_, one) => {
    const kernels = labelsOf(one, TILES_TARGET).map((label) => label.replace(/_wide|_shared/, ""));
    expect(kernels.filter((label) => label.startsWith("groupnorm"))).toEqual([
      "groupnorm.moments",
      "groupnorm.lines",
      "groupnorm.lines", // its moments are the convolution's
      "groupnorm.apply", // its y is read here
    ]);
    await expectRight(one);
  });

  test.each(UNSUMMED.map((one) => [nameOf(one), one] as const))("%s", async (_, one) => {
    const labels = labelsOf(one, TILES_TARGET);
    expect(labels.filter((label) => label.includes(".moments"))).toHaveLength(2);
    expect(labels.filter((label) => label.includes(".apply"))).toHaveLength(1);
    await expectRight(one);
  });
});

describe("a norm of what is joined of two convolutions takes the moments of both", () => {
  const options = { groups: 4, eps: EPS, activation: "none" as const };
  const padding = { top: 1, bottom: 1, left: 1, right: 1 };

  /** One convolution writes tiles, or parts; the other as many channels again and half of them. */
  test.each([
    [[2, 16, 8, 32], 2],
    [[2, 40, 8, 8], 1],
  ])("%j", async (shape, tiles) => {
    const C = shape[1]!;
    const given = {
      x: numbers(shape, 1),
      first: numbers([32, C, 3, 3], 2),
      second: numbers([16, C, 3, 3], 3),
      affine: numbers([2 * 48], 4),
    };
    const labels: string[] = [];
    const { a, b, next } = await evaluate(
      given,
      (graph, { x, first, second, affine }) => {
        const [a, b] = [first, second].map((weight) => conv2d(graph, { x, weight }, { padding }));
        expect(a!.moments!.shape).toEqual([2, 32, tiles, 3]);
        const next = groupNorm(graph, { x: graph.join(a!, b!)!, affine }, options).y;
        labels.push(...graph.dispatches.map(({ label }) => label));
        return { a: a!, b: b!, next };
      },
      TILES_TARGET,
    );
    expect(labels.filter((label) => label.includes(".moments"))).toEqual([]);
    const [weight, bias] = halvesOf(given.affine);
    const joined = { x: concatChannels(a, b), weight, bias };
    expectWithin("next", next, {
      expected: norm(joined, options).y,
      bound: groupNormBound(joined, options),
    });
  });
});

describe("a norm behind a convolution of doubled pixels takes its moments", () => {
  const options = { groups: 4, eps: EPS, activation: "none" as const };
  const padding = { top: 1, bottom: 1, left: 1, right: 1 };

  /** Even and odd rows, and columns, have tiles of their own; the second one is made in parts. */
  test.each([
    [[2, 16, 16, 16], 8],
    [[2, 40, 4, 4], 1],
  ])("%j", async (shape, tiles) => {
    const given = {
      x: numbers(shape, 1),
      weight: numbers([20, shape[1]!, 3, 3], 2),
      affine: numbers([2 * 20], 3),
    };
    const labels: string[] = [];
    const { y, next } = await evaluate(
      given,
      (graph, { x, weight, affine }) => {
        const y = conv2d(graph, { x, weight }, { padding, upsample: true });
        expect(y.moments!.shape).toEqual([2, 20, tiles, 3]);
        const next = groupNorm(graph, { x: y, affine }, options).y;
        labels.push(...graph.dispatches.map(({ label }) => label));
        return { y, next };
      },
      TILES_TARGET,
    );
    expect(labels.filter((label) => label.includes(".moments"))).toEqual([]);
    const [weight, bias] = halvesOf(given.affine);
    const ofNorm = { x: y, weight, bias };
    expectWithin("next", next, {
      expected: norm(ofNorm, options).y,
      bound: groupNormBound(ofNorm, options),
    });
  });
});

const IN_HALF: Case[] = [CASES[0]!, { x: [3, 40, 4, 4], O: 20 }]; // in one pass, and in parts

test.for(IN_HALF)(
  "$x in float16 as with a norm by itself, which rounds once more",
  async (one, { skip }) => {
    if (!(await testGpu()).has("shader-f16")) return skip("the adapter has no float16");
    const fused = await made(one, TILES_TARGET, "f16");
    const apart = await made(one, { ...TILES_TARGET, fuses: false }, "f16");
    for (const [name, { data }] of Object.entries(apart)) {
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const { data: values } = fused[name as keyof typeof apart];
      const off = data.map((value, i) => Math.abs(value - values[i]!));
      expect(Math.max(...off)).toBeLessThan(2 ** -8 * largest);
    }
  },
);

describe("a norm's output is made where something reads it", () => {
  const applied = (one: Case, target: Target) =>
    labelsOf(one, target).filter((label) => label.includes(".apply")).length;

  test("convolutions on other kernels", () => {
    expect(applied(CASES[0]!, TILES_TARGET)).toBe(1);
    expect(applied(CASES[0]!, { ...TILES_TARGET, plain: new Set(["conv2d"]) })).toBe(2);
    expect(applied(CASES[0]!, { ...TILES_TARGET, plain: new Set(["conv2d_weight"]) })).toBe(2);
    expect(applied(CASES[0]!, { ...TILES_TARGET, fuses: false })).toBe(2);
  });

  test("an activation that tiles do not know", async () => {
    const one: Case = { ...CASES[0]!, activation: "gelu" };
    expect(applied(one, TILES_TARGET)).toBe(2);
    await expectRight(one);
  });
});
