// Launches shaders/activation.wgsl: allocates the output, records the dispatch.
import { OptionError } from "../core/errors.ts";
import { requireShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { activation_forward, activation as family } from "./generated/activation.ts";

/** The activations, in the order of the shaders' constant ACTIVATION. */
export const ACTIVATIONS = ["none", "silu", "mish", "gelu", "relu"] as const;

export type ActivationName = (typeof ACTIVATIONS)[number];

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const activationVariants = (): Variant[] =>
  ["forward", "backward"].flatMap((entry) =>
    ACTIVATIONS.map((_, index) => ({ family, entry, constants: { ACTIVATION: index } })),
  );

/** The shaders' number of an activation. @throws OptionError for a name that is none */
export function activationIndex(operation: string, name: ActivationName): number {
  const index = ACTIVATIONS.indexOf(name);
  if (index >= 0) return index;
  throw new OptionError(
    "option/activation",
    `${operation}: activation must be one of ${ACTIVATIONS.join(", ")}, got "${name}".`,
    "swish is another name of silu.",
  );
}

/**
 * y = f(x), element by element; f = none, silu, mish, gelu (the exact one) or relu.
 *
 * @throws OptionError for another name
 */
export function activation(
  graph: Graph,
  { x }: { x: Tensor },
  { name }: { name: ActivationName },
): Tensor {
  const constants = { ACTIVATION: activationIndex("activation", name) };
  const y = graph.alloc(x.shape, "activation.y", x.dtype);
  const count = sizeOf(x.shape);
  const args = { dims: { count }, x, y };
  const options = { constants, flops: flopsOf(name) * count };
  graph.dispatch([activation_forward, "forward"], args, foldWorkgroups(count, WORKGROUP), options);
  return y;
}

/**
 * dx = f'(x) · dy.
 *
 * @param target  dx, of x's shape; neither x nor dy
 * @throws ShapeError unless the shapes agree; OptionError for another name
 */
export function activationBackward(
  graph: Graph,
  { x, dy }: { x: Tensor; dy: Tensor },
  { name }: { name: ActivationName },
  target: Tensor,
): void {
  const constants = { ACTIVATION: activationIndex("activationBackward", name) };
  requireShape("activationBackward", "dy", dy.shape, x.shape);
  requireShape("activationBackward", "target", target.shape, x.shape);
  const count = sizeOf(x.shape);
  const args = { dims: { count }, x, dy, dx: target };
  const options = { constants, flops: (flopsOf(name) + 1) * count };
  graph.dispatch([family, "backward"], args, foldWorkgroups(count, WORKGROUP), options);
}

/** Operations an element, an exponential counted as one. */
export function flopsOf(name: ActivationName): number {
  return { none: 0, silu: 4, mish: 6, gelu: 26, relu: 1 }[name];
}
