// The door to Node: all of the public API, and a GPU from Dawn.
import { Gpu, type GpuOptions } from "./device/gpu.ts";
import { type OpenGpuOptions, openGpu } from "./platform/node_gpu.ts";

export { readSafetensors, toFloat32, toNumbers } from "./formats/safetensors.ts";
export * from "./index.ts";
export { openFile, readBytes, readBytesIfAny, writeFolder } from "./platform/files.ts";
export { filesAt } from "./platform/folder_files.ts";
export { FolderStorage } from "./platform/folder_storage.ts";
export type { OpenGpuOptions } from "./platform/node_gpu.ts";
export { sharpPicture } from "./platform/sharp_picture.ts";
export { shippedChoices } from "./platform/shipped_choices.ts";

/**
 * The machine's GPU: the system's driver, else the SwiftShader that npm brought.
 *
 * @param options  where it is sought, `deterministic` and `subgroupMatrix` as for `Gpu.open`
 * @throws DeviceError as `openGpu` does
 */
export async function nodeGpu({
  deterministic,
  subgroupMatrix,
  ...options
}: OpenGpuOptions & Pick<GpuOptions, "deterministic" | "subgroupMatrix"> = {}): Promise<Gpu> {
  const { gpu } = await openGpu(options);
  return Gpu.open({ gpu, deterministic, subgroupMatrix });
}
