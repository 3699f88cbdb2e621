// Whether a plan fits its device: looked at before anything is allocated.
//
// Three limits: bytes of a storage binding, bytes of a buffer, and, where the device's owner sets one,
// bytes of all buffers together.
import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Dispatch } from "./graph.ts";
import { type Plan, planMemory } from "./plan.ts";
import { ALIGNMENT, alignUp, bytesOf, type ResidentBuffer, type Tensor } from "./tensor.ts";

/** What does not fit. */
export interface Misfit {
  /** the rule and the values */
  message: string;
  allowed: number;
  needed: number;
  /** of both: what is there already, whatever the batch */
  fixed: number;
}

/** What is planned. */
export interface Planned {
  dispatches: readonly Dispatch[];
  plan: Plan;
}

/** The first limit that a plan exceeds. */
export function misfitOf(gpu: Gpu, { dispatches, plan }: Planned): Misfit | undefined {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
  const tensors = new Set(dispatches.flatMap((one) => one.tensors.map(({ tensor }) => tensor)));
  const bound = [...tensors].sort((a, b) => bytesOf(b) - bytesOf(a));
  const residents = residentsOf(dispatches);
  const largest = `The largest: ${bound.slice(0, 3).map(told).join(", ")}.`;
  const misfit = (rule: string, allowed: number, needed: number, fixed = 0): Misfit | undefined =>
    needed <= allowed ? undefined : { message: `${rule}. ${largest}`, allowed, needed, fixed };

  const most = Math.max(0, ...bound.slice(0, 1).map(bytesOf));
  const binding = misfit(
    `this adapter allows ${bytesText(maxStorageBufferBindingSize)} per storage binding, ` +
      `"${bound[0]?.label}" needs ${bytesText(most)}`,
    maxStorageBufferBindingSize,
    most,
  );
  const buffer = Math.max(0, ...plan.banks, ...residents.map(({ size }) => size));
  const bank = misfit(
    `this adapter allows buffers of ${bytesText(maxBufferSize)}, the plan needs one of ` +
      `${bytesText(buffer)} (${bytesText(plan.report.peakBytes)} of activations in all)`,
    maxBufferSize,
    buffer,
  );
  const all = allBytes(gpu, { dispatches, plan }, residents);
  const limit = gpu.memoryLimit ?? Number.POSITIVE_INFINITY;
  const memory = misfit(
    `memoryLimit is ${bytesText(limit)}, all buffers together would need ${bytesText(all)} ` +
      `(${bytesText(plan.report.peakBytes)} of them activations)`,
    limit,
    all,
    gpu.counters.bufferBytes,
  );
  return binding ?? bank ?? memory;
}

/** Whether dispatches fit a device, planned as they are. */
export const fits = (gpu: Gpu, dispatches: readonly Dispatch[]): boolean =>
  misfitOf(gpu, { dispatches, plan: planMemory(dispatches) }) === undefined;

/**
 * Refuses what the device cannot hold.
 *
 * @param cure  says what would fit; asked where something does not
 * @throws DeviceError device/too-large
 */
export function requireFits(
  gpu: Gpu,
  label: string,
  planned: Planned,
  cure: (misfit: Misfit) => string = () => "Lower the batch, the image size or the channels.",
): void {
  const misfit = misfitOf(gpu, planned);
  if (!misfit) return;
  throw new DeviceError("device/too-large", `${label}: ${misfit.message}`, cure(misfit));
}

/** Bytes of uniforms, each at a place of its own. */
export const uniformBytes = (dispatches: readonly Dispatch[]): number =>
  dispatches
    .flatMap(({ uniforms }) => uniforms)
    .reduce((total, { data }) => total + alignUp(data.byteLength), ALIGNMENT);

/** The resident buffers that dispatches use. */
export function residentsOf(dispatches: readonly Dispatch[]): ResidentBuffer[] {
  const homes = dispatches.flatMap(({ tensors }) => tensors.map(({ tensor }) => tensor.home));
  const buffers = homes.filter((home) => home !== undefined).map(({ buffer }) => buffer);
  return [...new Set(buffers)];
}

/** What is there, and what the plan adds to it. */
function allBytes(
  gpu: Gpu,
  { dispatches, plan }: Planned,
  residents: readonly ResidentBuffer[],
): number {
  const added = residents.filter((buffer) => !buffer.isIn(gpu)).map(({ size }) => size);
  const sizes = [gpu.counters.bufferBytes, plan.report.peakBytes, uniformBytes(dispatches)];
  return [...sizes, ...added].reduce((total, size) => total + size, 0);
}

const told = (tensor: Tensor): string =>
  `"${tensor.label}" [${tensor.shape}] ${bytesText(bytesOf(tensor))}`;

/** In the unit that suits. */
function bytesText(bytes: number): string {
  const mib = bytes / 2 ** 20;
  if (mib < 1) return `${Math.ceil(bytes / 1024)} KiB`;
  return `${mib < 10 ? mib.toFixed(1) : Math.round(mib)} MiB`;
}
