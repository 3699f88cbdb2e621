// A planned and compiled graph: buffers, pipelines and bind groups made once, then replayed.
//
// run() makes nothing on the GPU: it is a loop of setPipeline, setBindGroup and dispatch.
import { untilAborted } from "../core/abort.ts";
import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Pipeline } from "../device/pipelines.ts";
import { type Misfit, requireFits, residentsOf, uniformBytes } from "./fits.ts";
import { type BoundTensor, type Dispatch, type Graph, neededOf } from "./graph.ts";
import { cutsOf, guessedMs, LONGEST_GUESSED_MS, LONGEST_SUBMISSION_MS, ownMs } from "./pacing.ts";
import { type Plan, type PlanReport, planMemory } from "./plan.ts";
import { alignUp, bytesOf, readTensor, type Tensor, valuesOf } from "./tensor.ts";

interface Command {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  workgroups: readonly [number, number, number];
}

/** What making a program cost the host, in ms. */
export interface CompileTimes {
  /** laying out its memory */
  plan: number;
  /** until all pipelines were there, those that were compiled before included */
  pipelines: number;
  /** buffers and bind groups */
  bind: number;
}

/** @param keep  tensors that are read after the run */
export type Rewrite = (
  dispatches: readonly Dispatch[],
  keep: readonly Tensor[],
) => readonly Dispatch[];

export interface CompileOptions {
  label: string;
  /** tensors that `read` will be asked for after a run */
  keep?: readonly Tensor[];
  /** changes what is run before its memory is planned, as recomputation does (./recompute.ts) */
  rewrite?: Rewrite | undefined;
  /** says what would fit, where the plan does not */
  cure?: ((misfit: Misfit) => string) | undefined;
  /** ends the waiting for pipelines, which others may use later; nothing is allocated then */
  signal?: AbortSignal | undefined;
}

export class Program {
  readonly label: string;
  readonly dispatches: readonly Dispatch[];
  readonly plan: Plan;
  readonly times: CompileTimes;
  readonly gpu: Gpu;
  /** the dispatches, as they are encoded */
  readonly commands: readonly Command[];
  /** where activations lie, by the plan */
  readonly banks: readonly GPUBuffer[];
  readonly #uniforms: GPUBuffer;
  #runMs: number;
  #cuts: readonly number[];
  #disposed = false;

  private constructor(parts: {
    gpu: Gpu;
    label: string;
    dispatches: readonly Dispatch[];
    plan: Plan;
    times: CompileTimes;
    commands: Command[];
    banks: GPUBuffer[];
    uniforms: GPUBuffer;
  }) {
    this.label = parts.label;
    this.dispatches = parts.dispatches;
    this.plan = parts.plan;
    this.times = parts.times;
    this.gpu = parts.gpu;
    this.commands = parts.commands;
    this.banks = parts.banks;
    this.#uniforms = parts.uniforms;
    this.#runMs = guessedMs(this.dispatches, parts.gpu.target);
    this.#cuts = cutsOf(this.dispatches, this.#runMs, LONGEST_GUESSED_MS);
  }

  /**
   * Plans the graph's memory, compiles every pipeline in parallel, and binds.
   *
   * @param gpu    the device it will run on; resident buffers are allocated here where they are not
   * @throws DeviceError device/too-large where it exceeds the device's limits, or the owner's,
   *         device/out-of-memory, device/shader; what `rewrite` throws; the signal's reason
   */
  static async compile(
    gpu: Gpu,
    graph: Graph,
    { label, keep = [], rewrite, cure, signal }: CompileOptions,
  ): Promise<Program> {
    const started = performance.now();
    const asked = rewrite?.(graph.dispatches, keep) ?? graph.dispatches;
    const dispatches = neededOf(asked, keep);
    const plan = planMemory(dispatches, keep);
    requireFits(gpu, label, { dispatches, plan }, cure);
    const planned = performance.now();
    const compiling = Promise.all(dispatches.map(({ variant }) => gpu.pipelines.get(variant)));
    const pipelines = await untilAborted(compiling, signal);
    const compiled = performance.now();
    const { commands, banks, uniforms } = await gpu.guarded(`compiling ${label}`, () => {
      for (const buffer of residentsOf(dispatches)) buffer.allocate(gpu);
      return bind(gpu, label, { dispatches, plan, pipelines });
    });
    const times = {
      plan: planned - started,
      pipelines: compiled - planned,
      bind: performance.now() - compiled,
    };
    return new Program({ gpu, label, dispatches, plan, times, commands, banks, uniforms });
  }

  get report(): PlanReport {
    return this.plan.report;
  }

  /** Says how long a run took, from which later ones are cut into submissions. */
  measured(runMs: number): void {
    this.#runMs = runMs;
    this.#cuts = cutsOf(this.dispatches, runMs);
  }

