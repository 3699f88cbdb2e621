// Who gets kernels on matrix units: nobody who does not ask, and nobody whose device has none.
import { describe, expect, test } from "vitest";
import { Gpu, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { tune } from "../../src/graph/tuner.ts";
import { subgroupMatrixFamily } from "../../src/inspect/cases/subgroup_matrix.ts";
import { selfTest } from "../../src/inspect/self_test.ts";
import { linear } from "../../src/kernels/matmul.ts";
import { matrixKernels, subgroupMatrix } from "../../src/kernels/subgroup_matrix.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { testAdapters, testGpu } from "../support/gpu.ts";
import { emulatedFamily } from "../support/subgroup_matrix_emulation.ts";

const FEATURE = "chromium-experimental-subgroup-matrix";

const METAL = [
  { componentType: "f32", resultComponentType: "f32", M: 8, N: 8, K: 8 },
  { componentType: "f16", resultComponentType: "f16", M: 8, N: 8, K: 8 },
];

/** The null backend has the feature and compiles for it, but tells no config. */
const nullAdapters = async () => (await openGpu({ adapter: "null" })).gpu;

/** Its device, as if it were a GPU with these. */
async function deviceWith(configs: object[], subgroupMaxSize = 32): Promise<GPUDevice> {
  const adapter = await (await nullAdapters()).requestAdapter();
  const requiredFeatures = [FEATURE, "subgroups", "shader-f16"] as GPUFeatureName[];
  const device = await adapter!.requestDevice({ requiredFeatures });
  const info = { vendor: "tests", subgroupMinSize: 4, subgroupMaxSize };
  const value = { ...info, subgroupMatrixConfigs: configs };
  return Object.defineProperty(device, "adapterInfo", { value });
}

/** Candidates of a linear layer [64, 48] by [40, 48], and the one that is taken. */
function choiceOf(target: Target) {
  const graph = new Graph(target);
  const [x, weight] = [graph.alloc([64, 48], "x"), graph.alloc([40, 48], "weight")];
  linear(graph, { x, weight });
  const { names, chosen } = graph.dispatches[0]!.choice!;
  return { names: names.map((name) => name.split(" ")[0]), chosen: chosen.split(" ")[0] };
}

describe("the feature of subgroup matrices", () => {
  test("is not asked for unless `subgroupMatrix` is given, nor on a deterministic device", async () => {
    const gpu = await nullAdapters();
    for (const options of [{ gpu }, { gpu, subgroupMatrix, deterministic: true }]) {
      const plain = await Gpu.open(options);
      expect(plain.device.features.has(FEATURE)).toBe(false);
      expect(plain.target.matrixUnits).toBeUndefined();
      plain.dispose();
    }
    const asked = await Gpu.open({ gpu, subgroupMatrix });
    expect(asked.device.features.has(FEATURE)).toBe(true);
    asked.dispose();
  });

  test("changes nothing where an adapter has no use for it", async () => {
    const none = await Gpu.open({ gpu: await nullAdapters(), subgroupMatrix });
    const sums = [{ ...METAL[1]!, componentType: "f16" }]; // in float16: they would overflow
    const halves = await Gpu.open({ device: await deviceWith(sums), subgroupMatrix });
    const odd = await Gpu.open({ device: await deviceWith(METAL, 48), subgroupMatrix });
    const here = await Gpu.open({ gpu: await testAdapters(), subgroupMatrix });
    const isOffered = here.target.matrixUnits !== undefined; // by the adapter that the tests were given
    for (const gpu of [none, halves, odd, ...(isOffered ? [] : [here])]) {
      expect(gpu.target.matrixUnits).toBeUndefined();
      expect(choiceOf(gpu.target).names).not.toContain("subgroup_matrix");
      gpu.check();
      gpu.dispose();
    }
  });

  test("brings candidates where there are units, and takes none of itself", async () => {
    const gpu = await Gpu.open({ device: await deviceWith(METAL), subgroupMatrix });
    expect(gpu.target.matrixUnits?.described).toBe("f32 maps by f32 8×8×8, f16 maps by f32 8×8×8");
    const { names, chosen } = choiceOf(gpu.target);
    expect(names).toEqual(["matmul", "subgroup_matrix", "matmul"]);
    expect(chosen).toBe("matmul");
    gpu.fallBack([{ family: "subgroup_matrix", dtype: "f32", ok: false }]); // a self-test's verdict
    expect(choiceOf(gpu.target).names).toEqual(["matmul", "matmul"]);
    gpu.dispose();
  });

  test("brings none where the compiler knows other words for them, and the device goes on", async () => {
    const device = await deviceWith(METAL);
    const { createShaderModule } = device;
    device.createShaderModule = ({ code, ...rest }) =>
      createShaderModule.call(device, { ...rest, code: code.replace(/row_major/g, "rowwise") });
    const gpu = await Gpu.open({ device, subgroupMatrix });
    expect(gpu.target.matrixUnits).toBeUndefined();
    gpu.check();
    gpu.dispose();
  });
});

const UNIT = { unit: "f32", M: 8, N: 8, K: 8 } as const;

/** The emulated kernels, whose products are a little too small. */
function wrongFamily(): typeof emulatedFamily {
  const [text = ""] = emulatedFamily.text;
  const wrong = text.replace("after[i] += factor", "after[i] += 0.999 * factor");
  expect(wrong).not.toBe(text);
  return { ...emulatedFamily, hash: "wrong", text: [wrong] };
}

describe("a tuning", () => {
  const record = (target: Target) => {
    const graph = new Graph(target);
    linear(graph, { x: graph.alloc([9, 20], "x"), weight: graph.alloc([17, 20], "weight") });
    return graph.dispatches;
  };
  const measured = async (family: typeof emulatedFamily) => {
    const matrixUnits = matrixKernels({ configs: { f32: UNIT }, lanes: 16, family });
    const onUnits = (target: Target) => record({ ...target, matrixUnits });
    const { tuned } = await tune(await testGpu(), onUnits, { runs: 1 });
    const { candidates } = tuned[0]!;
    return candidates.find(({ name }) => name.startsWith("subgroup_matrix "))!.ms;
  };

  test("measures them", async () => expect(await measured(emulatedFamily)).toBeGreaterThan(0));

  test("does not take them where their numbers are wrong", async () => {
    expect(await measured(wrongFamily())).toBeNull();
  });
});

describe("a self-test", () => {
  const tested = (gpu: Gpu) => selfTest(gpu, { families: [subgroupMatrixFamily] });
  const opened = async (family: typeof emulatedFamily, isTested: boolean) => {
    const units = matrixKernels({ configs: { f32: UNIT, f16: UNIT }, lanes: 16, family });
    return Gpu.open({
      gpu: await testAdapters(),
      subgroupMatrix: { feature: "none of its own", find: async () => units },
      selfTest: isTested ? tested : undefined,
    });
  };

  test("runs them", async () => {
    const gpu = await opened(emulatedFamily, false);
    for (const { ok, plain, entryPoints } of await tested(gpu)) {
      expect({ ok, plain }).toEqual({ ok: true, plain: false });
      expect(entryPoints).toContain("subgroup_matrix.product");
    }
    gpu.dispose();
  });

  test("does away with them where they are wrong", async () => {
    const gpu = await opened(wrongFamily(), true);
    expect(gpu.has("shader-f16")).toBe(gpu.device.features.has("shader-f16"));
    expect(choiceOf(gpu.target).names).not.toContain("subgroup_matrix");
    gpu.dispose();
  });
});
