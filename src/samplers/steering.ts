// Custom guidance: a user's loss of x̂_0, taken back through the network to x.
import type { Tape } from "../autograd/tape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Chained, steerChain, steerDescend, steerFamily } from "../kernels/steer.ts";
import type { Steering } from "./request.ts";

export interface SteeringTensors {
  state: Tensor;
  rows: Tensor;
  /** what the network was given, a leaf of the tape */
  x: Tensor;
  output: Tensor;
  goal: Tensor;
}

export interface SteeringGradient extends Pick<Chained, "direct"> {
  /** of x's shape */
  dsample: Tensor;
}

/**
 * Records ∂L/∂x = ∂x̂_0/∂x · g + (∂o/∂x)ᵀ ∂x̂_0/∂o · g, in two parts, with g = ∂L/∂x̂_0.
 *
 * @throws OptionError where the WGSL has no gradient
 * @see Chung et al. 2022 (DPS, arXiv:2209.14687) Algorithm 1
 */
export function steeringGradient(
  tape: Tape,
  { x, output, ...rest }: SteeringTensors,
  { wgsl }: Steering,
): SteeringGradient {
  const tensors = { ...rest, sample: x, output };
  const { direct, doutput } = steerChain(tape.graph, tensors, steerFamily(wgsl));
  const dsample = tape.backward(output, doutput).get(x);
  if (!dsample) throw new Error("steering: the network does not depend on its input");
  return { direct, dsample };
}

/** Records x ← x − s ∂L/∂x, after the step. */
export function descend(
  tape: Tape,
  { gradient, x }: { gradient: SteeringGradient; x: Tensor },
  { strength }: Steering,
): void {
  steerDescend(tape.graph, { ...gradient, x }, { strength });
}