  /**
   * Appends dispatches to a caller's encoder, as one compute pass.
   *
   * @param from  index of the first; default 0
   * @param to    index after the last; default all that follow
   */
  encode(encoder: GPUCommandEncoder, from = 0, to = this.commands.length): void {
    if (this.#disposed) throw disposed(this.label);
    const pass = encoder.beginComputePass({ label: this.label });
    let last: GPUComputePipeline | undefined;
    for (let i = from; i < to; i++) {
      const { pipeline, group, workgroups } = this.commands[i]!;
      if (pipeline !== last) pass.setPipeline(pipeline);
      last = pipeline;
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    this.gpu.counters.dispatches += to - from;
  }

  /**
   * Runs it once, as one submission, or several where it takes longer than a watchdog allows. Does
   * not wait.
   *
   * @throws DeviceError if the device failed
   */
  run(): void {
    this.gpu.check();
    for (const [i, from] of this.#cuts.entries()) this.#submit(from, this.#cuts[i + 1]);
  }

  /**
   * Runs it once in submissions of about `budgetMs`, as far as single dispatches are shorter, and waits
   * for each: what others submit meanwhile, such as a page's frames, comes in between.
   *
   * @throws DeviceError if the device failed
   */
  async runWithin(budgetMs: number): Promise<void> {
    const cuts = cutsOf(this.dispatches, this.#runMs, Math.min(budgetMs, LONGEST_SUBMISSION_MS));
    const pieces: number[] = [];
    for (const [i, from] of cuts.entries()) {
      this.gpu.check();
      const start = performance.now();
      this.#submit(from, cuts[i + 1]);
      await this.gpu.idle();
      pieces.push(performance.now() - start);
    }
    this.measured(ownMs(this.dispatches, cuts, pieces));
  }

  #submit(from: number, to: number | undefined): void {
    const encoder = this.gpu.device.createCommandEncoder({ label: this.label });
    this.encode(encoder, from, to);
    this.gpu.submit([encoder.finish()]);
  }

  /** A float32 tensor after a run: one with a home, or one that was kept. */
  async read(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    const place = this.plan.places.get(tensor);
    if (!place) return readTensor(this.gpu, tensor);
    const bank = this.banks[place.bank]!;
    return valuesOf(tensor, await this.gpu.read(bank, place.offset, bytesOf(tensor)));
  }

  /** Frees the banks and uniforms; resident buffers are their owners'. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const buffer of [...this.banks, this.#uniforms]) this.gpu.destroyBuffer(buffer);
  }
}

interface Bound {
  dispatches: readonly Dispatch[];
  plan: Plan;
  pipelines: readonly Pipeline[];
}

function bind(gpu: Gpu, label: string, { dispatches, plan, pipelines }: Bound) {
  const banks = plan.banks.map((size, i) =>
    gpu.createBuffer(`${label}.bank${i}`, size, 0x80 | 0x04 | 0x08 /* STORAGE | COPY_SRC | _DST */),
  );
  const uniforms = uniformBuffer(gpu, label, dispatches);
  const resourceOf = ({ tensor, unread }: BoundTensor): GPUBufferBinding => {
    const bytes = bytesOf(tensor);
    const size = unread ? alignUp(bytes) : bytes; // so that any type of element fits
    const place = plan.places.get(tensor);
    if (place) return { buffer: banks[place.bank]!, offset: place.offset, size };
    const { buffer, offset } = tensor.home!; // the plan places all that have no home
    return { buffer: buffer.buffer, offset, size };
  };

  const commands = dispatches.map((dispatch, i): Command => {
    const { pipeline, layout } = pipelines[i]!;
    const entries = [
      ...dispatch.tensors.map((bound) => ({ binding: bound.binding, resource: resourceOf(bound) })),
      ...dispatch.uniforms.map(({ binding, data }) => ({
        binding,
        resource: { buffer: uniforms.buffer, offset: uniforms.place(data), size: data.byteLength },
      })),
    ];
    const group = gpu.createBindGroup({ label: dispatch.label, layout, entries });
    return { pipeline, group, workgroups: dispatch.workgroups };
  });
  uniforms.write();
  return { commands, banks, uniforms: uniforms.buffer };
}

/** One buffer for the uniforms of all dispatches, written once. */
function uniformBuffer(gpu: Gpu, label: string, dispatches: readonly Dispatch[]) {
  const size = uniformBytes(dispatches);
  const buffer = gpu.createBuffer(`${label}.uniforms`, size, 0x40 | 0x08 /* UNIFORM | COPY_DST */);
  const bytes = new Uint8Array(size);
  let end = 0;
  const place = (data: ArrayBuffer): number => {
    const offset = end;
    bytes.set(new Uint8Array(data), offset);
    end += alignUp(data.byteLength);
    return offset;
  };
  const write = () => gpu.device.queue.writeBuffer(buffer, 0, bytes);
  return { buffer, place, write };
}

function disposed(label: string): DeviceError {
  return new DeviceError(
    "device/disposed",
    `${label}: it was disposed of.`,
    "Make it again; a disposed program has no memory.",
  );
}
