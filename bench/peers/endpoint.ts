// What a runner asks of the process or page that an engine runs in: a few functions by name, on plain
// data. "peer-job" has an engine a place; "kernels" has all of them in one.
import { countGpu, type GpuCounts } from "./counter.ts";
import { type Engine, type Job, loadJob, type ReadFile } from "./engines/job.ts";
import {
  type KernelEngine,
  type KernelJob,
  type KernelName,
  kernelJob,
  type PreparedKernel,
  worstError,
} from "./kernels/cases.ts";

/** One step: what it took and what it asked of WebGPU. */
export interface Step extends GpuCounts {
  ms: number;
  loss?: number;
}

export interface PeerEndpoint {
  /** opens the engine and runs its first training step: everything cold */
  first(): Promise<Step>;
  train(): Promise<Step>;
  /** once it is open */
  trains(): boolean;
  denoise(): Promise<Step>;
  adapter(): Promise<Record<string, string>>;
}

export interface KernelsEndpoint {
  /** makes a kernel's inputs and its float64 answers, which all engines are given */
  choose(kernel: KernelName): void;
  /** compiles it in one engine and runs it once: the error, and what it asks of WebGPU */
  prepare(engine: string): Promise<{ error: number; dispatches: number }>;
  /** ms a run of so many; ends when the GPU is done */
  run(engine: string, times: number): Promise<number>;
  /** frees what was prepared */
  drop(): void;
  adapter(): Promise<Record<string, string>>;
}

interface Library {
  open(job: Job): Promise<Engine>;
  openKernels?(): Promise<KernelEngine>;
}

/** The libraries are loaded before any clock runs. */
const ENGINES: Record<string, () => Promise<Library>> = {
  "wgsl-diffusion": async () => ({
    ...(await import("./engines/wgsl_diffusion.ts")),
    ...(await import("./kernels/wgsl_diffusion.ts")),
  }),
  "jax-js": async () => ({
    ...(await import("./engines/jax_js.ts")),
    ...(await import("./kernels/jax_js.ts")),
  }),
  "ort-webgpu": () => import("./engines/ort.ts"),
  "tfjs-webgpu": () => tfjs("webgpu"),
  "tfjs-webgl": () => tfjs("webgl"),
};

async function tfjs(backend: "webgpu" | "webgl"): Promise<Library> {
  const engine = await import("./engines/tfjs.ts");
  const kernels = await import("./kernels/tfjs.ts");
  return {
    open: (job) => engine.open(job, backend),
    openKernels: () => kernels.openKernels(backend),
  };
}

function libraryOf(name: string): Promise<Library> {
  const load = ENGINES[name];
  if (load) return load();
  throw new Error(`endpoint: engine must be one of ${Object.keys(ENGINES)}, got ${name}`);
}

/** @param read  a file of the job's folder, by name */
export async function peerEndpoint(name: string, read: ReadFile): Promise<PeerEndpoint> {
  const counts = countGpu();
  const [library, job] = await Promise.all([libraryOf(name), loadJob(read)]);
  let engine: Engine | undefined;
  const opened = (): Engine => {
    if (!engine) throw new Error(`${name}: call first() first`);
    return engine;
  };
  const timed = async (step: () => Promise<number | undefined>): Promise<Step> => {
    const before = counts().dispatches;
    const start = performance.now();
    const loss = await step();
    const ms = performance.now() - start;
    const { dispatches, gpu_bytes } = counts();
    const counted = { dispatches: dispatches - before, gpu_bytes };
    return { ms, ...counted, ...(loss === undefined ? {} : { loss }) };
  };
  return {
    first: () =>
      timed(async () => {
        engine = await library.open(job);
        return engine.trainStep();
      }),
    trains: () => opened().trains ?? true,
    train: () => timed(() => opened().trainStep()),
    denoise: () =>
      timed(async () => {
        await opened().denoiseStep();
        return undefined;
      }),
    adapter,
  };
}

export function kernelsEndpoint(): KernelsEndpoint {
  const counts = countGpu();
  const engines = new Map<string, KernelEngine>();
  const prepared = new Map<string, PreparedKernel>();
  let job: KernelJob | undefined;
  const engineOf = async (name: string): Promise<KernelEngine> => {
    const known = engines.get(name);
    if (known) return known;
    const opened = await (await libraryOf(name)).openKernels?.();
    if (!opened) throw new Error(`${name}: it has no single kernels here`);
    engines.set(name, opened);
    return opened;
  };
  return {
    choose(kernel) {
      job = kernelJob(kernel);
    },
    async prepare(name) {
      if (!job) throw new Error("kernels: call choose() first");
      const kernel = await (await engineOf(name)).prepare(job);
      prepared.set(name, kernel);
      const error = worstError(job, await kernel.outputs());
      const before = counts().dispatches; // the first time an engine may do more, once
      await kernel.outputs();
      return { error, dispatches: counts().dispatches - before };
    },
    async run(name, times) {
      const kernel = prepared.get(name);
      if (!kernel) throw new Error(`${name}: call prepare() first`);
      const start = performance.now();
      await kernel.run(times);
      return (performance.now() - start) / times;
    },
    drop() {
      for (const kernel of prepared.values()) kernel.dispose();
      prepared.clear();
    },
    adapter,
  };
}

async function adapter(): Promise<Record<string, string>> {
  const { Gpu } = await import("../../dist/index.js");
  const gpu = await Gpu.open();
  const { vendor, architecture, device, description } = gpu.info;
  gpu.dispose();
  return { vendor, architecture, device, description };
}
