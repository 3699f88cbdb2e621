import { describe, expect, test } from "vitest";
import { Gpu, PLAIN_TARGET } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { cutsOf, guessedMs, LONGEST_GUESSED_MS, ownMs } from "../../src/graph/pacing.ts";
import { Program } from "../../src/graph/program.ts";
import { ResidentBuffer } from "../../src/graph/tensor.ts";
import { activation } from "../../src/kernels/activation.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";

const work = (flops: number, bytes = 0) => ({ flops, bytes });
const even = Array.from({ length: 10 }, () => work(1e9));

describe("a run is cut into submissions of at most the longest time", () => {
  test("a short run is one", () => {
    expect(cutsOf(even, 249)).toEqual([0]);
  });

  test("a long one is cut evenly where its work is even", () => {
    expect(cutsOf(even, 1000, 250)).toEqual([0, 2, 4, 6, 8]);
  });

  test("a dispatch that is longer by itself stands alone", () => {
    const uneven = [work(1e9), work(8e9), work(1e9)];
    expect(cutsOf(uneven, 1000, 400)).toEqual([0, 1, 2]);
  });

  test("bytes count as work, too", () => {
    const moved = [work(0, 1e9), work(0, 1e9), work(1e6)];
    expect(cutsOf(moved, 1000, 500.1)).toEqual([0, 1]);
  });

  test("an empty program is one submission of nothing", () => {
    expect(cutsOf([], 0)).toEqual([0]);
  });
});

describe("before a run was measured", () => {
  test("a software adapter is taken to be a hundred times slower", () => {
    const software = { ...PLAIN_TARGET, software: "swiftshader" } as const;
    expect(guessedMs(even, software) / guessedMs(even, PLAIN_TARGET)).toBeCloseTo(100, 9);
  });
});

describe("a program", () => {
  test("is cut by a guess, finely, until it is measured; then by what it takes", async () => {
    const gpu = await Gpu.open({ gpu: (await openGpu({ adapter: "null" })).gpu });
    const graph = new Graph(gpu.target);
    let x = new ResidentBuffer("x").add([8], "x");
    for (let i = 0; i < 6; i++) x = activation(graph, { x }, { name: "silu" });
    const flops = 2e10; // 50 ms, as is guessed
    const dispatches = graph.dispatches.map((dispatch) => ({ ...dispatch, flops }));
    graph.dispatches.splice(0, 6, ...dispatches);
    expect(guessedMs(dispatches, gpu.target) / (3 * LONGEST_GUESSED_MS)).toBeCloseTo(1, 4);
    const program = await Program.compile(gpu, graph, { label: "six", keep: [x] });
    const submissions = () => {
      const before = gpu.counters.submissions;
      program.run();
      return gpu.counters.submissions - before;
    };
    expect(submissions(), "a dispatch's overhead tips over the second of each pair").toBe(6);
    program.measured(240);
    expect(submissions()).toBe(1);
    program.measured(720);
    expect(submissions()).toBe(3);
    program.dispose();
    gpu.dispose();
  });
});

describe("what a run takes by itself", () => {
  const even = Array.from({ length: 8 }, () => ({ flops: 1e9, bytes: 0 }));

  test("is the sum of its pieces, where nothing came in between", () => {
    expect(ownMs(even, [0, 2, 4, 6], [10, 10, 10, 10])).toBeCloseTo(40, 9);
    expect(ownMs(even, [0, 6], [30, 10])).toBeCloseTo(40, 9);
  });

  test("without the frames that a page drew in between", () => {
    expect(ownMs(even, [0, 2, 4, 6], [10, 60, 60, 60])).toBeCloseTo(40, 9);
  });

  test("of no dispatches is nothing", () => {
    expect(ownMs([], [0], [1])).toBe(0);
  });
});
