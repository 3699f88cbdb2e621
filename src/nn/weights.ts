// The parameters of a network: named tensors in one flat buffer.
//
// Layers declare what they use the first time the network is recorded; then all get their places, and
// later recordings find the same tensors by name. Parameters that one product multiplies lie stacked.
// Gradients, moments and averages are further sets of the same layout, so that the optimiser runs over
// flat memory.
import { FileError, OptionError } from "../core/errors.ts";
import { philoxNormals, philoxUniforms } from "../core/philox.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import {
  ALIGNMENT,
  bytesOf,
  homeOf,
  ResidentBuffer,
  type Tensor,
  writeTensor,
} from "../graph/tensor.ts";

/** How PyTorch starts a parameter: U(−k, k) with k = 1/√fanIn, N(0, std²), or a constant. */
export type Start =
  | { readonly fanIn: number }
  | { readonly normal: number }
  | { readonly constant: number };

export interface ParameterSpec {
  readonly name: string;
  /** in files */
  readonly shape: Shape;
  readonly start: Start;
  /** what it lies stacked in with others, row after row: one tensor of all their rows */
  readonly stack?: string | undefined;
}

/** Numbers of a tensor that are fetched when they are needed, and stay until the next are. */
export interface FloatSource {
  readonly shape: Shape;
  floats(): Promise<Float32Array>;
}

/** Numbers that are in memory, by name, as `Weights.load` takes them. */
export const sourcesOf = (
  values: Iterable<readonly [string, { shape: Shape; data: Float32Array }]>,
): Map<string, FloatSource> =>
  new Map(
    [...values].map(([name, { shape, data }]) => [name, { shape, floats: async () => data }]),
  );

const MOST_QUEUED_BYTES = 2 ** 23; // on their way to the GPU

/** The Philox stream of starting values; a parameter's place in the list is the step. */
const START_STREAM = 0xfffffffe;

export class Weights {
  readonly buffer: ResidentBuffer;
  readonly specs = new Map<string, ParameterSpec>();
  /** numbers that are stored with the weights and never trained: the Fourier frequencies */
  readonly constants = new Map<string, { shape: Shape; values: Float32Array }>();
  /** by a parameter's name, or a stack's */
  readonly #tensors = new Map<string, Tensor>();

  constructor(label: string) {
    this.buffer = new ResidentBuffer(label, 2 * ALIGNMENT); // so that a float16 copy is aligned too
  }

  /**
   * The tensor of a parameter. The first recording of a network declares them; until `place`, a tensor
   * has no place, and a stack the rows that were declared so far.
   *
   * @param view  the shape kernels see, of as many elements; default the spec's
   */
  declare(spec: ParameterSpec, view: Shape = spec.shape): Tensor {
    const { name, stack } = spec;
    const known = this.#tensors.get(name);
    if (known && sameShape(known.shape, view)) return known;
    if (known) throw new Error(`${name}: ${showShape(known.shape)} and ${showShape(view)}`);
    this.specs.set(name, spec);
    const tensor: Tensor = { label: name, shape: view, dtype: "f32" };
    this.#tensors.set(name, tensor);
    if (stack !== undefined) {
      const rows = (this.#tensors.get(stack)?.shape[0] ?? 0) + view[0]!;
      this.#tensors.set(stack, { label: stack, shape: [rows, ...view.slice(1)], dtype: "f32" });
    }
    return tensor;
  }

  /** Gives every parameter its place: all are declared. */
  place(): this {
    const ends = new Map<string, number>(); // of what lies in a stack, in bytes
    for (const { name, stack } of this.specs.values()) {
      const view = this.tensor(name).shape;
      if (stack === undefined) {
        this.#tensors.set(name, this.buffer.add(view, name));
        continue;
      }
      if (!ends.has(stack)) {
        const whole = this.buffer.add(this.tensor(stack).shape, stack);
        this.#tensors.set(stack, whole);
        ends.set(stack, homeOf(whole).offset);
      }
      const home = { buffer: this.buffer, offset: ends.get(stack)! };
      const tensor: Tensor = { label: name, shape: view, dtype: "f32", home };
      this.#tensors.set(name, tensor);
      ends.set(stack, home.offset + bytesOf(tensor));
    }
    return this;
  }

  /** Whether all are declared. */
  get isPlaced(): boolean {
    return this.buffer.tensors.length > 0;
  }

  /** What kernels bind: parameters that lie alone, and stacks. */
  get tensors(): readonly Tensor[] {
    return this.buffer.tensors;
  }

  /** How many rows of its stack come before a stacked parameter's. */
  rowOf({ name, stack, shape }: ParameterSpec): number {
    const [own, whole] = [homeOf(this.tensor(name)), homeOf(this.tensor(stack!))];
    return (own.offset - whole.offset) / (4 * sizeOf(shape.slice(1)));
  }

  /** Of a parameter, or of a stack. */
  tensor(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor) return tensor;
    throw new OptionError(
      "option/parameter",
      `weights: there is no parameter "${name}".`,
      `There are ${this.specs.size}, such as ${[...this.specs.keys()].slice(0, 2).join(", ")}.`,
    );
  }

