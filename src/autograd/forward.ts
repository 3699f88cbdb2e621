// Networks that are evaluated and not differentiated: rules applied, nothing remembered.
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Inputs, Rule } from "./rule.ts";

export class Forward {
  readonly graph: Graph;

  /** @param graph  what dispatches are appended to */
  constructor(graph: Graph) {
    this.graph = graph;
  }

  /** Applies a rule: y. */
  apply<In extends Inputs, Options, Saved>(
    rule: Rule<In, Options, Saved>,
    inputs: In,
    options: Options,
  ): Tensor {
    return rule.forward(this.graph, inputs, options).y;
  }
}
