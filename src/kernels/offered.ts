// What launchers know of kernels that only a tuning may choose, on matrix units (./subgroup_matrix.ts) and
// by Winograd's products (./conv2d_winograd.ts): how to ask for candidates, and how to record one. A page
// that has no use for them does not carry them.
import type { Offered } from "../device/gpu.ts";
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

/** A way to compute one, for `Graph.choose`. */
export interface OfferedCandidate {
  readonly family: ShaderFamily;
  readonly constants: Constants;
  record(graph: Graph): void;
}

/** Candidates for what is to be computed; none where the kernels do not suit it. */
export interface OfferedKernels extends Offered {
  linear(product: Product): OfferedCandidate[];
  convolution(
    direction: Direction,
    c: Convolution,
    tensors: ConvolutionTensors,
  ): OfferedCandidate[];
}

const isKernels = (offered: Offered): offered is OfferedKernels => "convolution" in offered;

/**
 * `Graph.choose` of a launcher's candidates and those of kernels that a target is offered. They follow the
 * first, for nothing but a tuning, which compares their numbers, may choose them.
 *
 * @param own     the launcher's
 * @param ask     for the candidates of offered kernels
 * @param record  appends the dispatches of one of the launcher's
 */
export function chooseWithOffered<Own extends { readonly family: ShaderFamily }>(
  graph: Graph,
  [kernel, work]: readonly [string, string],
  own: readonly Own[],
  ask: (kernels: OfferedKernels) => readonly OfferedCandidate[],
  record: (candidate: Own) => void,
): void {
  const { matrixUnits } = graph.targetOf("subgroup_matrix");
  const { tiles, winograd } = graph.targetOf("conv2d_winograd");
  const offered = [matrixUnits, tiles ? winograd : undefined];
  const more = offered.flatMap((kernels) => (kernels && isKernels(kernels) ? ask(kernels) : []));
  const candidates = [...own.slice(0, 1), ...more, ...own.slice(1)];
  graph.choose(kernel, work, candidates, (candidate) => {
    if ("record" in candidate) candidate.record(graph);
    else record(candidate);
  });
}
