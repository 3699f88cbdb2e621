// What a device is, and whether it computes what it should: the part of `doctor` that needs no Node.
//
// A page and a process make the same object of it: plain data, for JSON.
import { Gpu, WANTED_LIMITS } from "../device/gpu.ts";
import { subgroupMatrix } from "../kernels/subgroup_matrix.ts";
import { type ReplacementSource, replacementFamily } from "./replace.ts";
import { type SelfTestOptions, type SelfTestResult, selfTest } from "./self_test.ts";

export interface DeviceReport {
  /** what WebGPU tells of it; empty where a browser keeps it to itself */
  adapter: {
    vendor: string;
    architecture: string;
    device: string;
    description: string;
    isFallbackAdapter: boolean;
    /** which software adapter it is, if it is one that we know */
    software: "swiftshader" | "llvmpipe" | null;
  };
  /** all that the device has, sorted */
  features: string[];
  /** those that are asked for when it is opened */
  limits: Record<LimitName, number>;
  /** what launchers choose their variants by */
  target: {
    subgroupSize: number;
    software: "swiftshader" | "llvmpipe" | null;
    /** what its matrix units multiply, where they were asked for */
    matrixUnits: string | null;
  };
  selfTest: SelfTestResult[];
  /** every family is right here, if need be with its plain variants */
  ok: boolean;
}

type LimitName = (typeof WANTED_LIMITS)[number];

/**
 * Describes a device and tests every kernel family on it; those that are wrong fall back to their
 * plain variants, and are tested again. Does not throw for a family that fails.
 */
export async function deviceReport(gpu: Gpu, options: SelfTestOptions = {}): Promise<DeviceReport> {
  const { vendor, architecture, device, description, isFallbackAdapter } = gpu.info;
  const { subgroupSize, software: known } = gpu.target;
  const software = known ?? null;
  const tuned = await selfTest(gpu, options);
  const results = gpu.fallBack(tuned) ? await selfTest(gpu, options) : tuned;
  const limits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, gpu.limits[name]]));
  return {
    adapter: { vendor, architecture, device, description, isFallbackAdapter, software },
    features: [...gpu.device.features].sort(),
    limits: limits as Record<LimitName, number>,
    target: { subgroupSize, software, matrixUnits: gpu.target.matrixUnits?.described ?? null },
    selfTest: results,
    ok: results.every(({ ok }) => ok),
  };
}

/**
 * Opens a device as every program of this package does, reports on it, and frees it.
 *
 * @param gpu          where adapters come from; default `navigator.gpu`
 * @param replacement  a shader's source to test in the place of its own
 * @param onUnits      tests kernels on matrix units too, where the adapter has any; default false
 * @throws DeviceError device/unsupported, device/no-adapter; OptionError option/replacement
 */
export async function openDeviceReport(
  gpu?: GPU,
  replacement?: ReplacementSource,
  onUnits = false,
): Promise<DeviceReport> {
  const opened = await Gpu.open({ gpu, subgroupMatrix: onUnits ? subgroupMatrix : undefined });
  try {
    if (replacement) opened.pipelines.replace(replacementFamily(opened, replacement));
    return await deviceReport(opened);
  } finally {
    opened.dispose();
  }
}
