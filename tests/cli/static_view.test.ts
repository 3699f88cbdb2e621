// `inspect --static`: what is read of a kernel's text is what the kernel has.
import { beforeAll, describe, expect, test } from "vitest";
import { type StaticKernel, staticLines, staticView } from "../../src/cli/static_view.ts";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { launchOnMatrixUnits } from "../../src/inspect/cases/subgroup_matrix.ts";
import { multiplyAdds, SHARE_LANES, shareVectors } from "../../src/kernels/ceilings.ts";
import { linear } from "../../src/kernels/matmul.ts";
import { matrixKernels } from "../../src/kernels/subgroup_matrix.ts";

const ROUNDS = 5;
const LANES = 128;

function recorded(): Graph {
  const graph = new Graph();
  multiplyAdds(graph, { lanes: LANES, rounds: ROUNDS });
  multiplyAdds(graph, { lanes: 2 * LANES, rounds: ROUNDS });
  const x = graph.alloc([SHARE_LANES, 4], "x");
  shareVectors(graph, { x }, { lanes: LANES, rounds: ROUNDS });
  return graph;
}

describe("the static view of a kernel", () => {
  let kernels: StaticKernel[];
  beforeAll(async () => {
    kernels = await staticView(recorded().dispatches);
  });

  test("has one row a pipeline, with its dispatches and bindings", () => {
    expect(kernels.map(({ label, dispatches }) => [label, dispatches])).toEqual([
      ["ceilings.multiply_scalars", 2],
      ["ceilings.share", 1],
    ]);
    expect(kernels[1]!.bindings).toEqual([
      { binding: 0, name: "dims", access: "uniform" },
      { binding: 1, name: "x", access: "read" },
      { binding: 3, name: "y", access: "read_write" },
    ]);
  });

  test("knows a workgroup's size and its memory", () => {
    expect(kernels.map((one) => one.workgroup_size)).toEqual([
      [64, 1, 1],
      [64, 1, 1],
    ]);
    expect(kernels.map((one) => one.workgroup_bytes)).toEqual([0, 64 * 16]);
  });

  test("counts the loops whose length the uniforms say: what the graph counts, and indices", () => {
    const [chains] = kernels;
    expect(chains!.assumed).toBe(false);
    expect(chains!.operations.arithmetic).toBeGreaterThanOrEqual(2 * 12 * 4 * ROUNDS);
    expect(chains!.operations_ratio).toBeGreaterThan(1);
    expect(chains!.operations_ratio).toBeLessThan(1.6);
    expect(chains!.graph.flops).toBe(2 * 12 * 4 * ROUNDS * 2 * LANES); // of the larger one
  });

  test("is printed as a table", () => {
    const lines = staticLines(kernels);
    expect(lines).toHaveLength(2 + kernels.length);
    expect(lines.join("\n")).toMatch(/^ceilings\.share +1 +3 +64 × 1 × 1 +1024 /m);
  });

  test("says where a text and the graph differ", async () => {
    const graph = recorded();
    graph.dispatches.push({ ...graph.dispatches[0]!, flops: 1e9 });
    const [row] = await staticView(graph.dispatches);
    expect(row!.remarks).toContain("fewer operations than the graph counts");
  });
});

test("reads kernels on matrix units too, whose products are no operations of its own", async () => {
  const configs = { f32: { unit: "f32", M: 8, N: 8, K: 8 } } as const;
  const graph = new Graph({ ...PLAIN_TARGET, matrixUnits: matrixKernels({ configs, lanes: 32 }) });
  const [x, weight] = [graph.alloc([9, 20], "x"), graph.alloc([17, 20], "weight")];
  launchOnMatrixUnits(graph, (own) => linear(own, { x, weight }));
  const [kernel] = await staticView(graph.dispatches);
  expect(kernel!.label).toBe("subgroup_matrix.product");
  expect(kernel!.bindings.map(({ name }) => name)).toEqual([
    ...["dims", "a", "b", "bias", "rows", "added", "c"],
  ]);
  expect(kernel!.workgroup_bytes).toBe(4 * (32 * 24 + 16 * 40 + 4 * 64));
});
