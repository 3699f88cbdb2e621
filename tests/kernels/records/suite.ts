// What every record is held to, as tests: values, gradients, adjoints, repeats and poison on each target, types
// of maps, refusals. Two files share the records, so that two cores do.
import { describe, expect, test } from "vitest";
import { Graph } from "../../../src/graph/graph.ts";
import { testGpu } from "../../support/gpu.ts";
import { mapInputs, runSample, targetsOf } from "./conform.ts";
import type { KernelInfo } from "./record.ts";

export function testRecords(records: readonly KernelInfo[]): void {
  describe.each(records)("$family: value, gradient, adjoint, repeats, poison", (info) => {
    test.each(info.samples())("$name", async (sample) => {
      const gpu = await testGpu();
      const isHalved = mapInputs(sample).length > 0 && gpu.has("shader-f16");
      for (const target of targetsOf(gpu, sample)) {
        for (const dtype of isHalved ? (["f32", "f16"] as const) : (["f32"] as const)) {
          const { faults } = await runSample({ gpu, target, dtype }, info, sample);
          expect(faults, `${dtype} ${JSON.stringify(target)}`).toEqual([]);
        }
      }
    });

    test("says which types its maps have", () => {
      const hasMaps = info.samples().some((sample) => mapInputs(sample).length > 0);
      expect(info.dtypes).toEqual(hasMaps ? ["f32", "f16"] : ["f32"]);
    });

    test.each(info.refusals)("refuses $what", ({ launch, message }) => {
      const graph = new Graph();
      expect(() => launch(graph, (...shape) => graph.alloc(shape, "t"))).toThrow(message);
    });
  });
}

/** The one that compiles longest. */
export const isConv2d = ({ family }: KernelInfo): boolean => family === "conv2d";
