// The worker: opens the GPU, and does what the page asks. All of WebGPU happens here, so that the
// page stays free.
import { DiffusionError, Gpu } from "../../src/index.ts";
import { Gate } from "../shared/gate.ts";
import { adapterOf } from "../shared/words.ts";
import type { FromWorker, RunRequest, ToWorker } from "./messages.ts";
import { type Control, train } from "./run.ts";

const STOPPED = new DOMException("stopped by the page", "AbortError");

const gate = new Gate();
let stop = new AbortController();
let opened: Promise<Gpu> | undefined;

function post(message: FromWorker): void {
  const transfer = message.type === "samples" ? [message.samples.pixels.buffer] : [];
  self.postMessage(message, { transfer });
}

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "start") run(data.request);
  if (data.type === "pause") gate.shut();
  if (data.type !== "pause") gate.open();
  if (data.type === "stop") stop.abort(STOPPED);
});

async function run(request: RunRequest): Promise<void> {
  stop = new AbortController();
  const control: Control = { gate, signal: stop.signal };
  try {
    for await (const message of train(await openGpu(), request, control)) post(message);
    post({ type: "ended", reason: "finished" });
  } catch (error) {
    if (error === STOPPED) post({ type: "ended", reason: "stopped" });
    else fail(error);
  }
}

/** The device; a new one where the last was lost, or could not be had. */
function openGpu(): Promise<Gpu> {
  const forget = () => {
    opened = undefined;
  };
  opened ??= Gpu.open().then((gpu) => {
    gpu.device.lost.then(forget);
    return gpu;
  });
  opened.catch(forget);
  return opened;
}

function fail(error: unknown): void {
  const code = error instanceof DiffusionError ? error.code : "unexpected";
  post({ type: "failed", code, message: error instanceof Error ? error.message : String(error) });
}

openGpu().then((gpu) => post({ type: "ready", adapter: adapterOf(gpu) }), fail);
