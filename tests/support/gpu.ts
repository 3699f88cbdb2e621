// A GPU for tests: the one of the environment variable WGSL_DIFFUSION_ADAPTER, else SwiftShader.
//
// evaluate() runs a few launchers on given arrays and reads back what they make. Every bank is
// poisoned with NaN first, it runs twice, and both runs must agree bit for bit.
import { expect } from "vitest";
import { Gpu, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program.ts";
import { type Dtype, ResidentBuffer, type Tensor, writeTensor } from "../../src/graph/tensor.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { type NdArray, ndarray } from "../reference/ndarray.ts";

let opened: Promise<Gpu> | undefined;

/** The tests' device, shared by a file's tests. */
export function testGpu(): Promise<Gpu> {
  const adapter = process.env.WGSL_DIFFUSION_ADAPTER ? {} : { adapter: "swiftshader" as const };
  opened ??= openGpu(adapter).then(({ gpu }) => Gpu.open({ gpu }));
  return opened;
}

/** An input: numbers, stored as float32 unless said. */
export interface Input extends NdArray {
  dtype?: Dtype;
}

/**
 * Uploads the inputs, records what `build` launches, runs it, and reads what it returns.
 *
 * @param inputs  by name; undefined ones are left out
 * @param build   from tensors of the same names to the tensors to read
 * @param target  what variants are chosen by; default the device's own
 */
export async function evaluate<In extends Record<string, Input | undefined>, Out extends string>(
  inputs: In,
  build: (graph: Graph, tensors: { [K in keyof In]: Tensor }) => Record<Out, Tensor>,
  target?: Target,
): Promise<Record<Out, NdArray>> {
  const gpu = await testGpu();
  const graph = new Graph(target ?? gpu.target);
  const buffers: ResidentBuffer[] = [];
  const tensors: Record<string, Tensor> = {};
  for (const [name, input] of Object.entries(inputs)) {
    if (!input) continue;
    const buffer = new ResidentBuffer(name);
    buffers.push(buffer);
    tensors[name] = buffer.add(input.shape, name, input.dtype ?? "f32");
  }
  const outputs = build(graph, tensors as { [K in keyof In]: Tensor });
  const entries = Object.entries<Tensor>(outputs);
  const keep = entries.map(([, tensor]) => tensor);
  const program = await Program.compile(gpu, graph, { label: "test", keep });
  const upload = () => {
    for (const [name, tensor] of Object.entries(tensors)) {
      const { data } = inputs[name]!;
      const isWord = tensor.dtype === "u32";
      writeTensor(gpu, tensor, isWord ? Uint32Array.from(data) : Float32Array.from(data));
    }
  };
  const run = async () => {
    upload(); // again before the second run: kernels may work in place
    program.poison();
    program.run();
    const results: [string, Float32Array][] = [];
    for (const [name, tensor] of entries) results.push([name, await program.read(tensor)]);
    return results;
  };
  const first = await run();
  const second = await run();
  gpu.check();
  for (const [i, [name, values]] of first.entries()) {
    const [a, b] = [values, second[i]![1]].map(({ buffer }) => Buffer.from(buffer));
    expect(a!.equals(b!), `${name}: two runs agree bit for bit`).toBe(true);
  }
  program.dispose();
  for (const buffer of buffers) buffer.destroy(gpu);
  return Object.fromEntries(
    first.map(([name, values], i) => [name, ndarray(keep[i]!.shape, cut(values, keep[i]!))]),
  ) as Record<Out, NdArray>;
}

const cut = (values: Float32Array, { shape }: Tensor) =>
  values.subarray(
    0,
    shape.reduce((product, n) => product * n, 1),
  );

/** Float32's ε; a kernel's error may be 8 of these times Σ|terms|. */
export const EPSILON = 2 ** -24;

/** |actual − expected| ≤ 8 · 2⁻²⁴ · bound, element by element; says the worst. */
export function expectWithin(
  what: string,
  actual: NdArray,
  { expected, bound, factor = 8 }: { expected: NdArray; bound: NdArray; factor?: number },
): void {
  expect(actual.shape, what).toEqual(expected.shape);
  let worst = 0;
  expected.data.forEach((value, i) => {
    const allowed = Math.max(EPSILON * bound.data[i]!, 2 ** -126); // subnormals may flush
    worst = Math.max(worst, Math.abs(actual.data[i]! - value) / allowed);
    if (Number.isNaN(actual.data[i]!)) worst = Number.NaN;
  });
  expect(worst, `${what}: worst error in units of ε Σ|terms|`).toBeLessThanOrEqual(factor);
}
