// A page of a bundler that does not (esbuild, rollup): its worker is an entry of its own.
import { createWorkerClient } from "wgsl-diffusion/worker";
import { tell } from "./job.js";

tell(() =>
  createWorkerClient(new Worker(new URL("./own_worker.js", import.meta.url), { type: "module" })),
);
