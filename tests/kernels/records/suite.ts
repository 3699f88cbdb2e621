// What every record is held to, as tests: values, gradients, adjoints, repeats and poison on each target, types
// of maps, refusals. Three files share the records, so that two cores do.
import { describe, expect, test } from "vitest";
import { Graph } from "../../../src/graph/graph.ts";
import { testGpu } from "../../support/gpu.ts";
import { mapInputs, type RunOptions, runSample, targetsOf } from "./conform.ts";
import type { KernelInfo, Sample } from "./record.ts";

/** @param isIts  which of their samples; the file has all where it is left out */
export function testRecords(
  records: readonly KernelInfo[],
  isIts: (sample: Sample) => boolean = () => true,
): void {
  describe.each(records)("$family: value, gradient, adjoint, repeats, poison", (info) => {
    const samples = info.samples().filter(isIts);

    test.each(samples)("$name", async (sample) => {
      const gpu = await testGpu();
      await holds({ gpu, target: gpu.target }, info, sample);
      if (mapInputs(sample).length === 0 || !gpu.has("shader-f16")) return;
      for (const target of targetsOf(gpu, sample)) {
        await holds({ gpu, target, dtype: "f16" }, info, sample);
      }
    });

    // They compile long: `npm run test:lavapipe` leaves them out, by this name.
    test.each(samples)("$name, in all float32 variants", async (sample) => {
      const gpu = await testGpu();
      for (const target of targetsOf(gpu, sample)) await holds({ gpu, target }, info, sample);
    });

    test("says which types its maps have", () => {
      const hasMaps = samples.some((sample) => mapInputs(sample).length > 0);
      expect(info.dtypes).toEqual(hasMaps ? ["f32", "f16"] : ["f32"]);
    });

    test.each(info.refusals)("refuses $what", ({ launch, message }) => {
      const graph = new Graph();
      expect(() => launch(graph, (...shape) => graph.alloc(shape, "t"))).toThrow(message);
    });
  });
}

async function holds(on: RunOptions, info: KernelInfo, sample: Sample): Promise<void> {
  const { faults } = await runSample(on, info, sample);
  expect(faults, `${on.dtype ?? "f32"} ${JSON.stringify(on.target)}`).toEqual([]);
}

/** The one that compiles longest; a file has what has stride 2 or doubled pixels, another the rest. */
export const isConv2d = ({ family }: KernelInfo): boolean => family === "conv2d";
export const isResampled = ({ name }: Sample): boolean => /stride 2|doubled/.test(name);
