// The page of one engine, ?engine=NAME: offers its steps, timed, under names that the runner calls.
import { countGpu, type GpuCounts } from "./counter.ts";
import { type Engine, type Job, loadJob } from "./engines/job.ts";

/** One step: what it took and what it asked of WebGPU. */
export interface Step extends GpuCounts {
  ms: number;
  loss?: number;
}

export interface PeerPage {
  /** opens the engine and runs its first training step: everything cold */
  first(): Promise<Step>;
  train(): Promise<Step>;
  /** once it is open */
  trains(): boolean;
  denoise(): Promise<Step>;
  adapter(): Promise<Record<string, string>>;
}

declare global {
  interface Window {
    peer?: PeerPage;
  }
}

type Open = (job: Job) => Promise<Engine>;

/** The libraries are loaded before any clock runs. */
const ENGINES: Record<string, () => Promise<Open>> = {
  "wgsl-diffusion": async () => (await import("./engines/wgsl_diffusion.ts")).open,
  "jax-js": async () => (await import("./engines/jax_js.ts")).open,
  "ort-webgpu": async () => (await import("./engines/ort.ts")).open,
  "tfjs-webgpu": async () => {
    const tfjs = await import("./engines/tfjs.ts");
    return (job) => tfjs.open(job, "webgpu");
  },
  "tfjs-webgl": async () => {
    const tfjs = await import("./engines/tfjs.ts");
    return (job) => tfjs.open(job, "webgl");
  },
};

const name = new URLSearchParams(location.search).get("engine") ?? "";
const load = ENGINES[name];
if (!load) throw new Error(`page: engine must be one of ${Object.keys(ENGINES)}, got ${name}`);

const counts = countGpu();
const [open, job] = await Promise.all([load(), loadJob("/job/")]);
let engine: Engine | undefined;

const opened = (): Engine => {
  if (!engine) throw new Error(`${name}: call first() first`);
  return engine;
};

async function timed(step: () => Promise<number | undefined>): Promise<Step> {
  const before = counts().dispatches;
  const start = performance.now();
  const loss = await step();
  const ms = performance.now() - start;
  const { dispatches, gpu_bytes } = counts();
  return {
    ms,
    dispatches: dispatches - before,
    gpu_bytes,
    ...(loss === undefined ? {} : { loss }),
  };
}

window.peer = {
  first: () =>
    timed(async () => {
      engine = await open(job);
      return engine.trainStep();
    }),
  trains: () => opened().trains ?? true,
  train: () => timed(() => opened().trainStep()),
  denoise: () =>
    timed(async () => {
      await opened().denoiseStep();
      return undefined;
    }),
  async adapter() {
    const { Gpu } = await import("../../dist/index.js");
    const gpu = await Gpu.open();
    const { vendor, architecture, device, description } = gpu.info;
    gpu.dispose();
    return { vendor, architecture, device, description };
  },
};
