// Asks for a device with all that it can give: the features and limits that kernels use.
import { DeviceError } from "../core/errors.ts";

export interface DeviceSource {
  /** where adapters come from; default `navigator.gpu` */
  gpu?: GPU | undefined;
  /** default "high-performance" */
  powerPreference?: GPUPowerPreference | undefined;
}

const WANTED_FEATURES = ["shader-f16", "subgroups", "timestamp-query"];

/** Limits that larger models and tiles use; each is asked for as large as the adapter has it. */
export const WANTED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/**
 * Asks twice before it gives up: a browser whose GPU process has just gone starts another.
 *
 * @param features  to ask for beside the usual ones, where the adapter has them
 * @throws DeviceError device/unsupported (no WebGPU here), device/no-adapter, device/lost
 */
export async function newDevice(
  { gpu, powerPreference = "high-performance" }: DeviceSource,
  features: readonly string[] = [],
): Promise<GPUDevice> {
  const source = gpu ?? globalThis.navigator?.gpu;
  if (!source) {
    throw new DeviceError(
      "device/unsupported",
      "Gpu: there is no WebGPU here (navigator.gpu is missing).",
      "Use https or localhost and a browser with WebGPU; in Node, the entry wgsl-diffusion/node.",
    );
  }
  const ask = async () => {
    const adapter = await source.requestAdapter({ powerPreference });
    if (!adapter) throw noAdapter();
    return requestDevice(adapter, [...WANTED_FEATURES, ...features]);
  };
  return ask().catch(ask);
}

async function requestDevice(adapter: GPUAdapter, features: readonly string[]): Promise<GPUDevice> {
  const requiredFeatures = features.filter((name): name is GPUFeatureName =>
    adapter.features.has(name),
  );
  const requiredLimits = Object.fromEntries(
    WANTED_LIMITS.map((name) => [name, adapter.limits[name]]),
  );
  try {
    return await adapter.requestDevice({
      label: "wgsl-diffusion",
      requiredFeatures,
      requiredLimits,
    });
  } catch (cause) {
    throw new DeviceError(
      "device/lost",
      `Gpu: the adapter went before it gave a device: ${(cause as Error).message}`,
      "Reload the page, or start the program again.",
      { cause },
    );
  }
}

const noAdapter = (): DeviceError =>
  new DeviceError(
    "device/no-adapter",
    "Gpu: WebGPU is here, but gives no adapter.",
    "Update the GPU's driver; if a device was lost before, reload the page.",
  );
