// The door to a GPU in Node: Dawn, from the npm package `webgpu`.
//
// Vulkan's driver is chosen before Dawn makes its instance (./vulkan.ts); on macOS and Windows Dawn
// finds Metal and Direct3D 12 by itself. Nothing is touched at import. openGpu() puts WebGPU's
// constants and classes on globalThis where they are missing, and nothing else: never `navigator`.
//
// To leave a process: settle what is pending, then process.exit(code). Dawn dies with a segfault
// when its GPU object is collected before its work is done, so this module keeps every one.
import { DeviceError, OptionError } from "../core/errors.ts";
import {
  type Candidate,
  candidates,
  type Driver,
  loadVulkanLoader,
  withEnvironment,
} from "./vulkan.ts";

export interface OpenGpuOptions {
  /**
   * `auto` (default): the driver in VK_DRIVER_FILES or VK_ICD_FILENAMES, else the system's GPU, else
   * SwiftShader. The others by name. `null` compiles and validates, and computes nothing.
   * The environment variable WGSL_DIFFUSION_ADAPTER says what is used where this is left out.
   */
  adapter?: "auto" | Driver;
  /** Offer shader-f16 on NVIDIA too, where Dawn hides it on Vulkan. Default true. */
  f16?: boolean;
  /** More of Dawn's toggles: for benchmarks that own every command, say `skip_validation`. */
  enable?: readonly string[];
  disable?: readonly string[];
}

export interface OpenedGpu {
  gpu: GPU;
  driver: Driver;
  /** which driver, and why, in words */
  reason: string;
  /** Dawn's toggles */
  flags: readonly string[];
  /** WebGPU's classes and constants: GPUBufferUsage, GPUMapMode, GPUDevice, ... */
  globals: Record<string, unknown>;
}

type Finished = Omit<OpenedGpu, "flags">;

type Dawn = { create(options: string[]): GPU; globals: object };

const NAMES = ["auto", "system", "swiftshader", "lavapipe", "null"] as const;
const opened = new Map<string, Promise<OpenedGpu>>(); // never emptied: see above
const devices = new Set<GPUDevice>(); // those not lost or destroyed
let last: Promise<unknown> = Promise.resolve(); // one at a time: the environment is shared

/**
 * Opens a GPU in Node. Calls with the same options share one GPU object.
 *
 * @throws DeviceError device/no-dawn     the package `webgpu` is missing or does not load
 * @throws DeviceError device/no-driver   the driver asked for is not installed
 * @throws DeviceError device/no-adapter  no driver gives an adapter
 * @throws OptionError                    an unknown adapter name
 */
export function openGpu(options: OpenGpuOptions = {}): Promise<OpenedGpu> {
  const { f16 = true, enable = [], disable = [] } = options;
  const adapter = adapterName(options.adapter ?? (process.env.WGSL_DIFFUSION_ADAPTER || undefined));
  const toggles = dawnToggles(f16, enable, disable);
  const key = JSON.stringify([adapter, toggles]);
  const known = opened.get(key);
  if (known) return known;

  const opening = last
    .then(() => open(adapter, toggles))
    .then((one) => ({ ...one, flags: toggles }));
  last = opening.catch(() => {});
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return opening;
}

async function open(adapter: "auto" | Driver, toggles: string[]): Promise<Finished> {
  if (adapter === "null") {
    const gpu = (await loadDawn()).create(["backend=null", ...toggles]);
    return finish(gpu, "null", "asked for: it validates and compiles, and computes nothing");
  }
  if (process.platform !== "linux") return openNative(adapter, toggles);

  const tried: string[] = [];
  for await (const candidate of candidates(adapter)) {
    const gpu = await tryDriver(candidate, toggles, tried);
    if (gpu) return finish(gpu, candidate.driver, candidate.reason);
  }
  throw new DeviceError(
    "device/no-adapter",
    `openGpu: no Vulkan driver gives an adapter; tried ${tried.join(", then ")}.`,
    "Look at it with `vulkaninfo`. In a worker thread the driver cannot be chosen: open the GPU in the main thread or a child process.",
  );
}

/** macOS and Windows: Dawn has one driver there, the system's. */
async function openNative(adapter: "auto" | Driver, toggles: string[]): Promise<Finished> {
  if (adapter === "swiftshader" || adapter === "lavapipe") {
    throw new DeviceError(
      "device/no-driver",
      `openGpu: ${adapter} is a driver for Linux, this is ${process.platform}.`,
      'Leave the adapter at "auto".',
    );
  }
  return finish((await loadDawn()).create(toggles), "system", "the system's GPU");
}

