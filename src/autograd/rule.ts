// What a rule is: a forward launch, and apart from it the derivative, the launches that give the
// inputs' gradients. Both stand in one file of ./rules; ./derivatives.ts pairs them, so that a page
// that never differentiates carries no gradient's kernel.
//
// `dx` always means ∂L/∂x. A derivative never allocates a gradient by itself: it asks its slots where
// to write, so that parameters' gradients land in their flat buffer.
import type { Graph } from "../graph/graph.ts";
import type { Dtype, Tensor } from "../graph/tensor.ts";

/** Differentiable inputs by name; those left out are undefined. */
export type Inputs = Readonly<Record<string, Tensor | undefined>>;

/** Where the gradients of one application go. */
export interface Slots<In extends Inputs> {
  /** whether anyone asks for the gradient of this input */
  wants(name: keyof In & string): boolean;
  /**
   * The tensor to write the whole gradient of this input to.
   *
   * @param dtype  of that tensor where it has no place of its own; default the input's
   */
  target(name: keyof In & string, dtype?: Dtype): Tensor;
  /**
   * The gradient that other consumers of this input have given so far. A derivative that takes it must
   * write pending + its own part to the target; else the tape adds the two afterwards.
   */
  takePending(name: keyof In & string): Tensor | undefined;
  /**
   * The one tensor to which every consumer of this input writes its own part of the gradient, such as its
   * columns; together they must write all of it.
   */
  shared(name: keyof In & string): Tensor;
  /** The input's gradient is this very tensor: nothing is written. */
  alias(name: keyof In & string, gradient: Tensor): void;
}

export interface Rule<In extends Inputs, Options, Saved> {
  /** Records the forward dispatches; `saved` is what the derivative needs, and nothing else. */
  forward(graph: Graph, inputs: In, options: Options): { y: Tensor; saved: Saved };
}

/** Records the dispatches that write the gradient of every wanted input. */
export type Derivative<In extends Inputs, Saved> = (
  graph: Graph,
  dy: Tensor,
  saved: Saved,
  slots: Slots<In>,
) => void;
