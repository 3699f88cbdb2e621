import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { type Dtype, ResidentBuffer } from "../../src/graph/tensor.ts";
import { type Conv2dOptions, NO_PADDING } from "../../src/kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../../src/kernels/conv2d_weight.ts";
import { scattered } from "../reference/agreement.ts";
import { concatChannels } from "../reference/concat.ts";
import { conv2dBackward } from "../reference/conv2d.ts";
import { absoluteAll, type NdArray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";
import { joinedOrder } from "../support/joined.ts";

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

const QUADS: Target = { subgroupSize: 4, software: "swiftshader" };

describe("the gradient by 1×1 weights reads a joined x in place: the same bits", () => {
  interface Joined {
    shape: [N: number, C: number, H: number, W: number];
    split: number;
    target: Target;
    options?: Partial<Conv2dOptions>;
    dtype?: Dtype;
  }

  async function launched({ shape, split, target, options, dtype = "f32" }: Joined) {
    const place = { stride: 1, padding: NO_PADDING, upsample: false, ...options };
    const [N, C, H, W] = shape;
    const weightShape = [20, C, 1, 1];
    const scale = (place.upsample ? 2 : 1) / place.stride;
    const dy = scattered([N, 20, ...[H, W].map((extent) => Math.ceil(extent * scale))], 1);
    const values = scattered(shape, 2);
    const labels = new Set<string>();
    const on = (split: number | undefined) => {
      const x = split ? joinedOrder(values, split) : values;
      return evaluate(
        { x: { ...x, dtype }, dy: { ...dy, dtype } },
        (graph, { x, dy }) => {
          const dweight = graph.alloc(weightShape, "dweight");
          const inputs = { x: { ...x, split }, dy };
          conv2dBackwardWeight(graph, inputs, { ...place, weightShape }, { dweight });
          const [first] = graph.dispatches;
          labels.add(`${first!.label} ${first!.variant.constants.QUADS ?? ""}`.trim());
          return { dweight };
        },
        target,
      );
    };
    expect(await on(split)).toEqual(await on(undefined));
    return [...labels];
  }

  const odd: Pick<Joined, "shape" | "split"> = { shape: [3, 41, 3, 5], split: 8 };
  const even: typeof odd = { shape: [3, 24, 4, 4], split: 16 };

  test("by lanes that share", async () => {
    const lanes = (quads: number) => [`conv2d_weight_pointwise.lanes ${quads}`];
    expect(await launched({ ...odd, target: QUADS })).toEqual(lanes(2));
    expect(await launched({ ...even, target: QUADS })).toEqual(lanes(2));
    const few: Joined = { shape: [3, 13, 3, 4], split: 8, target: QUADS };
    expect(await launched(few)).toEqual(lanes(1));
  });

  test("by lanes alone, at either stride, doubled or not", async () => {
    const labels = ["conv2d_weight_pointwise.plain"];
    for (const options of [{}, { stride: 2 }, { upsample: true }]) {
      expect(await launched({ ...odd, options, target: PLAIN_TARGET })).toEqual(labels);
    }
  });

  test("by workgroups' tiles", async () => {
    const target = { ...PLAIN_TARGET, tiles: true };
    expect(await launched({ ...even, target })).toEqual(["conv2d_weight_pointwise_tile.tile"]);
    const wide: Joined = { shape: [2, 136, 2, 6], split: 72, target };
    expect(await launched(wide)).toEqual(["conv2d_weight_pointwise_tile.tile"]);
  });

  test("in float16", async ({ skip }) => {
    if (!(await testGpu()).has("shader-f16")) return skip("the adapter has no float16");
    const targets = [QUADS, PLAIN_TARGET, { ...PLAIN_TARGET, tiles: true }];
    for (const target of targets) await launched({ ...even, target, dtype: "f16" });
  });

  test("others refuse it", () => {
    const graph = new Graph(PLAIN_TARGET);
    const x = { ...graph.alloc([2, 16, 4, 4], "a | b"), split: 8 };
    const dy = graph.alloc([2, 4, 4, 4], "dy");
    const weightShape = [4, 16, 3, 3];
    const place = { stride: 1, padding: SAME, upsample: false, weightShape };
    const launch = () =>
      conv2dBackwardWeight(graph, { x, dy }, place, { dweight: graph.alloc(weightShape, "dw") });
    expect(launch).toThrow("conv2d_weight.plain: cannot read a | b, which is joined");
  });
});

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
