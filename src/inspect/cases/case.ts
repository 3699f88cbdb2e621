// One case of the self-test: inputs by a formula, what is launched on them, and what is read back.
//
// Cases are small and awkward: odd extents, more than one workgroup. What they must give is not known
// here: src/inspect/self_test_answers.ts holds it, and tests/inspect makes it, in float64.
import { philoxNormals } from "../../core/philox.ts";
import { type Shape, sizeOf } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";

export interface CaseInput {
  readonly shape: Shape;
  /** its type is the tensor's */
  readonly data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

export interface SelfTestCase {
  readonly name: string;
  /** the same values at every call, on every machine */
  inputs(): Readonly<Record<string, CaseInput>>;
  /** Records the launches; from tensors of the inputs' names to the tensors that are read back. */
  launch(graph: Graph, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor>;
}

/** The cases of one kernel family: of src/kernels/<family>.ts, and the shaders that it launches. */
export interface SelfTestFamily {
  readonly family: string;
  readonly cases: readonly SelfTestCase[];
}

/** Names the types of a case once; the identity otherwise. */
export const selfTestCase = <In extends Record<string, CaseInput>>(definition: {
  name: string;
  inputs(): In;
  launch(graph: Graph, tensors: { readonly [K in keyof In]: Tensor }): Record<string, Tensor>;
}): SelfTestCase => definition;

/** Of the inputs; those of the random kernels are other numbers. */
const SEED = 20_111;

/** Standard normal numbers; the inputs of a case differ in their stream. */
export const random = (shape: Shape, stream: number): CaseInput & { data: Float32Array } => ({
  shape,
  data: Float32Array.from(philoxNormals(SEED, sizeOf(shape), { stream })),
});

/** Numbers as they are. */
export const floats = (shape: Shape, values: ArrayLike<number>): CaseInput => ({
  shape,
  data: Float32Array.from(values),
});

/** Whole numbers, u32. */
export const words = (shape: Shape, values: ArrayLike<number>): CaseInput => ({
  shape,
  data: Uint32Array.from(values),
});
