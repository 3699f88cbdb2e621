// The tape: remembers which rule made each tensor, and walks it backwards once.
//
// It knows nothing of layers or shaders: rules live in ./rules, one a kernel family, and
// ./derivatives.ts names their derivatives. Both walks append dispatches to the same graph; nothing
// runs here. What is not differentiated takes ./forward.ts instead.
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, affine } from "../kernels/elementwise.ts";
import { derivativeOf } from "./derivatives.ts";
import { Forward } from "./forward.ts";
import type { Derivative, Inputs, Rule, Slots } from "./rule.ts";

interface Node {
  y: Tensor;
  inputs: Inputs;
  backward(dy: Tensor, slots: Slots<Inputs>): void;
}

export class Tape extends Forward {
  readonly #nodes: Node[] = [];
  /** leaves whose gradient is wanted, and where it goes (undefined: wherever the plan puts it) */
  readonly #leaves: ReadonlyMap<Tensor, Tensor | undefined>;
  readonly #tracked = new Set<Tensor>();
  /** of a leaf whose gradient has a place: how many nodes that were not visited yet use it */
  readonly #uses = new Map<Tensor, number>();

  /**
   * @param graph   what dispatches are appended to
   * @param leaves  tensors to differentiate by → the tensor their gradient is written to, or
   *                undefined
   */
  constructor(graph: Graph, leaves: ReadonlyMap<Tensor, Tensor | undefined> = new Map()) {
    super(graph);
    this.#leaves = leaves;
    for (const leaf of leaves.keys()) this.#tracked.add(leaf);
  }

  /** Applies a rule: y, remembered if any of its inputs is differentiated. */
  override apply<In extends Inputs, Options, Saved>(
    rule: Rule<In, Options, Saved>,
    inputs: In,
    options: Options,
  ): Tensor {
    const { y, saved } = rule.forward(this.graph, inputs, options);
    if (Object.values(inputs).some((x) => x && this.#tracked.has(x))) {
      this.#tracked.add(y);
      const derivative = this.derivativeOf(rule);
      const backward = (dy: Tensor, slots: Slots<Inputs>) =>
        derivative(this.graph, dy, saved, slots);
      this.#nodes.push({ y, inputs, backward });
      this.#countUse(inputs, 1);
    }
    return y;
  }

  protected derivativeOf<In extends Inputs, Options, Saved>(
    rule: Rule<In, Options, Saved>,
  ): Derivative<In, Saved> {
    return derivativeOf(rule);
  }

  /**
   * Appends the dispatches of every gradient.
   *
   * @param y   the tensor L is a function of
   * @param dy  ∂L/∂y
   * @returns   ∂L/∂leaf of every leaf that y depends on
   */
  backward(y: Tensor, dy: Tensor): Map<Tensor, Tensor> {
    const gradients = new Map([[y, dy]]);
    while (this.#nodes.length > 0) {
      const node = this.#nodes.pop()!;
      this.#countUse(node.inputs, -1);
      const gradient = gradients.get(node.y);
      if (!gradient) continue; // y does not depend on it
      gradients.delete(node.y);
      this.#visit(node, gradient, gradients);
    }
    for (const [leaf, home] of this.#leaves) {
      const gradient = gradients.get(leaf);
      if (home && gradient && gradient !== home)
        affine(this.graph, { x: gradient }, { a: 1 }, home);
    }
    return gradients;
  }

  #visit(node: Node, dy: Tensor, gradients: Map<Tensor, Tensor>): void {
    const written = new Map<Tensor, Tensor>();
    const taken = new Set<Tensor>();
    const input = (name: string): Tensor => {
      const x = node.inputs[name];
      if (x && this.#tracked.has(x)) return x;
      throw new Error(`backward of ${node.y.label}: no gradient of ${name} is wanted`);
    };
    node.backward(dy, {
      wants: (name) => {
        const x = node.inputs[name];
        return x !== undefined && this.#tracked.has(x);
      },
      target: (name, dtype) => {
        const x = input(name);
        const known = written.get(x);
        if (known) return known;
        const target = this.#targetOf(x, gradients.has(x), dtype);
        written.set(x, target);
        return target;
      },
      takePending: (name) => {
        const x = input(name);
        if (this.#leaves.get(x)) return undefined; // the tape adds these, into their place
        taken.add(x);
        return gradients.get(x);
      },
      shared: (name) => {
        const x = input(name);
        taken.add(x);
        const whole = gradients.get(x) ?? this.graph.like(x, `d ${x.label}`);
        written.set(x, whole);
        return whole;
      },
      alias: (name, gradient) => {
        const x = input(name);
        if (this.#leaves.get(x)) throw new Error(`${x.label}: its gradient has a place of its own`);
        written.set(x, gradient);
      },
    });
    for (const [x, gradient] of written) {
      const pending = taken.has(x) ? undefined : gradients.get(x);
      const home = this.#isLastUse(x) ? this.#leaves.get(x) : undefined;
      const sum = pending && add(this.graph, { a: pending, b: gradient }, {}, home);
      gradients.set(x, sum ?? gradient);
    }
  }

  /** A leaf's own gradient tensor where all of its gradient is written at once, or a new one. */
  #targetOf(x: Tensor, isPending: boolean, dtype = x.dtype): Tensor {
    const home = isPending || !this.#isLastUse(x) ? undefined : this.#leaves.get(x);
    return home ?? this.graph.like({ ...x, dtype }, `d ${x.label}`);
  }

  #isLastUse(x: Tensor): boolean {
    return (this.#uses.get(x) ?? 0) === 0;
  }

  #countUse(inputs: Inputs, change: 1 | -1): void {
    for (const x of new Set(Object.values(inputs))) {
      if (!x || !this.#leaves.get(x)) continue;
      this.#uses.set(x, (this.#uses.get(x) ?? 0) + change);
    }
  }
}
