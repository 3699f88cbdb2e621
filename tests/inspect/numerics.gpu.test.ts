// `inspect --numerics`: what dispatches leave, the first that is not finite, and layers against plain ones.
import { describe, expect, test } from "vitest";
import { numericsReport } from "../../src/bench/numerics_report.ts";
import { numericsLines, requireRight } from "../../src/cli/numerics_tables.ts";
import { philoxNormals } from "../../src/core/philox.ts";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { type Dispatch, Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program.ts";
import { ResidentBuffer, writeTensor } from "../../src/graph/tensor.ts";
import { layerErrors } from "../../src/inspect/layer_errors.ts";
import { firstNotFinite, writtenNumbers } from "../../src/inspect/numbers.ts";
import { activation } from "../../src/kernels/activation.ts";
import { EXPONENTS } from "../../src/kernels/histogram.ts";
import { linear } from "../../src/kernels/matmul.ts";
import { testGpu } from "../support/gpu.ts";
import { TINY_UNET } from "../support/tiny_unet.ts";

const ROWS = 12;
const LAYERS = 3;

/** Layers layer0 … layer2, each an activation behind it; `weights` may spoil one. */
async function network(spoilt?: { layer: number; value: number }) {
  const gpu = await testGpu();
  const buffer = new ResidentBuffer("parameters");
  const weights = Array.from({ length: LAYERS }, (_, i) =>
    buffer.add([ROWS, ROWS], `layer${i}.weight`),
  );
  const input = buffer.add([ROWS, ROWS], "x");
  const record = (target: Target): Dispatch[] => {
    const graph = new Graph(target);
    let x = input;
    for (const weight of weights) {
      x = activation(graph, { x: linear(graph, { x, weight }) }, { name: "silu" });
    }
    return graph.dispatches;
  };
  const dispatches = record(gpu.target);
  const plain = record(PLAIN_TARGET);
  const program = await Program.compile(gpu, Object.assign(new Graph(gpu.target), { dispatches }), {
    label: "network",
  });
  program.dispose(); // it has allocated the parameters
  for (const [i, tensor] of [...weights, input].entries()) {
    const values = Float32Array.from(philoxNormals(i, ROWS * ROWS));
    if (spoilt?.layer === i) values[5] = spoilt.value;
    writeTensor(gpu, tensor, values);
  }
  return { gpu, dispatches, plain, buffer };
}

describe("what dispatches leave", () => {
  test("is counted on the GPU as it lies there", async () => {
    const { gpu, dispatches, buffer } = await network();
    const numbers = await writtenNumbers(gpu, dispatches);
    expect(numbers.map(({ kernel }) => kernel)).toEqual(
      dispatches.slice(0, -1).map(({ label }) => label), // what nothing reads is left out
    );
    expect(numbers[0]!.layer).toBe("layer0");
    expect(numbers[1]!.layer).toBeNull();
    for (const { zeros, exponents, largest, firstNotFinite, negative } of numbers) {
      expect(exponents.reduce((sum, n) => sum + n, zeros)).toBe(ROWS * ROWS);
      const top = EXPONENTS[exponents.findLastIndex((n) => n > 0)]!;
      expect(largest).toBeGreaterThanOrEqual(2 ** top);
      expect(largest).toBeLessThan(2 ** (top + 1));
      expect(negative).toBeGreaterThan(0);
      expect(firstNotFinite).toBeNull();
    }
    buffer.destroy(gpu);
  });

  test.each([Number.POSITIVE_INFINITY, Number.NaN])(
    "%s in a weight is found where it comes in, not where it ends",
    async (value) => {
      const { gpu, dispatches, buffer } = await network({ layer: 1, value });
      const first = firstNotFinite(await writtenNumbers(gpu, dispatches));
      expect(first).toMatchObject({ layer: "layer1", dispatch: 2 });
      expect(first!.infinite + first!.notNumbers).toBe(ROWS); // one column
      buffer.destroy(gpu);
    },
  );
});

describe("layers against the plain kernels", () => {
  test("agree to rounding", async () => {
    const { gpu, dispatches, plain, buffer } = await network();
    const { layers } = await layerErrors({ gpu, dispatches }, { gpu, dispatches: plain });
    expect(layers).toHaveLength(2 * LAYERS - 1);
    for (const { ok, error } of layers) {
      expect(ok).toBe(true);
      expect(error).toBeLessThan(2e-6);
    }
    buffer.destroy(gpu);
  });

  test("one that is wrong is the first that is not right", async () => {
    const { gpu, dispatches, plain, buffer } = await network();
    const wrong = dispatches.map((dispatch, i) => {
      if (i !== 3) return dispatch; // the activation behind layer 1
      const { family } = dispatch.variant;
      const text = family.text.map((chunk) => chunk.replace("v / (1.0", "v / (1.001"));
      const variant = { ...dispatch.variant, family: { ...family, hash: "wrong", text } };
      return { ...dispatch, variant };
    });
    const { layers } = await layerErrors({ gpu, dispatches: wrong }, { gpu, dispatches: plain });
    expect(layers.find(({ ok }) => !ok)).toMatchObject({ dispatch: 3 });
    expect(layers.filter(({ dispatch }) => dispatch < 3).every(({ ok }) => ok)).toBe(true);
    buffer.destroy(gpu);
  });
});

describe("the numbers of a training step", () => {
  test("every layer of both passes is right and finite, and the report says so", async () => {
    const gpu = await testGpu();
    const before = gpu.counters.bufferBytes;
    const report = await numericsReport(gpu, { config: TINY_UNET }, { batch: 2 });
    expect(report.layers.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.notFinite).toBeNull();
    expect(new Set(report.layers.map(({ phase }) => phase))).toEqual(
      new Set(["forward", "backward"]),
    );
    for (const name of ["conv_in", "mid_block.attentions.0.to_q+to_k+to_v", "conv_out"]) {
      const phases = report.numbers.filter(({ layer }) => layer === name).map(({ phase }) => phase);
      expect(phases).toContain("forward");
      expect(phases).toContain("backward");
    }
    expect(gpu.counters.bufferBytes).toBe(before);
    const text = numericsLines({ ...report, adapter: "here" }).join("\n");
    expect(text).toContain("every number is finite");
    expect(() => requireRight(report)).not.toThrow();
  });

  test("a layer that is wrong, or not finite, is an error", () => {
    const place = {
      dispatch: 7,
      kernel: "conv2d.direct",
      phase: "forward" as const,
      layer: "conv_in",
    };
    const wrong = { ...place, tensor: "y", shape: [1], error: 0.5, bound: 2e-5, ok: false };
    const report = { batch: 1, layers: [wrong], unmatched: 0, numbers: [], notFinite: null };
    expect(() => requireRight(report)).toThrow(
      "inspect: dispatch 7 conv_in (conv2d.direct) differs from the plain kernels by 0.5 of the largest value, 0.00002 is allowed.",
    );
  });
});
