import { describe, expect, test } from "vitest";
import { addRule } from "../../src/autograd/rules/elementwise.ts";
import { groupNormRule } from "../../src/autograd/rules/groupnorm.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { ActivationName } from "../../src/kernels/activation.ts";
import { elementwiseVariants } from "../../src/kernels/elementwise.ts";
import { groupNorm, groupNormVariants } from "../../src/kernels/groupnorm.ts";
import {
  groupNormBackward,
  groupNormBackwardVariants,
} from "../../src/kernels/groupnorm_backward.ts";
import { normWays } from "../../src/kernels/groupnorm_cut.ts";
import { affineParts } from "../inspect/twins/groupnorm.ts";
import { scattered } from "../reference/agreement.ts";
import {
  type GroupNormInputs,
  groupNormStages,
  groupNorm as twin,
  groupNormBackward as twinBackward,
} from "../reference/groupnorm.ts";
import { groupNormBackwardBound, groupNormBound } from "../reference/groupnorm_bounds.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin } from "../support/gpu.ts";
import { joinedOrder } from "../support/joined.ts";

interface Options {
  groups: number;
  eps: number;
  activation: ActivationName;
}

/** The two ways a tensor is cut: groupnorm.ts. */
const TARGETS: [string, Target][] = [
  ["software adapters", { subgroupSize: 4, software: "swiftshader" }],
  ["other devices", PLAIN_TARGET],
];

/** 1×1 images, odd sizes, G = 1, G = C, N = 1, rows and groups of several runs. */
const AWKWARD: [shape: number[], groups: number][] = [
  [[1, 4, 1, 1], 2],
  [[1, 1, 1, 3], 1],
  [[2, 6, 3, 5], 6],
  [[2, 6, 3, 5], 1],
  [[3, 8, 2, 2], 4],
  [[1, 6, 7, 7], 3],
  [[2, 4, 14, 14], 2],
  [[1, 4, 65, 33], 1],
  [[1, 2, 32, 36], 2],
  [[1, 3, 100, 92], 1],
  [[5, 40, 4, 4], 8],
];

const rounded = (x: NdArray) => mapArray(x, Math.fround);

/** Values that look random, those of x about `mean`. */
function inputsOf(shape: readonly number[], { mean = 0, scales = true } = {}): GroupNormInputs {
  const [N, C] = shape as [number, number];
  const inputs = {
    x: rounded(mapArray(scattered(shape, 1), (value) => mean + 1.7 * value)),
    weight: rounded(scattered([C], 2)),
    bias: rounded(scattered([C], 3)),
  };
  if (!scales) return inputs;
  return { ...inputs, scale: rounded(scattered([N, C], 4)), shift: rounded(scattered([N, C], 5)) };
}

/** [N, 2C] from scale and shift [N, C]. */
function scaleShiftOf({ scale, shift }: Pick<GroupNormInputs, "scale" | "shift">) {
  if (!scale || !shift) return undefined;
  const [N, C] = scale.shape as [number, number];
  return mapArray(ndarray([N, 2 * C]), (_, i) => {
    const [n, c] = [Math.floor(i / (2 * C)), i % (2 * C)];
    return c < C ? scale.data[n * C + c]! : shift.data[n * C + c - C]!;
  });
}

/** μ and r beside one another, [N, G, 2]. */
const statsOf = (mean: NdArray, rstd: NdArray) =>
  ndarray(
    [...mean.shape, 2],
    [...mean.data].flatMap((mu, i) => [mu, rstd.data[i]!]),
  );

/** |μ| may err by the mean |x|; r in proportion, by itself and by what that does to x − μ. */
function statsBound(inputs: GroupNormInputs, { groups, eps }: Options): NdArray {
  const { mean, rstd } = groupNormStages(inputs, { groups, eps });
  const size = inputs.x.data.length / mean.data.length;
  const bounds = [...rstd.data].flatMap((r, group) => {
    const values = absolute(inputs.x).data.subarray(group * size, (group + 1) * size);
    const meanOfX = values.reduce((sum, value) => sum + value, 0) / size;
    return [meanOfX, r * (1 + r * meanOfX)];
  });
  return ndarray([...mean.shape, 2], bounds);
}

const affineOf = ({ weight, bias }: Pick<GroupNormInputs, "weight" | "bias">) =>
  ndarray([2 * weight.data.length], [...weight.data, ...bias.data]);

const columnsOf = (of: Tensor | undefined) => of && { of, first: 0 };

