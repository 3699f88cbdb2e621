// What an engine asks of WebGPU, counted below it: dispatches, and bytes of buffers not yet destroyed.
//
// Buffers that are dropped without destroy() count as live. WebGL is not seen.

export interface GpuCounts {
  dispatches: number;
  /** largest sum of live buffers so far */
  gpu_bytes: number;
}

/** Starts to count; call it before the engine asks for a device. */
export function countGpu(): () => GpuCounts {
  const live = new Map<GPUBuffer, number>();
  let [dispatches, bytes, peak] = [0, 0, 0];

  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    live.set(buffer, descriptor.size);
    bytes += descriptor.size;
    peak = Math.max(peak, bytes);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    bytes -= live.get(this) ?? 0;
    live.delete(this);
    return destroy.call(this);
  };
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (x, y, z) {
    dispatches++;
    return dispatchWorkgroups.call(this, x, y, z);
  };
  GPUComputePassEncoder.prototype.dispatchWorkgroupsIndirect = function (buffer, offset) {
    dispatches++;
    return dispatchWorkgroupsIndirect.call(this, buffer, offset);
  };
  return () => ({ dispatches, gpu_bytes: peak });
}
