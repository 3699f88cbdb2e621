// What a KernelInfo is: all that a generic test must know of one kernel family.
//
// The models are PyTorch's OpInfo and the WebGPU CTS. A record is plain data and plain functions: it
// runs in Node, in a page and in Deno alike, and needs no test framework and no file.
import type { Inputs, Rule } from "../../../src/autograd/rule.ts";
import { Tape } from "../../../src/autograd/tape.ts";
import type { MapDtype } from "../../../src/device/shader.ts";
import type { Graph } from "../../../src/graph/graph.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { FAMILIES } from "../../../src/inspect/families.ts";
import type { Expected } from "../../inspect/twins/twin.ts";
import { TWINS } from "../../inspect/twins/twins.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import { scattered } from "../../reference/scattered.ts";
import type { Input } from "../../support/evaluate.ts";

export type { Expected } from "../../inspect/twins/twin.ts";

export interface KernelInfo {
  /** the name of its launchers: of src/kernels/<family>.ts */
  family: string;
  /** its shaders: of shaders/<name>.wgsl */
  shaders: readonly string[];
  /** what its maps may be stored in; float16 runs where the device has shader-f16 */
  dtypes: readonly MapDtype[];
  /** the error allowed, in units of ε Σ|terms|, ε = 2⁻²⁴, and why; float16 adds that of a store */
  tolerance: { factor: number; reason: string };
  samples(): readonly Sample[];
  refusals: readonly Refusal[];
  /** one cheap case of more than 65,535 workgroups or a tensor of more than 128 MiB */
  huge?: HugeSample;
}

export interface Sample {
  name: string;
  inputs: Readonly<Record<string, Input>>;
  /** Records the launches; from tensors of the inputs' names to the tensors that are read back. */
  launch(graph: Graph, tensors: Record<string, Tensor>): Record<string, Tensor>;
  /** the float64 twin, on inputs of the roles above: rounded, where they are stored as float16 */
  expected(inputs: Record<string, NdArray>): Record<string, Expected>;
  /** y of the twin; its outputs dx, dweight, … must be the gradients of Σ y · dy */
  forward?(inputs: Record<string, NdArray>): NdArray;
}

/** A launch that must throw, and what it must say. */
export interface Refusal {
  what: string;
  launch(graph: Graph, tensor: (...shape: number[]) => Tensor): unknown;
  message: string;
}

/** y_i = f(x_i), one tensor in and one out, too large for arrays of float64. */
export interface HugeSample {
  name: string;
  shape: readonly number[];
  launch(graph: Graph, x: Tensor): Tensor;
  /** the bits of x_i; whole numbers below 2²⁴, so that f is exact */
  x(i: number): number;
  y(i: number): number;
}

/** The usual tolerance. */
export const SUMS = { factor: 8, reason: "float32 sums in any order stay below it" } as const;

/** Numbers in [−1, 1) times `scale`, that are float32. */
export const numbers = (shape: readonly number[], seed: number, scale = 1): NdArray =>
  mapArray(scattered(shape, seed), (value) => Math.fround(scale * value));

/** Whole numbers, u32. */
export const words = (values: readonly number[]): Input => ({
  ...ndarray([values.length], values),
  dtype: "u32",
});

interface Differentiable<In extends Inputs, Options, Saved> {
  name: string;
  rule: Rule<In, Options, Saved>;
  /** those that are differentiated */
  inputs: Readonly<Record<string, NdArray>>;
  /** those that are not */
  fixed?: Readonly<Record<string, Input>>;
  options(tensors: Record<string, Tensor>): Options;
  forward(inputs: Record<string, NdArray>): NdArray;
  /** dx of every input x */
  backward(inputs: Record<string, NdArray>, dy: NdArray): Record<string, NdArray>;
  /** of y and every dx; default: the twins on absolute values, right where they multiply and add */
  bounds?(inputs: Record<string, NdArray>, dy: NdArray): Record<string, NdArray>;
}

/** A sample of a derivative rule: y, and the gradient of every input, by the tape. */
export function differentiable<In extends Inputs, Options, Saved>(
  one: Differentiable<In, Options, Saved>,
): Sample {
  const { name, rule, inputs, fixed = {}, forward } = one;
  const dy = numbers(forward(inputs).shape, 99);
  const leaves = Object.keys(inputs);
  return {
    name,
    inputs: { ...inputs, ...fixed, dy },
    launch: (graph, tensors) => {
      const given = Object.fromEntries(leaves.map((leaf) => [leaf, tensors[leaf]!]));
      const wanted = leaves.map((leaf) => [tensors[leaf]!, undefined] as const);
      const tape = new Tape(graph, new Map(wanted));
      // the record names the rule's own inputs; a wrong name would not differentiate
      const y = tape.apply(rule, given as unknown as In, one.options(tensors));
      const gradients = tape.backward(y, tensors.dy!);
      const named = leaves.map((leaf) => [`d${leaf}`, gradients.get(tensors[leaf]!)!]);
      return { y, ...Object.fromEntries(named) };
    },
    expected: (given) => {
      const [exact, dy] = [pick(given, leaves), given.dy!];
      const results = { y: forward(exact), ...one.backward(exact, dy) };
      const bounds = one.bounds?.(exact, dy) ?? absoluteBounds({ ...one, inputs: exact }, dy);
      return Object.fromEntries(
        ["y", ...leaves.map((leaf) => `d${leaf}`)].map((role) => {
          return [role, { expected: results[role as "y"], bound: bounds[role]! }];
        }),
      );
    },
    forward,
  };
}

const pick = (given: Record<string, NdArray>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, given[name]!]));

function absoluteBounds(
  {
    inputs,
    forward,
    backward,
  }: Pick<Sample, "inputs"> &
    Required<Pick<Differentiable<Inputs, unknown, unknown>, "inputs" | "forward" | "backward">>,
  dy: NdArray,
): Record<string, NdArray> {
  const sizes = Object.fromEntries(
    Object.entries(inputs).map(([role, x]): [string, NdArray] => [role, absolute(x)]),
  );
  return { y: forward(sizes), ...backward(sizes, absolute(dy)) };
}

/** The self-test's cases of a family, with their twins. */
export function selfTestSamples(family: string): Sample[] {
  const cases = FAMILIES.find((one) => one.family === family)?.cases ?? [];
  return cases.map(({ name, inputs, launch }) => {
    const given: Record<string, Input> = {};
    for (const [role, { shape, data }] of Object.entries(inputs())) {
      const isWord = data instanceof Uint32Array;
      given[role] = { ...ndarray(shape, data), ...(isWord && { dtype: "u32" }) };
    }
    const twin = TWINS[family]?.[name];
    if (!twin) throw new Error(`tests/inspect/twins: ${family} has no twin of "${name}"`);
    return { name: `self-test: ${name}`, inputs: given, launch, expected: twin };
  });
}
