// Which Vulkan driver Dawn finds in Node, on Linux: decided by environment variables and by the
// Vulkan loader that is in the process when Dawn makes its instance.
//
// A Candidate is a driver to try. Dawn reads the environment once for each create(), at the first
// requestAdapter(); so several drivers can be tried in one process, and afterwards the environment
// is put back, or child processes would inherit the choice.
import { existsSync, readdirSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { DeviceError } from "../core/errors.ts";
import { packagedBinariesRun, unpackSwiftshader } from "./unpack.ts";

export type Driver = "system" | "swiftshader" | "lavapipe" | "null";

/** A Vulkan driver to try, and how to know that it is the one that answered. */
export interface Candidate {
  driver: Driver;
  /** why this driver is tried, for people: a part of a sentence */
  reason: string;
  environment: Record<string, string>;
  accepts(info: GPUAdapterInfo): boolean;
}

const RTLD_NODELETE = 0x1000; // not in os.constants: keep the library when Node closes its handle

/** The drivers to try on Linux, best first; SwiftShader is not unpacked before it is its turn. */
export async function* candidates(adapter: "auto" | Driver): AsyncGenerator<Candidate, void> {
  if (adapter === "swiftshader") return yield await swiftshader("asked for");
  if (adapter === "lavapipe") return yield lavapipe();
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  const chosen = VK_DRIVER_FILES || VK_ICD_FILENAMES;
  if (chosen) {
    const name = VK_DRIVER_FILES ? "VK_DRIVER_FILES" : "VK_ICD_FILENAMES";
    const reason = `${name} names ${chosen}`;
    return yield { driver: "system", reason, environment: {}, accepts: () => true };
  }
  const hasPackaged = adapter !== "system" && packagedBinariesRun();
  if (hasGpuNode() || !hasPackaged) yield hardware();
  if (hasPackaged) yield await swiftshader("no GPU of the system answers");
}

/** Loads the system's Vulkan loader, or where there is none the packaged one. */
export async function loadVulkanLoader(): Promise<void> {
  if (opens("libvulkan.so.1") || !packagedBinariesRun()) return;
  const { loader } = await unpackSwiftshader();
  if (opens(loader)) return;
  throw new DeviceError(
    "device/no-driver",
    `openGpu: the Vulkan loader ${loader} cannot be loaded.`,
    "Is the folder mounted noexec? Name another in WGSL_DIFFUSION_CACHE.",
  );
}

/** Runs `body` with these environment variables, and puts the old ones back. */
export async function withEnvironment<T>(
  variables: Record<string, string>,
  body: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await body();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** Whether the library is in the process now. dlopen of what is no Node addon always throws. */
function opens(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
    return true;
  } catch (error) {
    return String(error).includes("did not self-register"); // loaded, and no addon: as wanted
  }
}

async function swiftshader(reason: string): Promise<Candidate> {
  const { icd } = await unpackSwiftshader();
  const accepts = (info: GPUAdapterInfo) => info.architecture === "swiftshader";
  return { driver: "swiftshader", reason, environment: onlyDriver(icd), accepts };
}

function lavapipe(): Candidate {
  const folders = [
    "/etc",
    ...(process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(delimiter),
  ];
  const icd = folders
    .map((folder) => join(folder, "vulkan/icd.d"))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .find((file) => /\/lvp_icd[^/]*\.json$/.test(file));
  if (!icd) {
    throw new DeviceError(
      "device/no-driver",
      `openGpu: lavapipe is not installed: no lvp_icd.json in vulkan/icd.d of ${folders.join(", ")}.`,
      "Install Mesa 24 or newer (Debian 12: mesa-vulkan-drivers from bookworm-backports), or use swiftshader.",
    );
  }
  const accepts = (info: GPUAdapterInfo) => /llvmpipe/.test(`${info.device} ${info.description}`);
  return { driver: "lavapipe", reason: "asked for", environment: onlyDriver(icd), accepts };
}

function hardware(): Candidate {
  return {
    driver: "system",
    reason: "the system's GPU",
    // Without lavapipe, whose start costs a third of a second and a warning.
    environment: { ...sessionFolder(), VK_LOADER_DRIVERS_DISABLE: "lvp_icd*" },
    accepts: (info) => !info.isFallbackAdapter,
  };
}

/** Both names, for the newer one wins; and no layers, so that every machine runs the same. */
function onlyDriver(icd: string): Record<string, string> {
  return {
    ...sessionFolder(),
    VK_ICD_FILENAMES: icd,
    VK_DRIVER_FILES: icd,
    VK_LOADER_LAYERS_DISABLE: "~implicit~",
  };
}

/** Mesa complains where no session folder is named. */
function sessionFolder(): Record<string, string> {
  return { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR || tmpdir() };
}

/** Whether the kernel shows a GPU: a DRM render node, NVIDIA's, WSL's, Mali's or Adreno's device. */
function hasGpuNode(): boolean {
  const names = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  return (
    names("/dev/dri").some((name) => name.startsWith("renderD")) ||
    names("/dev").some((name) => /^(nvidia\d+|dxg|mali\d+|kgsl-3d0)$/.test(name))
  );
}
