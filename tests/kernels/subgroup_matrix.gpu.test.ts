// The kernels on matrix units: no adapter of ours has any, so that they run emulated here, on the samples
// of the launchers that offer them. What the real WGSL says is compiled by Dawn (variants.test.ts).
import { describe, expect, test } from "vitest";
import { Gpu, type Offered, type Target } from "../../src/device/gpu.ts";
import type { MapDtype } from "../../src/device/shader.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { launchOnMatrixUnits } from "../../src/inspect/cases/subgroup_matrix.ts";
import { NO_PADDING } from "../../src/kernels/conv2d.ts";
import {
  configFor,
  type MatrixDevice,
  matrixKernels,
  subgroupMatrix,
} from "../../src/kernels/subgroup_matrix.ts";
import type { Input } from "../support/evaluate.ts";
import { testAdapters, testGpu } from "../support/gpu.ts";
import { emulatedFamily } from "../support/subgroup_matrix_emulation.ts";
import { dryRun, mapInputs, runSample } from "./records/conform.ts";
import { info as conv2d } from "./records/conv2d.ts";
import { info as matmul } from "./records/matmul.ts";
import type { KernelInfo, Sample } from "./records/record.ts";

/** Units such as Metal's, Intel's, and NVIDIA's; subgroups as large as an adapter's here, or larger. */
const DEVICES: (MatrixDevice & { name: string })[] = [
  {
    name: "8×8×8 of f32 for all maps, small blocks, subgroups of 8",
    configs: { f32: { unit: "f32", M: 8, N: 8, K: 8 }, f16: { unit: "f32", M: 8, N: 8, K: 8 } },
    lanes: 8,
    block: 16,
  },
  {
    name: "8×16×16, large blocks, subgroups of 16",
    configs: { f32: { unit: "f32", M: 8, N: 16, K: 16 }, f16: { unit: "f16", M: 8, N: 16, K: 16 } },
    lanes: 16,
    block: 32,
  },
  {
    name: "16×16×8, a row of two blocks a workgroup, subgroups of 128",
    configs: { f32: { unit: "f32", M: 16, N: 16, K: 8 }, f16: { unit: "f16", M: 16, N: 16, K: 8 } },
    lanes: 128,
    block: 16,
  },
];

/** A sample with all its choices on matrix units; undefined where none is offered for such maps. */
function onUnits(sample: Sample, target: Target, dtype: MapDtype): Sample | undefined {
  const launch: Sample["launch"] = (graph, tensors) =>
    launchOnMatrixUnits(graph, (own) => sample.launch(own, tensors));
  const maps = mapInputs(sample);
  if (dtype === "f16" && maps.length === 0) return undefined;
  const inputs = Object.entries(sample.inputs).map(([role, input]): [string, Input] => {
    return [role, maps.includes(role) ? { ...input, dtype } : input];
  });
  const { dispatches } = dryRun({ inputs: Object.fromEntries(inputs), launch }, target);
  const isOn = dispatches.some(({ variant }) => variant.family.name === emulatedFamily.name);
  return isOn ? { ...sample, launch } : undefined;
}

/** Runs those samples that are offered on a target's units, with maps of each type. @returns how many */
async function runOnUnits(
  gpu: Gpu,
  matrixUnits: Offered,
  { info, samples }: { info: KernelInfo; samples: readonly Sample[] },
): Promise<number> {
  const target = { ...gpu.target, matrixUnits };
  const dtypes = gpu.has("shader-f16") ? (["f32", "f16"] as const) : (["f32"] as const);
  let count = 0;
  for (const sample of samples) {
    for (const dtype of dtypes) {
      const launched = onUnits(sample, target, dtype);
      if (!launched) continue;
      const { faults } = await runSample({ gpu, target, dtype }, info, launched);
      expect(faults, `${sample.name}, ${dtype}`).toEqual([]);
      count++;
    }
  }
  return count;
}

/** Each device emulates the self-test's samples and its share of the others: all would take minutes. */
const shareOf = (samples: readonly Sample[], device: number): Sample[] =>
  samples.filter(({ name }, i) => name.startsWith("self-test") || i % DEVICES.length === device);

describe.each([matmul, conv2d])("$family: value, gradient, adjoint, repeats, poison", (info) => {
  test.each([...DEVICES.entries()].map(([index, device]) => ({ index, ...device })))(
    "$name, emulated",
    async ({ index, name: _, ...device }) => {
      const units = matrixKernels({ ...device, family: emulatedFamily });
      const samples = shareOf(info.samples(), index);
      expect(await runOnUnits(await testGpu(), units, { info, samples })).toBeGreaterThanOrEqual(4);
    },
    120_000,
  );

  test("the units of this adapter", async ({ skip }) => {
    const gpu = await Gpu.open({ gpu: await testAdapters(), subgroupMatrix });
    const { matrixUnits } = gpu.target;
    if (!matrixUnits) {
      gpu.dispose();
      return skip("this adapter has no matrix units that the kernels can use");
    }
    const samples = info.samples();
    expect(await runOnUnits(gpu, matrixUnits, { info, samples })).toBeGreaterThan(0);
    gpu.dispose();
  });
});

test("a convolution that reads or writes a joined tensor is not offered", () => {
  const { convolution } = matrixKernels(DEVICES[0]!);
  const plain = { shape: [1, 16, 4, 4], label: "map", dtype: "f32" } as const;
  const joined = { ...plain, split: 8 };
  const extents = { N: 1, C: 16, O: 16, K: 1, H: 4, W: 4, outH: 4, outW: 4 };
  const c = { ...extents, stride: 1, padding: NO_PADDING, upsample: false };
  const candidates = (source: Tensor, result: Tensor) =>
    convolution("forward", c, { source, weight: plain, result });
  expect(candidates(plain, plain)).toHaveLength(1);
  expect([...candidates(joined, plain), ...candidates(plain, joined)]).toEqual([]);
});

describe("the config that is taken of those an adapter tells", () => {
  const told = (componentType: string, M: number, N: number, K: number, result = "f32") => ({
    ...{ componentType, resultComponentType: result, M, N, K },
  });

  test("rounds no map, sums in float32, and is the first that fits a block", () => {
    const intel = [told("f16", 8, 16, 16, "f16"), told("f16", 8, 16, 16), told("i8", 8, 16, 32)];
    expect(configFor("f16", intel)).toEqual({ unit: "f16", M: 8, N: 16, K: 16 });
    expect(configFor("f32", intel)).toBeUndefined();
    const metal = [told("f32", 8, 8, 8), told("f16", 8, 8, 8, "f16")];
    expect(configFor("f16", metal)).toEqual({ unit: "f32", M: 8, N: 8, K: 8 });
    expect(configFor("f32", metal)).toEqual({ unit: "f32", M: 8, N: 8, K: 8 });
    const large = [told("f16", 64, 16, 16), told("f16", 16, 16, 32), told("f16", 16, 16, 16)];
    expect(configFor("f16", large)).toEqual({ unit: "f16", M: 16, N: 16, K: 16 });
    expect(configFor("f16", [])).toBeUndefined();
  });
});
