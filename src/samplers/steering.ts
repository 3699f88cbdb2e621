// Custom guidance: a user's loss of x̂_0, taken back through the network to x.
//
// It differentiates, so it brings the tape and the kernels of all gradients along. `sample` therefore
// does not import it: who steers makes a Steering, and gives it that.
import type { Forward } from "../autograd/forward.ts";
import { Tape } from "../autograd/tape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type SteerFamily, steerChain, steerDescend, steerFamily } from "../kernels/steer.ts";
import type { Images } from "./start.ts";

/** A loss L of x̂_0 to go down at every step. */
export interface SteeringLoss {
  /**
   * WGSL that declares fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32: ∂L/∂x̂_0[n, c, i, j]. It may
   * call x0(n, c, i, j) and goal_at(n, c, i, j).
   */
  wgsl: string;
  /** s of x' ← x' − s ∂L/∂x, by x before the step, through the network */
  strength: number;
  /** what goal_at gives, [1 or count, C, H, W]; default 0 */
  target?: Images | undefined;
}

export interface SteeringTensors {
  state: Tensor;
  rows: Tensor;
  output: Tensor;
  goal: Tensor;
}

/** A step that is being recorded. */
export interface SteeredStep {
  /** what the network is recorded by */
  readonly tape: Forward;
  /** Records ∂L/∂x. */
  differentiate(tensors: SteeringTensors): void;
  /** Records x ← x − s ∂L/∂x, after the step. */
  descend(): void;
}

/** What `sample` takes as `steer`: made by `steering`. */
export class Steering {
  readonly target: Images | undefined;
  readonly #family: SteerFamily;
  readonly #strength: number;

  /** @throws OptionError where the WGSL has no gradient */
  constructor({ wgsl, strength, target }: SteeringLoss) {
    this.target = target;
    this.#family = steerFamily(wgsl);
    this.#strength = strength;
  }

  /**
   * Begins a step that is to be steered.
   *
   * ∂L/∂x = ∂x̂_0/∂x · g + (∂o/∂x)ᵀ ∂x̂_0/∂o · g with g = ∂L/∂x̂_0 is recorded in its two parts.
   *
   * @param x  what the network is given
   * @see Chung et al. 2022 (DPS, arXiv:2209.14687) Algorithm 1
   */
  begin(graph: Graph, x: Tensor): SteeredStep {
    const tape = new Tape(graph, new Map([[x, undefined]]));
    let parts: { direct: Tensor; dsample: Tensor } | undefined;
    return {
      tape,
      differentiate: ({ output, ...rest }) => {
        const tensors = { ...rest, sample: x, output };
        const { direct, doutput } = steerChain(graph, tensors, this.#family);
        const dsample = tape.backward(output, doutput).get(x);
        if (!dsample) throw new Error("steering: the network does not depend on its input");
        parts = { direct, dsample };
      },
      descend: () => {
        if (!parts) throw new Error("steering: descend comes after differentiate");
        steerDescend(graph, { ...parts, x }, { strength: this.#strength });
      },
    };
  }
}

/**
 * Steering by a loss, for the option `steer` of `sample`.
 *
 * @throws OptionError where the WGSL declares no gradient
 */
export const steering = (loss: SteeringLoss): Steering => new Steering(loss);
