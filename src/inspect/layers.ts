// Which layer of a network a dispatch belongs to: by the parameters that it reads, or whose gradients it
// writes. What has none, an activation say, stands between layers, and has its kernel's name alone.
import type { Dispatch } from "../graph/graph.ts";
import { unitOf } from "../graph/lifetimes.ts";
import type { Tensor } from "../graph/tensor.ts";

const PARAMETER = /^(.+)\.(?:weight|bias|weight\+bias)$/;

/** Such as "mid_block.attentions.0.to_q"; undefined where no parameter is bound, or those of several. */
export function layerOf({ tensors }: Pick<Dispatch, "tensors">): string | undefined {
  const layers = tensors.flatMap(({ tensor }) => {
    const layer = tensor.home && PARAMETER.exec(tensor.label)?.[1];
    return layer === undefined ? [] : [layer];
  });
  return new Set(layers).size === 1 ? layers[0] : undefined;
}

/**
 * Tensors that a dispatch reads, or that outlive the run: others are places for what nobody wants. With a
 * joined tensor its parts are read, and the other way round.
 */
export function usedTensors(dispatches: readonly Pick<Dispatch, "tensors">[]): Set<Tensor> {
  const bound = dispatches.flatMap(({ tensors }) => tensors);
  const used = bound.filter(({ tensor, writes }) => !writes || tensor.home !== undefined);
  const units = new Set(used.map(({ tensor }) => unitOf(tensor)));
  return new Set(bound.map(({ tensor }) => tensor).filter((tensor) => units.has(unitOf(tensor))));
}