/** A GPU object whose first adapter is this driver's, or null. */
async function tryDriver(candidate: Candidate, toggles: string[], tried: string[]) {
  const { environment, driver, reason, accepts } = candidate;
  return withEnvironment(environment, async () => {
    await loadVulkanLoader();
    const gpu = (await loadDawn()).create(["backend=vulkan", ...toggles]);
    const adapter = await gpu.requestAdapter(); // here the instance is made, and the drivers are read
    if (adapter && accepts(adapter.info)) return gpu;
    tried.push(`${driver} (${reason}; it gave ${adapter?.info.description || "none"})`);
    rejected.push(gpu);
    return null;
  });
}

const rejected: GPU[] = []; // collected, they could take Dawn's threads with them

async function finish(gpu: GPU, driver: Driver, reason: string): Promise<Finished> {
  const { globals } = await loadDawn();
  for (const [name, value] of Object.entries(globals)) {
    if (name in globalThis) continue;
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  keepDevices(globals);
  brakeWaiting(globals);
  return { gpu, driver, reason, globals: { ...globals } };
}

/**
 * A GPUDevice that is collected takes its buffers' pending maps with it (AbortError, and `lost` says
 * nothing); in a page it does not. So every device is kept until it is destroyed or lost.
 */
function keepDevices(globals: object) {
  const kept = Symbol.for("wgsl-diffusion.keepDevices");
  const { GPUAdapter } = globals as { GPUAdapter: { prototype: GPUAdapter & { [kept]?: true } } };
  if (GPUAdapter.prototype[kept]) return;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, ...descriptor) {
    const device = await requestDevice.apply(this, descriptor);
    devices.add(device);
    device.lost.then(() => devices.delete(device));
    return device;
  };
  GPUAdapter.prototype[kept] = true;
}

const patched = Symbol.for("wgsl-diffusion.brakeWaiting");
const asleep = new Int32Array(new SharedArrayBuffer(4));
const NAP_MS = 1;
let pending = 0;
let isNapping = false;

/**
 * While a promise of Dawn's is pending, Node's loop turns without rest to ask after it, and takes a
 * core from the software GPU that the promise waits for. So the loop naps a millisecond a turn then.
 */
function brakeWaiting(globals: object) {
  const { GPUBuffer, GPUQueue, GPUDevice } = globals as Record<string, { prototype: object }>;
  const waits = [
    [GPUBuffer, "mapAsync"],
    [GPUQueue, "onSubmittedWorkDone"],
    [GPUDevice, "createComputePipelineAsync"],
    [GPUDevice, "popErrorScope"],
  ] as const;
  for (const [type, name] of waits) {
    const prototype = type?.prototype as Record<string | symbol, unknown> | undefined;
    const method = prototype?.[name];
    if (!prototype || typeof method !== "function" || Object.hasOwn(method, patched)) continue;
    const braked = function (this: unknown, ...given: unknown[]) {
      return napping(Reflect.apply(method, this, given));
    };
    prototype[name] = Object.assign(braked, { [patched]: true });
  }
}

function napping<T>(promise: Promise<T>): Promise<T> {
  pending++;
  if (!isNapping) setImmediate(nap); // one chain of naps, however many wait
  isNapping = true;
  return promise.finally(() => pending--);
}

function nap(): void {
  isNapping = pending > 0;
  if (!isNapping) return;
  Atomics.wait(asleep, 0, 0, NAP_MS);
  setImmediate(nap);
}

async function loadDawn(): Promise<Dawn> {
  try {
    return await import("webgpu");
  } catch (cause) {
    throw new DeviceError(
      "device/no-dawn",
      `openGpu: the npm package \`webgpu\` cannot be loaded here: ${(cause as Error).message}.`,
      "Run `npm install webgpu`; it needs Node 20 or newer on Linux (glibc), macOS or Windows.",
      { cause },
    );
  }
}

function dawnToggles(f16: boolean, enable: readonly string[], disable: readonly string[]) {
  const on = ["allow_unsafe_apis", ...(f16 ? ["vulkan_enable_f16_on_nvidia"] : []), ...enable];
  const off = ["timestamp_quantization", ...disable];
  return [`enable-dawn-features=${on}`, `disable-dawn-features=${off}`];
}

function adapterName(name: string = "auto"): "auto" | Driver {
  const known = NAMES.find((each) => each === name);
  if (known) return known;
  throw new OptionError(
    "option/adapter",
    `openGpu: adapter must be one of ${NAMES.join(", ")}, got "${name}".`,
    "It is the option `adapter`, or the environment variable WGSL_DIFFUSION_ADAPTER.",
  );
}
