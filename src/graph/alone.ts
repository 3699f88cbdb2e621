// A launch out of its program, alone with tensors of its own: run, read and timed, for the tuner.
import { philoxNormals } from "../core/philox.ts";
import { sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { type Dispatch, Graph, isRead } from "./graph.ts";
import { timedPasses } from "./measuring.ts";
import { Program } from "./program.ts";
import { ResidentBuffer, type Tensor } from "./tensor.ts";
import { writeValues } from "./write_values.ts";

/** What a launch leaves in a tensor. */
export interface Output {
  name: string;
  dtype: Tensor["dtype"];
  values: Float32Array;
}

/** A launch with tensors of its own: normals where it reads, in the order of bindings, which is every candidate's. */
export class Alone {
  readonly #gpu: Gpu;
  readonly #program: Program;
  readonly #inputs: readonly Tensor[];
  readonly #results: readonly Tensor[];

  private constructor(
    gpu: Gpu,
    parts: { program: Program; inputs: readonly Tensor[]; results: readonly Tensor[] },
  ) {
    this.#gpu = gpu;
    this.#program = parts.program;
    this.#inputs = parts.inputs;
    this.#results = parts.results;
  }

  static async of(
    gpu: Gpu,
    dispatches: readonly Dispatch[],
    signal: AbortSignal | undefined,
  ): Promise<Alone> {
    const bound = dispatches.flatMap(({ tensors }) => tensors);
    const writes = new Set(bound.filter((one) => one.writes).map(({ tensor }) => tensor));
    const own = new Map<Tensor, Tensor>();
    for (const { tensor } of bound) {
      const { label, shape, dtype } = tensor;
      if (own.has(tensor)) continue;
      const input = () => new ResidentBuffer(`tuner.${label}`).add(shape, label, dtype);
      own.set(tensor, writes.has(tensor) ? { label, shape, dtype } : input());
    }
    const graph = new Graph(gpu.target);
    for (const dispatch of dispatches) {
      const tensors = dispatch.tensors.map((one) => ({ ...one, tensor: own.get(one.tensor)! }));
      graph.dispatches.push({ ...dispatch, tensors });
    }
    const reads = new Set(bound.filter(isRead).map(({ tensor }) => tensor));
    const last = [...writes].filter((tensor) => !reads.has(tensor)); // others hold partial sums
    const results = last.map((tensor) => own.get(tensor)!);
    const program = await Program.compile(gpu, graph, { label: "tuner", keep: results, signal });
    const inputs = [...own.values()].filter(({ home }) => home);
    for (const [stream, tensor] of inputs.entries()) {
      if (tensor.dtype === "u32") continue; // zeros: an index that is in every table
      const values = Float32Array.from(philoxNormals(stream, sizeOf(tensor.shape)));
      writeValues(gpu, tensor, values);
    }
    return new Alone(gpu, { program, inputs, results });
  }

  /** What one run leaves: all that it writes and does not read again. */
  async outputs(): Promise<Output[]> {
    this.#program.run();
    const outputs: Output[] = [];
    for (const tensor of this.#results) {
      const { label, shape, dtype } = tensor;
      const values = (await this.#program.read(tensor)).subarray(0, sizeOf(shape));
      outputs.push({ name: `${label} [${shape}]`, dtype, values });
    }
    return outputs;
  }

  /** Milliseconds a run: by timestamps, or else of a submission with that many. */
  async time(repeats: number): Promise<number> {
    if (this.#gpu.has("timestamp-query")) {
      const passes = await timedPasses(
        this.#program,
        this.#program.dispatches.map(() => repeats),
      );
      return passes.reduce((sum, ns) => sum + ns, 0) / repeats / 1e6;
    }
    const start = performance.now();
    const encoder = this.#gpu.device.createCommandEncoder({ label: "tuner" });
    for (let run = 0; run < repeats; run++) this.#program.encode(encoder);
    this.#gpu.submit([encoder.finish()]);
    await this.#gpu.idle();
    return (performance.now() - start) / repeats;
  }

  dispose(): void {
    this.#program.dispose();
    for (const { home } of this.#inputs) home?.buffer.destroy(this.#gpu);
  }
}
