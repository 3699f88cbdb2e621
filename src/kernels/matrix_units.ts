// What launchers know of kernels on matrix units (./subgroup_matrix.ts), which a page may not carry: how
// to ask for candidates, and how to record one.
import type { MatrixUnits } from "../device/gpu.ts";
import type { Constants, ShaderFamily } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Convolution, ConvolutionTensors, Direction } from "./conv2d_roles.ts";

/** C [m, n] = A [m, k] · B [k, n] + addend. */
export interface Product {
  size: { m: number; n: number; k: number };
  /** strides over m and k */
  a: { tensor: Tensor; strides: readonly [number, number] };
  /** strides over k and n */
  b: { tensor: Tensor; strides: readonly [number, number] };
  c: Tensor;
  /** stride over m */
  addend?: { tensor: Tensor; stride: number } | undefined;
  /** takes the sums of A's rows, where they are asked for */
  sums?: Tensor | undefined;
}

/** A way to compute a product, for `Graph.choose`. */
export interface MatrixCandidate {
  readonly family: ShaderFamily;
  readonly constants: Constants;
  record(graph: Graph): void;
}

/** Candidates for what is to be computed; none where the units do not suit it. */
export interface MatrixKernels extends MatrixUnits {
  linear(product: Product): MatrixCandidate[];
  convolution(direction: Direction, c: Convolution, tensors: ConvolutionTensors): MatrixCandidate[];
}

const isKernels = (units: MatrixUnits): units is MatrixKernels => "convolution" in units;

/**
 * `Graph.choose` of a launcher's candidates and those on matrix units, where a target has any. They follow
 * the first, for nothing but a tuning, which compares their numbers, may choose them.
 *
 * @param own      the launcher's
 * @param onUnits  candidates of the units
 * @param record   appends the dispatches of one of the launcher's
 */
export function chooseWithUnits<Own extends { readonly family: ShaderFamily }>(
  graph: Graph,
  [kernel, work]: readonly [string, string],
  own: readonly Own[],
  onUnits: (kernels: MatrixKernels) => readonly MatrixCandidate[],
  record: (candidate: Own) => void,
): void {
  const units = graph.targetOf("subgroup_matrix").matrixUnits;
  const more = units && isKernels(units) ? onUnits(units) : [];
  const candidates = [...own.slice(0, 1), ...more, ...own.slice(1)];
  graph.choose(kernel, work, candidates, (candidate) => {
    if ("record" in candidate) candidate.record(graph);
    else record(candidate);
  });
}
