// All records on one device: what `npm run conformance` makes a column of its table from.
//
// Runs in Node, in a page and in Deno: no test framework, no file.
import type { Gpu } from "../../src/device/gpu.ts";
import { entryOf, isHalf, labelOf, type MapDtype } from "../../src/device/shader.ts";
import { mapInputs, runSample, targetsOf } from "../kernels/records/conform.ts";
import type { KernelInfo } from "../kernels/records/record.ts";
import { RECORDS } from "../kernels/records/records.ts";
import { VARIANTS } from "./variants.ts";

export interface FamilyResult {
  family: string;
  dtype: MapDtype;
  /** samples times the targets on which they launch different variants */
  runs: number;
  /** the worst error as a part of what is allowed */
  worst: number;
  /** the sample and the output that it was the worst of */
  where: string;
  faults: string[];
}

export interface DeviceResult {
  adapter: string;
  subgroupSize: number;
  /** pipelines that compiled; those that need a feature the device lacks are not asked for */
  compiled: number;
  variants: number;
  families: FamilyResult[];
  /** what did not compile */
  faults: string[];
  seconds: number;
}

/** @param report  is told of each part when it is done */
export async function conform(
  gpu: Gpu,
  report: (line: string) => void = () => {},
): Promise<DeviceResult> {
  const start = performance.now();
  const { vendor, architecture, device, description } = gpu.info;
  const { compiled, faults } = await compileAll(gpu);
  const families: FamilyResult[] = [];
  report(`${compiled} pipelines compiled`);
  for (const info of RECORDS) {
    if (info.family === "subgroup_matrix") continue; // the device is opened without their feature
    for (const dtype of info.dtypes) {
      if (dtype === "f16" && !gpu.has("shader-f16")) continue;
      const result = await runFamily(gpu, info, dtype);
      families.push(result);
      report(`${info.family} ${dtype}: ${result.runs} runs, ${result.faults.length} faults`);
    }
  }
  return {
    adapter: description || [vendor, architecture, device].filter(Boolean).join(" "),
    subgroupSize: gpu.target.subgroupSize,
    compiled,
    variants: VARIANTS.length,
    families,
    faults,
    seconds: Math.round((performance.now() - start) / 1000),
  };
}

/** Compiles every variant that the device has the features for. */
async function compileAll(gpu: Gpu): Promise<{ compiled: number; faults: string[] }> {
  const faults: string[] = [];
  const able = VARIANTS.filter((variant) => {
    const { LANES } = variant.constants;
    if (entryOf(variant).matrices) return false; // likewise
    if (isHalf(variant) && !gpu.has("shader-f16")) return false;
    if (!entryOf(variant).subgroups) return true;
    return gpu.has("subgroups") && (LANES ?? gpu.target.subgroupSize) === gpu.target.subgroupSize;
  });
  for (const variant of able) {
    gpu.device.pushErrorScope("validation"); // or the device would count as failed from here on
    try {
      await gpu.pipelines.get(variant);
    } catch (cause) {
      faults.push(`${labelOf(variant)}: ${cause instanceof Error ? cause.message : cause}`);
    }
    await gpu.device.popErrorScope();
  }
  return { compiled: able.length - faults.length, faults };
}

async function runFamily(gpu: Gpu, info: KernelInfo, dtype: MapDtype): Promise<FamilyResult> {
  const { family } = info;
  const result: FamilyResult = { family, dtype, runs: 0, worst: 0, where: "", faults: [] };
  for (const sample of info.samples()) {
    if (dtype === "f16" && mapInputs(sample).length === 0) continue;
    for (const target of targetsOf(gpu, sample)) {
      result.runs++;
      try {
        const { worst, output, faults } = await runSample({ gpu, target, dtype }, info, sample);
        result.faults.push(...faults.map((fault) => `${sample.name}: ${fault}`));
        if (!(worst > result.worst)) continue;
        result.worst = worst;
        result.where = `${sample.name}: ${output}`;
      } catch (cause) {
        result.faults.push(`${sample.name}: ${cause instanceof Error ? cause.message : cause}`);
      }
    }
  }
  return result;
}