async function expectForward(
  inputs: GroupNormInputs,
  options: Options,
  target: Target,
  expected = twin(inputs, options),
) {
  const given = { x: inputs.x, affine: affineOf(inputs), scaleShift: scaleShiftOf(inputs) };
  const { y, stats } = await evaluate(
    given,
    (g, { scaleShift, ...tensors }) =>
      groupNorm(g, { ...tensors, scaleShift: columnsOf(scaleShift) }, options),
    target,
  );
  expectWithin("y", y, { expected: expected.y, bound: groupNormBound(inputs, options) });
  const moments = statsOf(expected.mean, expected.rstd);
  expectWithin("stats", stats, { expected: moments, bound: statsBound(inputs, options) });
}

type Gradients = Record<"dx" | "dweight" | "dbias" | "dscaleShift", NdArray>;

/** All gradients on the GPU; the forward pass there gives the statistics. */
async function gradientsOf(
  inputs: GroupNormInputs,
  { dy, pending }: { dy: NdArray; pending?: NdArray },
  options: Options,
  target: Target,
): Promise<Partial<Gradients>> {
  const { x } = inputs;
  const scaleShift = scaleShiftOf(inputs);
  const given = { x, affine: affineOf(inputs), dy, pending, scaleShift };
  const { daffine, ...rest } = await evaluate(
    given,
    (graph, { scaleShift, ...tensors }) => {
      const inputs = { ...tensors, scaleShift: columnsOf(scaleShift) };
      const { stats } = groupNorm(graph, inputs, options);
      const targets: Record<string, Tensor> = {
        dx: graph.alloc(x.shape, "dx"),
        daffine: graph.alloc(tensors.affine.shape, "daffine"),
        ...(scaleShift && { dscaleShift: graph.alloc(scaleShift.shape, "dss") }),
      };
      const dscaleShift = columnsOf(targets.dscaleShift);
      groupNormBackward(graph, { ...inputs, stats }, options, { ...targets, dscaleShift });
      return targets;
    },
    target,
  );
  const { weight: dweight, bias: dbias } = affineParts(daffine!);
  return { ...rest, dweight, dbias };
}

function expectGradients(
  actual: Partial<Gradients>,
  expected: ReturnType<typeof twinBackward>,
  bounds: ReturnType<typeof groupNormBackwardBound>,
) {
  for (const role of ["dx", "dweight", "dbias"] as const) {
    expectWithin(role, actual[role]!, { expected: expected[role], bound: bounds[role] });
  }
  const both = scaleShiftOf({ scale: expected.dscale, shift: expected.dshift });
  expect(actual.dscaleShift === undefined).toBe(both === undefined);
  if (!both) return;
  const bound = scaleShiftOf({ scale: bounds.dscale, shift: bounds.dshift })!;
  expectWithin("dscaleShift", actual.dscaleShift!, { expected: both, bound });
}

describe.each(TARGETS)("group norm on %s: y = f((γ x̂ + β)(1 + scale) + shift)", (_, target) => {
  test("pending is added to dx, and to nothing else", async () => {
    for (const [shape, groups] of [
      [[2, 4, 4, 4], 2],
      [[2, 4, 3, 3], 2],
      [[2, 36, 4, 4], 9],
    ] as [number[], number][]) {
      const options = { groups, eps: 1e-5, activation: "none" as const };
      const inputs = inputsOf(shape);
      const [dy, pending] = [rounded(scattered(shape, 6)), rounded(scattered(shape, 7))];
      const actual = await gradientsOf(inputs, { dy, pending }, options, target);
      const expected = twinBackward(inputs, dy, options);
      const bounds = groupNormBackwardBound(inputs, dy, options);
      const dx = mapArray(expected.dx, (value, i) => value + pending.data[i]!);
      const bound = mapArray(bounds.dx, (value, i) => value + Math.abs(pending.data[i]!));
      expectGradients(actual, { ...expected, dx }, { ...bounds, dx: bound });
    }
  });
});

async function expectBackward(inputs: GroupNormInputs, options: Options, target: Target) {
  const dy = rounded(scattered(inputs.x.shape, 6));
  const actual = await gradientsOf(inputs, { dy }, options, target);
  const bounds = groupNormBackwardBound(inputs, dy, options);
  expectGradients(actual, twinBackward(inputs, dy, options), bounds);
}

