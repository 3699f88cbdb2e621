import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { ResidentBuffer } from "../../src/graph/tensor.ts";
import { type Conv2dOptions, NO_PADDING } from "../../src/kernels/conv2d.ts";
import { conv2dBackwardWeight, sumPixels } from "../../src/kernels/conv2d_weight.ts";
import { scattered } from "../reference/agreement.ts";
import { concatChannels } from "../reference/concat.ts";
import { conv2d, conv2dBackward } from "../reference/conv2d.ts";
import { absolute, absoluteAll, extents4, type NdArray, ndarray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

const SAME = { top: 1, bottom: 1, left: 1, right: 1 };
const DOWN = { top: 0, bottom: 1, left: 0, right: 1 }; // diffusers' stride-2 convolutions

/** undefined: what the device itself asks for */
// On SwiftShader the device's own has subgroups of 4, on lavapipe of 8.
const TARGETS: [string, Target | undefined][] = [
  ["the device's variant", undefined],
  ["the plain variant", PLAIN_TARGET],
];

interface Given {
  x: NdArray;
  weight: NdArray;
  dy: NdArray;
  options: Required<Conv2dOptions>;
}

const gradientsOf = ({ x, weight, dy, options }: Given) =>
  conv2dBackward({ x, weight }, dy, options);

/** The kernel's dweight and dbias against the twin's; both lie in one buffer, as gradients do. */
async function check(given: Given, target: Target | undefined, expected = gradientsOf(given)) {
  const { x, dy, weight, options } = given;
  const gradients = new ResidentBuffer("gradients");
  const dweight = gradients.add(weight.shape, "dweight");
  const dbias = gradients.add([weight.shape[0]!], "dbias");
  const launch = (graph: Graph, inputs: { x: typeof dweight; dy: typeof dweight }) => {
    const place = { ...options, weightShape: weight.shape };
    conv2dBackwardWeight(graph, inputs, place, { dweight, dbias });
    return { dweight, dbias };
  };
  const actual = await evaluate({ x, dy }, launch, target);
  const bound = gradientsOf({ ...given, ...absoluteAll({ x, dy }) });
  for (const role of ["dweight", "dbias"] as const) {
    expectWithin(role, actual[role], { expected: expected[role], bound: bound[role] });
  }
}

interface Case {
  input: [number, number, number, number];
  O: number;
  K?: number;
  stride?: number;
  padding?: typeof SAME;
  upsample?: boolean;
}

function givenOf({ input, O, K = 3, stride = 1, padding = SAME, upsample = false }: Case): Given {
  const options = { stride, padding: K === 1 ? NO_PADDING : padding, upsample };
  const x = scattered(input, 1);
  const weight = ndarray([O, input[1], K, K]);
  const dy = scattered(conv2d({ x, weight }, options).shape, 2);
  return { x, weight, dy, options };
}

const CASES: Case[] = [
  { input: [1, 1, 1, 1], O: 1 },
  { input: [1, 1, 1, 1], O: 1, K: 1 },
  { input: [1, 3, 1, 1], O: 5 },
  { input: [2, 3, 2, 2], O: 5 },
  { input: [1, 8, 9, 3], O: 4 },
  { input: [3, 5, 7, 9], O: 9 },
  { input: [2, 17, 5, 17], O: 33 },
  { input: [1, 33, 8, 8], O: 9 },
  { input: [2, 16, 16, 16], O: 16 },
  { input: [2, 9, 33, 8], O: 17 },
  { input: [2, 3, 9, 16], O: 10 },
  { input: [2, 10, 9, 16], O: 3 },
  { input: [4, 1, 32, 32], O: 32 },
  { input: [4, 32, 32, 32], O: 1 },
  { input: [2, 2, 65, 1], O: 3 },
  { input: [2, 2, 1, 65], O: 3 },
  { input: [1, 8, 6, 10], O: 8, padding: NO_PADDING },
  { input: [1, 8, 6, 10], O: 8, padding: { top: 2, bottom: 0, left: 2, right: 1 } },
  { input: [2, 8, 16, 16], O: 16, stride: 2, padding: DOWN },
  { input: [1, 5, 9, 7], O: 7, stride: 2, padding: DOWN },
  { input: [3, 9, 9, 17], O: 5, stride: 2 },
  { input: [1, 3, 2, 2], O: 5, stride: 2 },
  { input: [2, 4, 3, 3], O: 4, stride: 2, padding: NO_PADDING },
  { input: [1, 9, 5, 6], O: 1, stride: 2 },
  { input: [2, 8, 8, 8], O: 8, upsample: true },
  { input: [1, 5, 3, 5], O: 9, upsample: true },
  { input: [1, 1, 1, 1], O: 1, upsample: true },
  { input: [1, 3, 5, 9], O: 4, upsample: true, padding: DOWN },
  { input: [1, 3, 5, 3], O: 4, upsample: true, padding: NO_PADDING },
  { input: [1, 3, 5, 4], O: 4, upsample: true, stride: 2 },
  { input: [2, 5, 6, 9], O: 9, upsample: true, stride: 2, padding: DOWN },
  { input: [2, 65, 5, 7], O: 33, K: 1 },
  { input: [1, 7, 1, 1], O: 9, K: 1 },
  { input: [3, 64, 16, 16], O: 64, K: 1 },
  { input: [2, 5, 7, 5], O: 17, K: 1, stride: 2 },
  { input: [2, 5, 3, 5], O: 3, K: 1, upsample: true },
];

describe.each(TARGETS)(
  "dweight[o,c,u,v] = Σ dy[n,o,i,j] · z[n,c, i·stride + u − top, j·stride + v − left], dbias[o] = Σ dy: %s",
  (_, target) => {
    test.each(CASES)("%j", async (one) => {
      await check(givenOf(one), target);
    });

    test.each([3, 1])("all products of one sign, kernel %d: long sums stay exact", async (K) => {
      const given = givenOf({ input: [3, 4, 64, 64], O: 4, K });
      await check({ ...given, ...absoluteAll({ x: given.x, dy: given.dy }) }, target);
    });

    test.each(goldenCases<Golden>("conv2d"))("$name of PyTorch", async (golden) => {
      const { stride, padding, prologue } = golden.options;
      const x = goldenTensor(golden, "x");
      const whole = prologue === "concat" ? concatChannels(x, goldenTensor(golden, "x2")) : x;
      const options = { stride, padding, upsample: prologue === "upsample_nearest2x" };
      const [weight, dy] = [goldenTensor(golden, "weight"), goldenTensor(golden, "dy")];
      const given = { x: whole, weight, dy, options };
      const dbias = golden.tensors.get("dbias") ?? gradientsOf(given).dbias;
      const expected = { ...gradientsOf(given), dweight: goldenTensor(golden, "dweight"), dbias };
      await check(given, target, expected);
    });
  },
);

interface Golden {
  stride: number;
  padding: typeof SAME;
  prologue: "none" | "upsample_nearest2x" | "concat";
}

describe.each(TARGETS)("sumPixels: y[n,c] = Σ_{h,w} x[n,c,h,w]: %s", (_, target) => {
  test.each([[[1, 1, 1, 1]], [[1, 3, 7, 5]], [[2, 65, 1, 9]], [[3, 5, 33, 1]], [[2, 3, 64, 64]]])(
    "%j",
    async (shape) => {
      const x = scattered(shape, 3);
      const { y } = await evaluate(
        { x },
        (graph, inputs) => ({ y: sumPixels(graph, inputs) }),
        target,
      );
      expectWithin("y", y, { expected: sums(x), bound: sums(absolute(x)) });
    },
  );
});

function sums(x: NdArray): NdArray {
  const [N, C, H, W] = extents4(x);
  const y = ndarray([N, C]);
  x.data.forEach((value, i) => {
    y.data[Math.floor(i / (H * W))]! += value;
  });
  return y;
}

describe("a weight gradient is recorded in few dispatches", () => {
  const dispatches = (shape: { C: number; O: number; size: number; bias: boolean }) => {
    const { C, O, size, bias } = shape;
    const graph = new Graph({ subgroupSize: 4, software: "swiftshader" });
    const [x, dy] = [C, O].map((channels) => graph.alloc([8, channels, size, size], "t"));
    const weightShape = [O, C, 3, 3];
    const options = { stride: 1, padding: SAME, upsample: false, weightShape };
    const gradients = { dweight: graph.alloc(weightShape, "dweight") };
    const dbias = bias ? { dbias: graph.alloc([O], "dbias") } : {};
    conv2dBackwardWeight(graph, { x: x!, dy: dy! }, options, { ...gradients, ...dbias });
    return graph.dispatches.map(({ label }) => label);
  };

  test("two: sums over parts of the images, and their sum", () => {
    const labels = ["conv2d_weight.lanes", "conv2d_weight_sums.finish_lanes"];
    expect(dispatches({ C: 16, O: 16, size: 32, bias: false })).toEqual(labels);
    expect(dispatches({ C: 64, O: 64, size: 32, bias: true })).toEqual(labels);
  });

  test("one where the tiles are enough for a single part, and there is no bias", () => {
    expect(dispatches({ C: 64, O: 64, size: 32, bias: false })).toEqual(["conv2d_weight.lanes"]);
  });
});

describe("conv2dBackwardWeight and sumPixels refuse tensors that do not fit", () => {
  const tensor = (shape: number[]) => new Graph().alloc(shape, "t");
  const options = { stride: 1, padding: SAME, upsample: false, weightShape: [5, 3, 3, 3] };
  const launch = (x: number[], dy: number[], dweight = [5, 3, 3, 3], dbias = [5]) =>
    conv2dBackwardWeight(new Graph(), { x: tensor(x), dy: tensor(dy) }, options, {
      dweight: tensor(dweight),
      dbias: tensor(dbias),
    });

  test("channels that differ", () => {
    expect(() => launch([2, 4, 8, 8], [2, 5, 8, 8])).toThrow(
      "conv2dBackwardWeight: weight must have one slice a channel of x, got weight [5, 3, 3, 3] and x [2, 4, 8, 8].",
    );
  });

  test("strides, kernels and paddings that there are not", () => {
    const place = { ...options, stride: 3 };
    const tensors = { x: tensor([2, 3, 8, 8]), dy: tensor([2, 5, 8, 8]) };
    expect(() =>
      conv2dBackwardWeight(new Graph(), tensors, place, { dweight: tensor([5, 3, 3, 3]) }),
    ).toThrow(
      "conv2dBackwardWeight: needs a 1×1 or 3×3 kernel, stride 1 or 2 and paddings below the kernel's extent, got kernel = 3×3, stride = 3, padding = 1, 1, 1, 1.",
    );
  });

  test("a dy of another size", () => {
    expect(() => launch([2, 3, 8, 8], [2, 5, 8, 7])).toThrow(
      "conv2dBackwardWeight: dy must be [2, 5, 8, 8], got [2, 5, 8, 7].",
    );
  });

  test("targets of another shape", () => {
    expect(() => launch([2, 3, 8, 8], [2, 5, 8, 8], [5, 3, 1, 1])).toThrow(
      "conv2dBackwardWeight: dweight must be [5, 3, 3, 3], got [5, 3, 1, 1].",
    );
    expect(() => launch([2, 3, 8, 8], [2, 5, 8, 8], [5, 3, 3, 3], [4])).toThrow(
      "conv2dBackwardWeight: dbias must be [5], got [4].",
    );
    expect(() => sumPixels(new Graph(), { x: tensor([2, 3, 8, 8]) }, tensor([3, 2]))).toThrow(
      "sumPixels: target must be [2, 3], got [3, 2].",
    );
  });
});
