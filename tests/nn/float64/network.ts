// A whole network and its gradients in float64: what a tape has recorded, rule by rule.
//
// Values go from twin to twin and are never rounded to float32: only inputs and weights are the GPU's.
import type { Derivative, Inputs, Rule } from "../../../src/autograd/rule.ts";
import { Tape } from "../../../src/autograd/tape.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { type NdArray, ndarray } from "../../reference/ndarray.ts";
import { RULE_TWINS, type RuleTwin, type Values } from "./rules.ts";

/** One application of a rule. */
export interface Application {
  twin: RuleTwin;
  inputs: Inputs;
  options: unknown;
  y: Tensor;
  /** ∂L/∂y on the GPU, once the tape has been walked back over it */
  dy?: Tensor;
}

/** A tape that remembers which rules it applied, and the gradients they were given. */
export class WatchedTape extends Tape {
  readonly applications: Application[] = [];
  /** of the rule that is being applied */
  #seen: { dy?: Tensor } = {};

  override apply<In extends Inputs, Options, Saved>(
    rule: Rule<In, Options, Saved>,
    inputs: In,
    options: Options,
  ): Tensor {
    const twin = RULE_TWINS.get(rule);
    if (!twin) throw new Error("float64 network: a rule of this configuration has no twin here");
    this.#seen = {};
    const seen = this.#seen;
    const y = super.apply(rule, inputs, options);
    this.applications.push(Object.assign(seen, { twin, inputs, options, y }));
    return y;
  }

  protected override derivativeOf<In extends Inputs, Options, Saved>(
    rule: Rule<In, Options, Saved>,
  ): Derivative<In, Saved> {
    const derivative = super.derivativeOf(rule);
    const seen = this.#seen;
    return (graph, dy, saved, slots) => {
      seen.dy = dy;
      derivative(graph, dy, saved, slots);
    };
  }
}

/**
 * Every y in the order of the applications, and ∂L/∂ of every tensor that L depends on.
 *
 * @param leaves  values of all tensors that no rule made
 * @param dy      ∂L/∂y of the last application's y
 */
export function float64Network(
  applications: readonly Application[],
  leaves: ReadonlyMap<Tensor, NdArray>,
  dy: NdArray,
): { values: Map<Tensor, NdArray>; gradients: Map<Tensor, NdArray> } {
  const values = new Map(leaves);
  const inputsOf = ({ inputs }: Application): Values =>
    Object.fromEntries(
      Object.entries(inputs).flatMap(([name, x]) => (x ? [[name, values.get(x)!]] : [])),
    );
  for (const one of applications) {
    values.set(one.y, one.twin.forward(inputsOf(one), one.options as never));
  }
  const gradients = new Map([[applications.at(-1)!.y, dy]]);
  for (const one of applications.toReversed()) {
    const gradient = gradients.get(one.y);
    if (!gradient) continue;
    const given = one.twin.backward(inputsOf(one), gradient, one.options as never);
    for (const [name, x] of Object.entries(one.inputs)) {
      const part = x && given[`d${name}`];
      if (part) gradients.set(x, sum(x.shape, gradients.get(x), part));
    }
  }
  return { values, gradients };
}

/** a + b, in the shape of the tensor. */
function sum(shape: readonly number[], a: NdArray | undefined, b: NdArray): NdArray {
  const result = ndarray(shape, b.data);
  a?.data.forEach((value, i) => {
    result.data[i]! += value;
  });
  return result;
}
