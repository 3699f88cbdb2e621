// A device one of whose buffers cannot be made: thrown at once, or told by the error scopes.
import type { Gpu } from "../../src/device/gpu.ts";

export type AllocationFault = "throws" | "out-of-memory" | "validation";

export interface Injected {
  /** buffers asked for so far */
  readonly asked: number;
  /** the device is as it was */
  restore(): void;
}

/** Makes the n-th buffer from now on fail, counted from 0. */
export function failBuffer(gpu: Gpu, n: number, fault: AllocationFault): Injected {
  const device = gpu.device;
  const real = {
    createBuffer: device.createBuffer.bind(device),
    pushErrorScope: device.pushErrorScope.bind(device),
    popErrorScope: device.popErrorScope.bind(device),
  };
  const filters: GPUErrorFilter[] = [];
  let asked = 0;
  let isPending = false;
  Object.assign(device, {
    createBuffer(descriptor: GPUBufferDescriptor) {
      const isHit = asked++ === n;
      if (isHit && fault === "throws") throw new RangeError("no memory");
      isPending ||= isHit;
      return real.createBuffer(descriptor);
    },
    pushErrorScope(filter: GPUErrorFilter) {
      filters.push(filter);
      real.pushErrorScope(filter);
    },
    async popErrorScope() {
      const isHit = filters.pop() === fault && isPending;
      if (isHit) isPending = false;
      const error = await real.popErrorScope();
      return isHit ? { message: "injected" } : error;
    },
  });
  return {
    get asked() {
      return asked;
    },
    restore: () => void Object.assign(device, real),
  };
}

/** Error scopes that were pushed and not popped. */
export async function scopesLeft(gpu: Gpu): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await gpu.device.popErrorScope();
    } catch {
      return count;
    }
  }
}
