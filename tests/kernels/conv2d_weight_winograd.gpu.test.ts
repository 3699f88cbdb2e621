import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { tune } from "../../src/graph/tuner.ts";
import { conv2dBackwardWeight } from "../../src/kernels/conv2d_weight.ts";
import { testGpu } from "../support/gpu.ts";
import { TILES_TARGET } from "./records/conform.ts";

const padding = { top: 1, bottom: 1, left: 1, right: 1 };
const SWIFTSHADER: Target = { subgroupSize: 4, software: "swiftshader" };
const LAVAPIPE: Target = { subgroupSize: 8, software: "llvmpipe" };

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  stride?: 1 | 2;
}

function recordOn(target: Target, { x: [N, C, H, W], O, stride = 1 }: Case): Graph {
  const graph = new Graph(target);
  const x = graph.alloc([N, C, H, W], "x");
  const dy = graph.alloc([N, O, Math.ceil(H / stride), Math.ceil(W / stride)], "dy");
  const weightShape = [O, C, 3, 3];
  const gradients = {
    dweight: graph.alloc(weightShape, "dweight"),
    dbias: graph.alloc([O], "dbias"),
  };
  const place = { padding, stride, upsample: false, weightShape };
  conv2dBackwardWeight(graph, { x, dy }, place, gradients);
  return graph;
}

const isWinograd = (name: string) => name.startsWith("conv2d_weight_winograd");

/** The ranks of Winograd's products among the candidates. */
function ranks(target: Target, one: Case): number[] {
  const names = recordOn(target, one).dispatches[0]!.choice!.names;
  return [...names.entries()].flatMap(([rank, name]) => (isWinograd(name) ? [rank] : []));
}

describe("Winograd's products are offered beside the direct gradient by the weights", () => {
  const many: Case = { x: [2, 64, 8, 8], O: 32 };

  test("after the first candidate, where there are many channels", () => {
    for (const target of [TILES_TARGET, SWIFTSHADER]) {
      expect(ranks(target, many)).toEqual([1]);
      expect(ranks(target, { ...many, O: 31 })).toEqual([]);
      expect(ranks(target, { ...many, stride: 2 })).toEqual([]);
    }
  });

  test("before it where they should be faster: for much work on SwiftShader", () => {
    const more: Case = { x: [8, 64, 16, 16], O: 64 };
    expect(ranks(SWIFTSHADER, more)).toEqual([0]);
    expect(ranks(TILES_TARGET, more)).toEqual([1]);
  });

  test("and never on another target, or one where they were wrong", () => {
    expect(ranks(PLAIN_TARGET, many)).toEqual([]);
    expect(ranks(LAVAPIPE, many)).toEqual([]);
    for (const target of [TILES_TARGET, SWIFTSHADER]) {
      const plain = new Set(["conv2d_weight_winograd"]);
      expect(ranks({ ...target, plain }, many)).toEqual([]);
    }
  });
});

test.each([
  ["tiles", { tiles: true }],
  ["quads", {}],
])("the tuner finds them right: %s", async (_, more) => {
  const gpu = await testGpu();
  const one: Case = { x: [2, 66, 5, 6], O: 65 };
  const { tuned } = await tune(
    gpu,
    (target) => recordOn(target === PLAIN_TARGET ? target : { ...target, ...more }, one).dispatches,
    { runs: 1, most: 2 },
  );
  const measured = tuned[0]!.candidates.filter(({ name, ms }) => isWinograd(name) && ms !== null);
  expect(measured).toHaveLength(ranks({ ...gpu.target, ...more }, one).length);
});
