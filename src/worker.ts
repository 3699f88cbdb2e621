// The door to a worker: the same API, with the GPU's work off the page's main thread.
import { DeviceError } from "./core/errors.ts";
import { WorkerClient } from "./worker/client.ts";
import type { Port } from "./worker/messages.ts";

export type { FilesByPath, ModelSource } from "./data/model_source.ts";
export type { LoadProgress } from "./data/web_files.ts";
export {
  type RemoteBoundOptions,
  type RemoteSampleOptions,
  type RemoteTrainOptions,
  WorkerClient,
} from "./worker/client.ts";
export type { GpuFacts, OpenRequest, Port, SentData } from "./worker/messages.ts";
export { RemoteCanvas, RemoteFrame, RemoteModel, RemoteTrainer } from "./worker/remote.ts";

/**
 * A client of a worker.
 *
 * Without an argument it starts the package's own, in the form that Vite and webpack recognise, and ends
 * it when it is disposed of. Where a bundler does not (esbuild, rollup), start a worker of your own,
 * whose body is one import:
 *
 *   // my_worker.js
 *   import "wgsl-diffusion/worker-script";
 *
 *   createWorkerClient(new Worker("my_worker.js", { type: "module" }));
 *
 * @param worker  whose script imports `wgsl-diffusion/worker-script`, or an end of a MessageChannel whose
 *                other end `serve` of that script was given; it is not ended here
 * @throws DeviceError device/worker where there are no workers to start
 */
export function createWorkerClient(worker?: Worker | Port): WorkerClient {
  if (worker) return watched(worker, new WorkerClient(worker));
  if (typeof Worker === "undefined") throw noWorkers();
  const own = new Worker(new URL("./worker_script.js", import.meta.url), { type: "module" });
  return watched(own, new WorkerClient(own, () => own.terminate()));
}

const noWorkers = (): DeviceError =>
  new DeviceError(
    "device/worker",
    "createWorkerClient: there are no workers here.",
    "Call it in a page; in Node pass an end of a MessageChannel.",
  );

/** A worker whose script cannot be loaded, or throws, says so in an event alone. */
function watched(port: Worker | Port, client: WorkerClient): WorkerClient {
  if (typeof Worker === "undefined" || !(port instanceof Worker)) return client;
  port.addEventListener("error", ({ message }) => {
    client.fail(message || "its script cannot be loaded");
  });
  return client;
}
