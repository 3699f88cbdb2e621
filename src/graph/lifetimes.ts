// From when to when each tensor of a program is alive.
//
// Of a joined tensor (`Graph.join`) it is the parts that live: to read it is to read whoever lies there, to
// write it whole, as gradients are, is to write them.
import type { Dispatch } from "./graph.ts";
import { alignUp, bytesOf, type Tensor } from "./tensor.ts";

export interface Lifetime {
  tensor: Tensor;
  /** index of the dispatch that first writes it, and of the last that touches it */
  first: number;
  last: number;
  bytes: number;
}

/** The tensor that one lies in, or itself. */
export const unitOf = (tensor: Tensor): Tensor => tensor.part?.of ?? tensor;

/**
 * Of every tensor without a home, in the order in which they are first written.
 *
 * @param keep  alive to the end
 * @throws Error for a dispatch that reads what nothing wrote
 */
export function lifetimesOf(dispatches: readonly Dispatch[], keep: readonly Tensor[]): Lifetime[] {
  const lifetimes = new Map<Tensor, Lifetime>();
  /** of a joined tensor: who lies at each offset */
  const lying = new Map<Tensor, Map<number, Lifetime>>();
  const touchedBy = (tensor: Tensor): readonly Lifetime[] => {
    const own = lifetimes.get(tensor);
    return own ? [own] : [...(lying.get(tensor)?.values() ?? [])];
  };
  const begin = (tensor: Tensor, index: number) => {
    const life = { tensor, first: index, last: index, bytes: alignUp(bytesOf(tensor)) };
    lifetimes.set(tensor, life);
    const { part } = tensor;
    if (part) lying.set(part.of, (lying.get(part.of) ?? new Map()).set(part.offset, life));
  };
  for (const [index, { label, tensors }] of dispatches.entries()) {
    for (const { tensor, writes } of tensors) {
      if (tensor.home) continue;
      const touched = touchedBy(tensor);
      for (const life of touched) life.last = index;
      if (touched.length > 0) continue;
      if (!writes) throw new Error(`${label}: reads ${tensor.label}, which nothing has written`);
      for (const one of tensor.parts ?? [tensor]) begin(one, index);
    }
  }
  for (const life of keep.flatMap(touchedBy)) life.last = dispatches.length - 1;
  return [...lifetimes.values()];
}

/** The most bytes that are alive at one of `count` dispatches. */
export function mostAlive(lifetimes: readonly Lifetime[], count: number): number {
  const change = new Float64Array(count + 1);
  for (const { first, last, bytes } of lifetimes) {
    change[first]! += bytes;
    change[last + 1]! -= bytes;
  }
  let alive = 0;
  let most = 0;
  for (const delta of change) {
    alive += delta;
    most = Math.max(most, alive);
  }
  return most;
}
