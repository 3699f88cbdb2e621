import { describe, expect, test } from "vitest";
import { Gpu, PLAIN_TARGET } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { FAMILIES, variantsOf } from "../../src/inspect/families.ts";
import { selfTest } from "../../src/inspect/self_test.ts";
import { faultyMatmul } from "../inspect/faults.ts";
import { testAdapters } from "../support/gpu.ts";

const families = FAMILIES.filter(({ family }) => ["matmul", "concat"].includes(family));
const matmul = families.find(({ family }) => family === "matmul")!;

const withFault = (everywhere: boolean) => (gpu: Gpu) =>
  selfTest(gpu, { families, sources: { matmul: faultyMatmul({ everywhere }) } });

describe("Gpu.open({ selfTest })", () => {
  test("leaves a device alone that computes what it should", async () => {
    const gpu = await Gpu.open({ gpu: await testAdapters(), selfTest });
    expect(gpu.target.plain).toBeUndefined();
    gpu.dispose();
  });

  test("gives a family whose tuned variant is wrong the plain one, and no other family", async () => {
    const source = await testAdapters();
    const gpu = await Gpu.open({ gpu: source, selfTest: withFault(false) });
    if (gpu.target.subgroupSize === 0) return gpu.dispose(); // no tuned variant of matmul here
    expect([...gpu.target.plain!]).toEqual(["matmul"]);
    const graph = new Graph(gpu.target);
    expect(graph.targetOf("matmul")).toEqual(PLAIN_TARGET);
    expect(graph.targetOf("conv2d").subgroupSize).toBeGreaterThan(0);
    const labels = variantsOf(matmul, gpu.target).map(({ entry }) => entry);
    expect(labels.filter((entry) => !entry.endsWith("_tile"))).toEqual([]);
    expect((await selfTest(gpu, { families })).every(({ ok }) => ok)).toBe(true);
    gpu.dispose();
  });

  test("refuses a device on which the plain variant is wrong too", async () => {
    const opening = Gpu.open({ gpu: await testAdapters(), selfTest: withFault(true) });
    await expect(opening).rejects.toThrow(
      "Gpu: this device computes wrong numbers, with the plainest kernels too: matmul.",
    );
  });
});
