import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { ResidentBuffer } from "../../src/graph/tensor.ts";
import type { Conv2dOptions } from "../../src/kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../../src/kernels/conv2d_weight.ts";
import { concatChannels } from "../reference/concat.ts";
import { conv2dBackward } from "../reference/conv2d.ts";
import { absoluteAll, type NdArray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";

const SAME = { top: 1, bottom: 1, left: 1, right: 1 };

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

describe.each(TARGETS)(
  "dweight[o,c,u,v] = Σ dy[n,o,i,j] · z[n,c, i·stride + u − top, j·stride + v − left], dbias[o] = Σ dy: %s",
  (_, target) => {
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
    expect(dispatches({ C: 64, O: 16, size: 32, bias: true })).toEqual(labels);
  });

  test("one where the tiles are enough for a single part, and there is no bias", () => {
    expect(dispatches({ C: 64, O: 64, size: 8, bias: false })).toEqual(["conv2d_weight.lanes"]);
    const labels = ["conv2d_weight_winograd_quads.quads"];
    expect(dispatches({ C: 64, O: 64, size: 32, bias: false })).toEqual(labels);
  });
});
