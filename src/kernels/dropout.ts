// Launches shaders/dropout.wgsl: checks the probability, allocates the output, records the dispatch.
import { OptionError } from "../core/errors.ts";
import { requireShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { quadWorkgroups, STATE_SHAPE, STREAMS } from "./diffusion.ts";
import { dropout as family } from "./generated/dropout.ts";

export const dropoutVariants = (): Variant[] => [{ family, entry: "apply", constants: {} }];

export interface DropoutOptions {
  /** p in (0, 1): the probability that an element becomes 0 */
  rate: number;
  /** of the network, from 0: each has a stream of its own */
  layer: number;
}

/**
 * x / (1 − p) where the mask of this layer and step keeps it, else 0. Of dy it is the gradient.
 *
 * @param x       [N, ...]
 * @param state   u32 [8], see `STATE`
 * @param target  of x's shape; default: a new tensor
 * @throws OptionError unless 0 < rate < 1
 * @see Srivastava et al. 2014, JMLR 15
 */
export function dropout(
  graph: Graph,
  { x, state }: { x: Tensor; state: Tensor },
  { rate, layer }: DropoutOptions,
  target?: Tensor,
): Tensor {
  requireShape("dropout", "state", state.shape, STATE_SHAPE);
  if (!(rate > 0 && rate < 1)) {
    throw new OptionError(
      "option/training",
      `dropout: the rate must be in 0 … 1, ends left out, got ${rate}.`,
      "Leave dropout out where nothing is to be dropped.",
    );
  }
  const y = target ?? graph.alloc(x.shape, "dropout.y", x.dtype);
  requireShape("dropout", "target", y.shape, x.shape);
  const N = x.shape[0] ?? 1;
  const size = sizeOf(x.shape) / N;

  const least = Math.floor(rate * 2 ** 32);
  const mask = { size, stream: STREAMS.dropout + layer, least, scale: 1 / (1 - rate) };
  const options = { flops: sizeOf(x.shape) };
  graph.dispatch([family, "apply"], { mask, state, x, y }, quadWorkgroups(N, size), options);
  return y;
}
