// A profile as a Chrome trace, for Perfetto and chrome://tracing.
//
// Format: "Trace Event Format", the JSON object form: complete events (ph X) on named tracks, and a
// counter (ph C); times are microseconds.
import type { MemoryMap } from "./memory_map.ts";
import { liveBytes } from "./memory_map.ts";
import type { Profile } from "./profile.ts";

/** What the host did for one run, in ms, in this order: once before it, then for the run itself. */
export interface HostTimes {
  /** layers, kernels and derivatives, into the graph */
  record: number;
  plan: number;
  /** until all pipelines were there */
  compile: number;
  bind: number;
  encode: number;
  submit: number;
  /** waiting for the GPU, and copying a result back */
  read_back: number;
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
  let end = 0;
  const onHost = Object.entries(host).map(([name, ms]): Event => {
    end += ms * 1000;
    return complete(name, TRACKS.host, end - ms * 1000, ms * 1000);
  });
  const start = end - host.read_back * 1000; // the GPU starts when all is submitted
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
      ...onHost,
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
