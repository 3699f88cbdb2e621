// Programs as they are measured and tested: timed, profiled, poisoned. What only runs them carries none
// of it.
import { Timestamps } from "../device/timestamps.ts";
import type { Program } from "./program.ts";

/**
 * Runs a program `times` times and waits.
 *
 * @returns milliseconds a run, host and GPU together
 * @throws DeviceError if the device failed
 */
export async function timedRun(program: Program, times = 1): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) program.run();
  await program.gpu.idle();
  return (performance.now() - start) / times;
}

/**
 * Runs a program once with a pass for each dispatch, and times each on the GPU.
 *
 * @param repeats  how often each dispatch runs in its pass; default once, whose effect is that of run()
 * @returns nanoseconds a pass, in order
 * @throws DeviceError device/feature without the feature timestamp-query
 */
export async function timedPasses(
  { gpu, label, commands }: Program,
  repeats: readonly number[] = [],
): Promise<Float64Array> {
  const stamps = new Timestamps(gpu, commands.length);
  const encoder = gpu.device.createCommandEncoder({ label: `${label}.profile` });
  for (const [i, { pipeline, group, workgroups }] of commands.entries()) {
    const pass = encoder.beginComputePass({ timestampWrites: stamps.writes(i) });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let k = repeats[i] ?? 1; k > 0; k--) pass.dispatchWorkgroups(...workgroups);
    pass.end();
  }
  return stamps.durations(encoder);
}

/** Fills a program's banks with NaN, so that a test sees what a kernel left unwritten. */
export function poison({ gpu, banks }: Program): void {
  for (const bank of banks) {
    const words = new Uint32Array(bank.size / 4).fill(0xffffffff); // in float16 too
    gpu.device.queue.writeBuffer(bank, 0, words);
  }
}
