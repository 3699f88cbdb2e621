// A device one of whose buffers cannot be made: thrown at once, or told by the error scopes.
import type { Gpu } from "../../src/device/gpu.ts";

export type AllocationFault = "throws" | "out-of-memory" | "validation";

export interface Injected {
  /** buffers, or promises, asked for so far */
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

/** Calls `action` when the device is asked for its n-th promise from now on, counted from 0. */
export function atWait(gpu: Gpu, n: number, action: () => void): Injected {
  const { device } = gpu;
  const { queue } = device;
  const probe = device.createBuffer({ size: 4, usage: 8 });
  const buffers: GPUBuffer = Object.getPrototypeOf(probe); // of all that there are
  const { mapAsync } = buffers;
  probe.destroy();
  const createPipeline = device.createComputePipelineAsync.bind(device);
  const popErrorScope = device.popErrorScope.bind(device);
  const onSubmittedWorkDone = queue.onSubmittedWorkDone.bind(queue);
  let asked = 0;
  const seen = <T>(promise: Promise<T>): Promise<T> => {
    if (asked++ === n) action();
    return promise;
  };
  Object.assign(device, {
    createComputePipelineAsync: (given: GPUComputePipelineDescriptor) =>
      seen(createPipeline(given)),
    popErrorScope: () => seen(popErrorScope()),
  });
  Object.assign(queue, { onSubmittedWorkDone: () => seen(onSubmittedWorkDone()) });
  buffers.mapAsync = function (this: GPUBuffer, ...given) {
    return seen(mapAsync.apply(this, given));
  };
  return {
    get asked() {
      return asked;
    },
    restore() {
      Object.assign(device, { popErrorScope, createComputePipelineAsync: createPipeline });
      buffers.mapAsync = mapAsync;
      Object.assign(queue, { onSubmittedWorkDone });
    },
  };
}
