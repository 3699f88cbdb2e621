// Recomputation: activations that the way back needs are made a second time instead of being kept.
//
// A pass over recorded dispatches. What is made again is made by the same kernels of the same inputs:
// every number has the same bits.
//
// source  Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv:1604.06174
import { OptionError } from "../core/errors.ts";
import type { BoundTensor, Dispatch } from "./graph.ts";
import { planMemory } from "./plan.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The dispatches, with as much recomputation as a limit asks for: none; else norms, sums and copies,
 * which cost little; else also blocks, from the first one on, which on the way back are run again whole.
 *
 * @param limitBytes  of all banks together
 * @param keep        as of `planMemory`
 * @throws OptionError where all recomputation is not enough
 */
export function withinActivationLimit(
  dispatches: readonly Dispatch[],
  limitBytes: number,
  keep: readonly Tensor[] = [],
): readonly Dispatch[] {
  const again = candidates(dispatches, keep);
  const cheap = again.filter(isCheap);
  const blocks = [...new Set(again.flatMap(({ block }) => block ?? []))];
  const levels = [
    [],
    cheap,
    ...blocks.map((_, last) => {
      const chosen = new Set(blocks.slice(0, last + 1));
      return again.filter((one) => isCheap(one) || (one.block && chosen.has(one.block)));
    }),
  ];
  let least = Number.POSITIVE_INFINITY;
  for (const level of levels) {
    const changed = recomputed(dispatches, new Set(level));
    const { peakBytes } = planMemory(changed, keep).report;
    if (peakBytes <= limitBytes) return changed;
    least = Math.min(least, peakBytes);
  }
  throw new OptionError(
    "option/activation-limit",
    `activationLimit: activations need ${mib(least)} MiB when all blocks are recomputed, got a limit of ${mib(limitBytes)} MiB.`,
    "Raise it, or lower the batch.",
  );
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** Without products over channels or tokens: at most so many operations a byte. */
const CHEAP_FLOPS_A_BYTE = 8;

const isCheap = ({ flops, bytes }: Dispatch): boolean => flops <= CHEAP_FLOPS_A_BYTE * bytes;

/** Those of the forward pass whose results nothing else writes, and nobody reads after the run. */
function candidates(dispatches: readonly Dispatch[], keep: readonly Tensor[]): Dispatch[] {
  const writers = writersOf(dispatches);
  const isOwn = ({ tensor, writes }: BoundTensor): boolean =>
    !writes || (!tensor.home && writers.get(tensor)!.length === 1 && !keep.includes(tensor));
  return dispatches.filter(({ phase, tensors }) => phase === "forward" && tensors.every(isOwn));
}

/**
 * The dispatches with those of `again` repeated where the way back first needs what they made; what they
 * read is made again too, if it is theirs.
 *
 * @param again  of the forward pass, each the only writer of what it writes
 */
export function recomputed(
  dispatches: readonly Dispatch[],
  again: ReadonlySet<Dispatch>,
): readonly Dispatch[] {
  if (again.size === 0) return dispatches;
  const writers = writersOf(dispatches);
  const copies = new Map<Tensor, Tensor>();
  const result: Dispatch[] = [];
  const copyOf = (tensor: Tensor): Tensor => {
    for (const part of tensor.parts ?? []) copyOf(part); // whose copy takes its place
    const known = copies.get(tensor);
    if (known) return known;
    const writer = writers.get(tensor)?.[0];
    if (!writer || !again.has(writer)) return tensor;
    for (const { tensor: made, writes } of writer.tensors) {
      if (writes) copies.set(made, { ...made, label: `${made.label} again` });
    }
    result.push({ ...withTensors(writer, copyOf), phase: "backward" });
    return copies.get(tensor)!;
  };
  for (const dispatch of dispatches) {
    const isForward = dispatch.phase === "forward";
    result.push(isForward ? dispatch : withTensors(dispatch, copyOf));
  }
  return result;
}

/** A dispatch on other tensors; those bound and not read keep the company of the rest. */
function withTensors(dispatch: Dispatch, of: (tensor: Tensor) => Tensor): Dispatch {
  const tensors = dispatch.tensors.map((bound) => ({ ...bound, tensor: of(bound.tensor) }));
  return { ...dispatch, tensors };
}

function writersOf(dispatches: readonly Dispatch[]): Map<Tensor, Dispatch[]> {
  const writers = new Map<Tensor, Dispatch[]>();
  for (const dispatch of dispatches) {
    for (const { tensor, writes } of dispatch.tensors) {
      if (!writes) continue;
      writers.set(tensor, [...(writers.get(tensor) ?? []), dispatch]);
    }
  }
  return writers;
}