describe("group norm of whole groups by quads", () => {
  const target: Target = { subgroupSize: 4, software: "swiftshader" };

  /** Enough groups, rows that can be dealt out evenly, and H · W a multiple of 16. */
  const SHAPES: [shape: number[], groups: number][] = [
    [[2, 64, 4, 4], 8],
    [[16, 16, 2, 8], 1],
    [[17, 4, 4, 4], 1],
    [[2, 36, 4, 4], 9],
    [[4, 32, 12, 20], 4],
  ];

  test.each(SHAPES)("%j in %d groups, of mean 0 and 1000", async (shape, groups) => {
    expect(normWays(target, shape, groups)[0]).toBe("whole");
    for (const mean of [0, 1000]) {
      for (const scales of [true, false]) {
        const options = { groups, eps: 1e-5, activation: "silu" as const };
        const inputs = inputsOf(shape, { mean, scales });
        await expectForward(inputs, options, target);
        await expectBackward(inputs, options, target);
      }
    }
  });

  test("too few groups, uneven rows, odd images and no subgroups: they are cut instead", () => {
    const ways = (shape: number[], lanes = 4) =>
      normWays({ ...target, subgroupSize: lanes }, shape, 8);
    const cut = ["runs", "neighbours"];
    expect(ways([1, 64, 4, 4])).toEqual(cut);
    expect(ways([8, 24, 4, 4])).toEqual(cut);
    expect(ways([8, 64, 2, 2])).toEqual(cut);
    expect(ways([8, 64, 4, 4], 0)).toEqual(cut);
  });
});

/** Of joined x, pending and dx, in the order of an image that was copied. */
async function ofJoined(
  inputs: GroupNormInputs,
  { dy, pending, split }: { dy: NdArray; pending: NdArray; split: number },
  options: Options,
  target: Target,
) {
  const given = { affine: affineOf(inputs), scaleShift: scaleShiftOf(inputs), dy };
  const joined = { x: joinedOrder(inputs.x, split), pending: joinedOrder(pending, split) };
  return await evaluate(
    { ...given, ...joined },
    (graph, { x, pending, scaleShift, ...rest }) => {
      const inputs = { ...rest, x: { ...x, split }, scaleShift: columnsOf(scaleShift) };
      const { y, stats } = groupNorm(graph, inputs, options);
      const dx = graph.like(inputs.x, "dx");
      const daffine = graph.alloc(rest.affine.shape, "daffine");
      const added = { ...pending, split };
      groupNormBackward(graph, { ...inputs, stats, pending: added }, options, { dx, daffine });
      return { y, stats, dx, daffine };
    },
    target,
  );
}

describe.each(TARGETS)("group norm of a joined image on %s", (_, target) => {
  /** Groups on one side alone, groups and slices on both; four, sixteen and one value at a time. */
  test.each<[shape: number[], groups: number, split: number]>([
    [[2, 32, 4, 4], 4, 16],
    [[2, 96, 4, 4], 8, 64],
    [[2, 40, 4, 6], 2, 24],
    [[3, 24, 3, 5], 2, 16],
  ])("%j in %d groups, joined at channel %d", async (shape, groups, split) => {
    for (const scales of [true, false]) {
      const options = { groups, eps: 1e-5, activation: "silu" as const };
      const inputs = inputsOf(shape, { mean: 3, scales });
      const [dy, pending] = [rounded(scattered(shape, 6)), rounded(scattered(shape, 7))];
      const actual = await ofJoined(inputs, { dy, pending, split }, options, target);
      const { y, mean, rstd } = twin(inputs, options);
      expectWithin("y", actual.y, { expected: y, bound: groupNormBound(inputs, options) });
      const stats = { expected: statsOf(mean, rstd), bound: statsBound(inputs, options) };
      expectWithin("stats", actual.stats, stats);
      const expected = twinBackward(inputs, dy, options);
      const bounds = groupNormBackwardBound(inputs, dy, options);
      const dx = mapArray(expected.dx, (value, i) => value + pending.data[i]!);
      const bound = mapArray(bounds.dx, (value, i) => value + Math.abs(pending.data[i]!));
      const ofDx = { expected: joinedOrder(dx, split), bound: joinedOrder(bound, split) };
      expectWithin("dx", actual.dx, ofDx);
      const daffine = affineOf({ weight: expected.dweight, bias: expected.dbias });
      const ofAffine = affineOf({ weight: bounds.dweight, bias: bounds.dbias });
      expectWithin("daffine", actual.daffine, { expected: daffine, bound: ofAffine });
    }
  });

  test("dx and pending lie as x does", () => {
    const graph = new Graph(target);
    const x = { ...graph.alloc([2, 16, 4, 4], "x"), split: 8 };
    const [affine, stats] = [graph.alloc([32], "affine"), graph.alloc([2, 4, 2], "stats")];
    const inputs = { x, affine, stats, dy: graph.alloc(x.shape, "dy") };
    const options = { groups: 4, activation: "silu" as const };
    const dx = graph.alloc(x.shape, "dx");
    const launch = () => groupNormBackward(graph, inputs, options, { dx });
    expect(launch).toThrow("dx and x are not joined alike");
  });
});

