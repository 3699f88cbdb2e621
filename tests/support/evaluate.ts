// Runs a few launchers on a device and reads back what they make, twice. Needs no test framework, so
// that Deno and a page can run it too.
//
// Every bank is filled with NaN first, so that what a kernel leaves unwritten is seen.
import type { Gpu, Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { poison } from "../../src/graph/measuring.ts";
import { Program } from "../../src/graph/program.ts";
import { type Dtype, ResidentBuffer, type Tensor } from "../../src/graph/tensor.ts";
import { writeValues } from "../../src/graph/write_values.ts";
import { type NdArray, ndarray } from "../reference/ndarray.ts";

/** An input: numbers, stored as float32 unless said. */
export interface Input extends NdArray {
  dtype?: Dtype;
}

export interface Evaluation<Out extends string = string> {
  outputs: Record<Out, NdArray>;
  /** outputs whose second run gave other bits */
  unstable: string[];
  /** outputs that are float16 */
  halves: string[];
}

export type Build<In, Out extends string = string> = (
  graph: Graph,
  tensors: { [K in keyof In]: Tensor },
) => Record<Out, Tensor>;

/**
 * Uploads the inputs, records what `build` launches, runs it twice, and reads what it returns.
 *
 * @param inputs  by name; undefined ones are left out
 * @throws DeviceError where the device reported an error, caught or not
 */
export async function evaluateOn<
  In extends Record<string, Input | undefined>,
  Out extends string = string,
>(
  { gpu, target = gpu.target }: { gpu: Gpu; target?: Target | undefined },
  inputs: In,
  build: Build<In, Out>,
): Promise<Evaluation<Out>> {
  const graph = new Graph(target);
  const { buffers, tensors } = residents(inputs);
  const results = build(graph, tensors as { [K in keyof In]: Tensor });
  const keep = Object.values<Tensor>(results);
  const program = await Program.compile(gpu, graph, { label: "test", keep });
  const run = async () => {
    upload(gpu, inputs, tensors); // again before the second run: kernels may work in place
    poison(program);
    program.run();
    const read: [string, Float32Array][] = [];
    for (const [name, tensor] of Object.entries<Tensor>(results)) {
      read.push([name, await program.read(tensor)]);
    }
    return read;
  };
  const first = await run();
  const second = new Map(await run());
  gpu.check();
  program.dispose();
  for (const buffer of buffers) buffer.destroy(gpu);
  const outputs = first.map(([name, values], i) => {
    const { shape, dtype } = keep[i]!;
    const numbers = dtype === "u32" ? new Uint32Array(values.buffer) : values;
    return [name, ndarray(shape, numbers.subarray(0, sizeOf(shape)))] as const;
  });
  const unstable = first.filter(([name, values]) => !sameBits(values, second.get(name)!));
  return {
    outputs: Object.fromEntries(outputs) as Record<Out, NdArray>,
    unstable: unstable.map(([name]) => name),
    halves: Object.entries<Tensor>(results).flatMap(([name, { dtype }]) =>
      dtype === "f16" ? [name] : [],
    ),
  };
}

/** A tensor for every input, each in a buffer of its own. */
export function residents(inputs: Readonly<Record<string, Input | undefined>>) {
  const buffers: ResidentBuffer[] = [];
  const tensors: Record<string, Tensor> = {};
  for (const [name, input] of Object.entries(inputs)) {
    if (!input) continue;
    const buffer = new ResidentBuffer(name);
    buffers.push(buffer);
    tensors[name] = buffer.add(input.shape, name, input.dtype ?? "f32");
  }
  return { buffers, tensors };
}

function upload(
  gpu: Gpu,
  inputs: Readonly<Record<string, Input | undefined>>,
  tensors: Readonly<Record<string, Tensor>>,
): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const { data } = inputs[name]!;
    const isWord = tensor.dtype === "u32";
    writeValues(gpu, tensor, isWord ? Uint32Array.from(data) : Float32Array.from(data));
  }
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [p, q] = [a, b].map(({ buffer, byteOffset, length }) => {
    return new Uint32Array(buffer, byteOffset, length);
  });
  return p!.length === q!.length && p!.every((word, i) => word === q![i]);
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