  /** Numbers trained. */
  get count(): number {
    return [...this.specs.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** Starting values as PyTorch distributes them, from Philox: a function of the seed alone. */
  initialise(gpu: Gpu, seed: number | bigint): void {
    let step = 0;
    for (const spec of this.specs.values()) {
      writeTensor(gpu, this.tensor(spec.name), startValues(spec, seed, step));
      step++;
    }
  }

  /**
   * Sets every parameter from numbers that are fetched one tensor after the other, and forgotten.
   *
   * @param sources  by name
   * @throws FileError for a parameter that is missing, unknown, or of another shape, before anything is
   *         fetched
   */
  async load(gpu: Gpu, sources: ReadonlyMap<string, FloatSource>): Promise<void> {
    this.#requireLayout(sources);
    let queued = 0;
    for (const name of this.specs.keys()) {
      const data = await sources.get(name)!.floats();
      writeTensor(gpu, this.tensor(name), ownFloats(data));
      queued += data.byteLength;
      if (queued < MOST_QUEUED_BYTES) continue;
      gpu.submit([]);
      await gpu.idle(); // else the queue holds all of it a second time
      queued = 0;
    }
    for (const [name, { shape }] of this.constants) {
      this.constants.set(name, { shape, values: (await sources.get(name)!.floats()).slice() });
    }
  }

  /** @throws FileError unless the names and shapes are those of the parameters and constants */
  #requireLayout(given: ReadonlyMap<string, { readonly shape: Shape }>): void {
    this.#requireNames([...given.keys()]);
    for (const { name, shape } of this.specs.values()) {
      const other = given.get(name)!.shape;
      if (sameShape(other, shape)) continue;
      throw new FileError(
        "file/shape",
        `weights: ${name} must be ${showShape(shape)}, got ${showShape(other)}.`,
        "The weights belong to another config.json.",
      );
    }
  }

  #requireNames(given: readonly string[]): void {
    const wanted = [...this.specs.keys(), ...this.constants.keys()];
    const missing = wanted.filter((name) => !given.includes(name));
    const unknown = given.filter((name) => !wanted.includes(name));
    if (missing.length + unknown.length === 0) return;
    const some = (names: string[]) =>
      names.length > 3
        ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`
        : names.join(", ");
    throw new FileError(
      "file/tensors",
      `weights: the file and config.json differ; missing: ${some(missing) || "none"}; ` +
        `unknown: ${some(unknown) || "none"}.`,
      "Use the config.json that was saved with these weights.",
    );
  }
}

/** As numbers of a plain buffer, which the queue takes; a copy only where it is a shared one. */
const ownFloats = (data: Float32Array): Float32Array<ArrayBuffer> =>
  data.buffer instanceof ArrayBuffer
    ? new Float32Array(data.buffer, data.byteOffset, data.length)
    : Float32Array.from(data);

function startValues(
  { shape, start }: ParameterSpec,
  seed: number | bigint,
  step: number,
): Float32Array<ArrayBuffer> {
  const count = sizeOf(shape);
  const place = { stream: START_STREAM, step };
  if ("constant" in start) return new Float32Array(count).fill(start.constant);
  if ("normal" in start) {
    return Float32Array.from(philoxNormals(seed, count, place), (z) => z * start.normal);
  }
  const k = 1 / Math.sqrt(start.fanIn);
  return Float32Array.from(philoxUniforms(seed, count, place), (u) => (2 * u - 1) * k);
}

/** Another set of the same layout: the same offsets, so that flat kernels may pair them. */
export function weightsLike(weights: Weights, label: string): Weights {
  const other = new Weights(label);
  for (const spec of weights.specs.values()) other.declare(spec, weights.tensor(spec.name).shape);
  for (const [name, value] of weights.constants) other.constants.set(name, value);
  return other.place();
}