describe.each(TARGETS)("group norm on %s   [PyTorch]", (_, target) => {
  test.each(golden())("$name", async (one) => {
    const { groups, eps, silu } = one.options;
    const options = { groups, eps, activation: silu ? ("silu" as const) : ("none" as const) };
    const inputs: GroupNormInputs = {
      x: goldenTensor(one, "x"),
      weight: goldenTensor(one, "weight"),
      bias: goldenTensor(one, "bias"),
      scale: one.tensors.get("scale"),
      shift: one.tensors.get("shift"),
    };
    const stored = (role: string) => goldenTensor(one, role);
    const forward = { y: stored("y"), mean: stored("mean"), rstd: stored("rstd") };
    await expectForward(inputs, options, target, forward);
    const dy = stored("dy");
    const actual = await gradientsOf(inputs, { dy }, options, target);
    const expected = {
      dx: stored("dx"),
      dweight: stored("dweight"),
      dbias: stored("dbias"),
      ...(inputs.scale && { dscale: stored("dscale"), dshift: stored("dshift") }),
    };
    expectGradients(actual, expected, groupNormBackwardBound(inputs, dy, options));
  });
});

describe.each(TARGETS)("the launchers of group norm on %s", (_, target) => {
  test("launches only variants that are listed", () => {
    const all = [...groupNormVariants(), ...groupNormBackwardVariants(), ...elementwiseVariants()];
    const known = new Set(all.map(idOf));
    for (const [shape, groups] of AWKWARD) {
      const graph = new Graph(target);
      recordBoth(graph, shape, { groups, eps: 1e-5, activation: "gelu" });
      for (const { variant } of graph.dispatches) expect(known).toContain(idOf(variant));
    }
  });
});

function golden(): GoldenCase<{ groups: number; eps: number; silu: boolean }>[] {
  return goldenCases("group_norm");
}

const idOf = ({ entry, constants }: { entry: string; constants: object }) =>
  `${entry} ${JSON.stringify(Object.entries(constants).sort())}`;

/** Forward and backward of x + norm(x), by the tape. */
function recordBoth(graph: Graph, shape: readonly number[], options: Options) {
  const x = graph.alloc(shape, "x");
  const affine = graph.alloc([2 * shape[1]!], "affine");
  const tape = new Tape(graph, new Map([x, affine].map((leaf) => [leaf, undefined])));
  const normal = tape.apply(groupNormRule, { x, affine }, options);
  const y = tape.apply(addRule, { a: x, b: normal }, {});
  return tape.backward(y, graph.alloc(shape, "dy"));
}

describe("the rule of group norm", () => {
  test("takes the gradient of x's other uses along: nothing is added afterwards", () => {
    const graph = new Graph();
    recordBoth(graph, [2, 4, 4, 4], { groups: 2, eps: 1e-5, activation: "silu" });
    expect(graph.dispatches.map(({ label }) => label)).toEqual([
      "groupnorm.moments_shared",
      "groupnorm.lines",
      "groupnorm.apply_wide",
      "elementwise.add_wide",
      "groupnorm_backward.sums_shared",
      "groupnorm_backward.backward_input_wide",
    ]);
  });

  test("gives the wanted gradients alone, and the same ones", async () => {
    const options = { groups: 2, eps: 1e-5, activation: "silu" as const };
    const inputs = inputsOf([2, 4, 3, 4]);
    const dy = rounded(scattered(inputs.x.shape, 6));
    const { dx, dweight, dbias, dscaleShift } = await gradientsOf(
      inputs,
      { dy },
      options,
      PLAIN_TARGET,
    );
    const daffine = affineOf({ weight: dweight!, bias: dbias! });
    const all = { x: dx, affine: daffine, scaleShift: dscaleShift };
    const scaleShift = scaleShiftOf(inputs)!;
    const given = { x: inputs.x, affine: affineOf(inputs), dy, scaleShift };
    for (const leaf of ["x", "affine", "scaleShift"] as const) {
      const one = await evaluate(
        given,
        (graph, { dy: upstream, ...tensors }) => {
          const tape = new Tape(graph, new Map([[tensors[leaf], undefined]]));
          const gradients = tape.backward(tape.apply(groupNormRule, tensors, options), upstream);
          expect([...gradients.keys()]).toEqual([tensors[leaf]]);
          return { gradient: gradients.get(tensors[leaf])! };
        },
        PLAIN_TARGET,
      );
      expect(one.gradient).toEqual(all[leaf]);
    }
  });
});
