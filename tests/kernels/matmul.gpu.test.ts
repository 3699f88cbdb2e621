import { describe, expect, test } from "vitest";
import { linearRule } from "../../src/autograd/rules/linear.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  linear,
  linearBackwardInput,
  linearBackwardWeight,
  matmulVariants,
} from "../../src/kernels/matmul.ts";
import { scattered } from "../reference/agreement.ts";
import { linearBackward, linear as linearTwin } from "../reference/matmul.ts";
import { absolute, absoluteAll, mapArray, type NdArray } from "../reference/ndarray.ts";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";

/** The workgroups' variant, and the one the device gets (subgroups of 4 or 8, where it has them). */
const TARGETS = [
  { name: "by workgroup tiles", target: PLAIN_TARGET },
  { name: "as the device chooses", target: undefined },
];

const sum = (a: NdArray, b: NdArray) => mapArray(a, (value, i) => value + b.data[i]!);

describe.each(TARGETS)("y = x Wᵀ + b and its gradients, $name", ({ target }) => {
  test.each(goldenCases<{ bias: boolean }>("linear"))("$name of PyTorch", async (golden) => {
    const given = {
      x: goldenTensor(golden, "x"),
      weight: goldenTensor(golden, "weight"),
      bias: golden.options.bias ? goldenTensor(golden, "bias") : undefined,
    };
    const dy = goldenTensor(golden, "dy");
    const results = await evaluate(
      { ...given, dy },
      (graph, { dy, ...inputs }) => {
        const gradients = like(graph, inputs);
        const dbias = inputs.bias ? gradients.dbias : undefined;
        linearBackwardInput(graph, { dy, weight: inputs.weight }, gradients.dx);
        linearBackwardWeight(graph, { x: inputs.x, dy }, { dweight: gradients.dweight, dbias });
        const { dx, dweight } = gradients;
        const results: Record<string, Tensor> = { y: linear(graph, inputs), dx, dweight };
        return dbias ? { ...results, dbias } : results;
      },
      target,
    );
    const bounds = linearBackward(absoluteAll(given), absolute(dy));
    const all: Record<string, NdArray> = { y: linearTwin(absoluteAll(given)), ...bounds };
    for (const [role, actual] of Object.entries(results)) {
      expectWithin(role, actual, { expected: goldenTensor(golden, role), bound: all[role]! });
    }
  });

  test("the gradient of other consumers is added to dx", async () => {
    const [weight, dy] = [scattered([7, 35], 1), scattered([5, 7], 2)];
    const pending = scattered([5, 35], 3);
    const { dx } = await evaluate(
      { weight, dy, pending },
      (graph, inputs) => {
        const dx = graph.alloc([5, 35], "dx");
        linearBackwardInput(graph, inputs, dx);
        return { dx };
      },
      target,
    );
    const product = (of: (x: NdArray) => NdArray) =>
      sum(linearBackward({ x: of(pending), weight: of(weight) }, of(dy)).dx, of(pending));
    expectWithin("dx", dx, { expected: product((x) => x), bound: product(absolute) });
  });
});

describe("linearRule", () => {
  const shapes = { x: [5, 7], weight: [3, 7], bias: [3] };

  function record(wanted: readonly (keyof typeof shapes)[]) {
    const graph = new Graph();
    const x = graph.alloc(shapes.x, "x");
    const weight = graph.alloc(shapes.weight, "weight");
    const bias = graph.alloc(shapes.bias, "bias");
    const all: Record<string, Tensor> = { x, weight, bias };
    const tape = new Tape(graph, new Map(wanted.map((name) => [all[name]!, undefined])));
    const y = tape.apply(linearRule, { x, weight, bias }, {});
    const gradients = tape.backward(y, graph.alloc(y.shape, "dy"));
    const given = wanted.map((name) => gradients.get(all[name]!)?.shape);
    return { given, labels: graph.dispatches.map(({ label }) => label) };
  }

  test("takes one dispatch forward and one a gradient, dbias with dweight", () => {
    const { given, labels } = record(["x", "weight", "bias"]);
    expect(given).toEqual([shapes.x, shapes.weight, shapes.bias]);
    expect(labels).toEqual([
      "matmul.forward_tile",
      "matmul.backward_input_tile",
      "matmul.backward_weight_tile",
    ]);
  });

  test("computes no gradient that nobody asked for", () => {
    expect(record(["x"]).labels).toEqual(["matmul.forward_tile", "matmul.backward_input_tile"]);
    expect(record(["weight"]).labels).toEqual([
      "matmul.forward_tile",
      "matmul.backward_weight_tile",
    ]);
    expect(record(["bias"]).given).toEqual([shapes.bias]);
  });
});

test("every variant that this device can run compiles", async () => {
  const gpu = await testGpu();
  const lanes = gpu.target.subgroupSize;
  const here = matmulVariants().filter(({ constants }) => (constants.LANES ?? lanes) === lanes);
  expect(here.length).toBeGreaterThanOrEqual(3);
  await Promise.all(here.map((variant) => gpu.pipelines.get(variant)));
});

function like(graph: Graph, { x, weight }: { x: Tensor; weight: Tensor }) {
  return {
    dx: graph.alloc(x.shape, "dx"),
    dweight: graph.alloc(weight.shape, "dweight"),
    dbias: graph.alloc([weight.shape[0]!], "dbias"),
  };
}
