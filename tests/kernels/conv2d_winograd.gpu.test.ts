import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { tune } from "../../src/graph/tuner.ts";
import { conv2d, conv2dBackwardInput } from "../../src/kernels/conv2d.ts";
import { winogradKernels } from "../../src/kernels/conv2d_winograd.ts";
import { testGpu } from "../support/gpu.ts";
import { TILES_TARGET } from "./records/conform.ts";

const padding = { top: 1, bottom: 1, left: 1, right: 1 };

interface Case {
  x: [N: number, C: number, H: number, W: number];
  O: number;
  stride?: 1 | 2;
}

/** y, and dx of dy = y. */
function recordOn(target: Target, { x: [N, C, H, W], O, stride = 1 }: Case): Graph {
  const graph = new Graph(target);
  const x = graph.alloc([N, C, H, W], "x");
  const weight = graph.alloc([O, C, 3, 3], "weight");
  const options = { padding, stride, upsample: false };
  const dy = conv2d(graph, { x, weight }, options);
  const dx = graph.alloc(x.shape, "dx");
  conv2dBackwardInput(graph, { dy, weight }, { ...options, inputShape: x.shape }, dx);
  return graph;
}

const OFFERED: Target = { ...TILES_TARGET, winograd: winogradKernels };

/** How many of the candidates of each choice are of Winograd's products. */
function offers(target: Target, one: Case): number[] {
  const choices = recordOn(target, one).dispatches.flatMap(({ choice }) => choice ?? []);
  return [...new Set(choices)].map(({ names }) => {
    return names.filter((name) => name.startsWith("conv2d_winograd ")).length;
  });
}

describe("Winograd's products are offered beside the direct kernels", () => {
  const many: Case = { x: [2, 128, 8, 8], O: 128 };

  test("where there are many channels, on a target with tiles that is given them", () => {
    expect(offers(OFFERED, many)).toEqual([1, 1]);
    expect(offers(OFFERED, { ...many, O: 127 })).toEqual([0, 0]);
    expect(offers(OFFERED, { ...many, stride: 2 })).toEqual([0, 0]);
  });

  test("unless patches or products would be more than any device binds", () => {
    const [C, O] = [128, 256];
    expect(offers(OFFERED, { x: [1, C, 256, 256], O: C })).toEqual([1, 1]);
    expect(offers(OFFERED, { x: [1, C, 256, 258], O: C })).toEqual([0, 0]);
    expect(offers(OFFERED, { x: [1, C, 256, 256], O })).toEqual([0, 0]);
  });

  test("and never to a target without, or one where they were wrong", () => {
    expect(offers(TILES_TARGET, many)).toEqual([0, 0]);
    expect(offers({ ...OFFERED, tiles: false }, many)).toEqual([0, 0]);
    const wrong = { ...OFFERED, plain: new Set(["conv2d_winograd"]) };
    expect(offers(wrong, many)).toEqual([0, 0]);
  });
});

test("the tuner finds them right", async () => {
  const gpu = await testGpu();
  const one: Case = { x: [1, 132, 5, 6], O: 130 };
  const { tuned } = await tune(
    gpu,
    (target) =>
      recordOn(
        target === PLAIN_TARGET ? target : { ...target, tiles: true, winograd: winogradKernels },
        one,
      ).dispatches,
    { runs: 1, most: 5 },
  );
  const measured = tuned.map(({ candidates }) => {
    return candidates.filter(({ name, ms }) => name.startsWith("conv2d_winograd ") && ms !== null)
      .length;
  });
  expect(measured).toEqual([1, 1]);
});
