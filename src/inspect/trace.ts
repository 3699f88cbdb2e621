// A profile as a Chrome trace, for Perfetto and chrome://tracing.
//
// Format: "Trace Event Format", the JSON object form: complete events (ph X) on named tracks, and a
// counter (ph C); times are microseconds.
import type { MemoryMap } from "./memory_map.ts";
import { liveBytes } from "./memory_map.ts";
import type { Profile } from "./profile.ts";

/** What the host did before the first run, in ms, in this order. */
export interface HostTimes {
  record_and_compile: number;
}

type Event = Record<string, unknown>;

const PROCESS = 1;
const TRACKS = { host: 1, gpu: 2 } as const;

/** @returns JSON text */
export function chromeTrace(profile: Profile, memory: MemoryMap, host: HostTimes): string {
  const names = Object.entries(TRACKS).map(
    ([name, tid]): Event => ({
      ph: "M",
      name: "thread_name",
      pid: PROCESS,
      tid,
      args: { name },
    }),
  );
  const preparation = Object.entries(host).map(
    ([name, ms]): Event => complete(name, TRACKS.host, 0, ms * 1000),
  );
  const start = Object.values(host).reduce((sum, ms) => sum + ms * 1000, 0);
  const alive = liveBytes(memory.tensors, memory.dispatches);
  const events: Event[] = [];
  let at = start;
  for (const { label, index, phase, workgroups, ms, flops, bytes } of profile.dispatches) {
    const args = { index, phase, workgroups: workgroups.join(" × "), flops, bytes };
    events.push({ ...complete(label, TRACKS.gpu, at, ms * 1000), args });
    const counted = { activations: alive[index] };
    events.push({ ph: "C", name: "live bytes", pid: PROCESS, ts: at, args: counted });
    at += ms * 1000;
  }
  return JSON.stringify({
    displayTimeUnit: "ms",
    traceEvents: [
      { ph: "M", name: "process_name", pid: PROCESS, args: { name: "wgsl-diffusion" } },
      ...names,
      ...preparation,
      ...events,
    ],
  });
}

const complete = (name: string, tid: number, ts: number, dur: number): Event => ({
  ph: "X",
  name,
  cat: tid === TRACKS.gpu ? "gpu" : "host",
  pid: PROCESS,
  tid,
  ts,
  dur,
});
