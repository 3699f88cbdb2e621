// Memory planning: which bytes of which arena bank each tensor takes, from lifetimes known in full.
//
// WebGPU tracks hazards a GPUBuffer, not a range: a dispatch may not read and write one buffer. So
// tensors are spread over a few banks such that no dispatch reads a bank that it writes, and tensors
// whose lifetimes do not meet share bytes inside a bank.
import type { Dispatch } from "./graph.ts";
import { alignUp, bytesOf, type Tensor } from "./tensor.ts";

export interface Place {
  bank: number;
  offset: number;
}

export interface Lifetime {
  tensor: Tensor;
  /** index of the dispatch that first writes it, and of the last that touches it */
  first: number;
  last: number;
  bytes: number;
}

export interface Plan {
  places: Map<Tensor, Place>;
  lifetimes: Lifetime[];
  /** bytes of each bank */
  banks: number[];
  report: PlanReport;
}

export interface PlanReport {
  dispatches: number;
  /** bytes of all banks together */
  peakBytes: number;
  /** bytes if every tensor had its own */
  bytesWithoutReuse: number;
  /** the most bytes that are alive at one dispatch: no plan can need fewer */
  lowerBoundBytes: number;
}

/**
 * Places every tensor without a home.
 *
 * One after the other, each where the banks grow least: at the lowest offset that is free over its
 * lifetime, in a bank that none of its dispatches uses the other way. Orders are tried until one is
 * near the least that is possible; else the best is taken.
 *
 * @param keep  tensors to be read after the run: alive to its end
 * @throws Error for a dispatch that could never run: one that reads what nothing wrote, or reads and
 *         writes the same buffer
 */
export function planMemory(dispatches: readonly Dispatch[], keep: readonly Tensor[] = []): Plan {
  const lifetimes = lifetimesOf(dispatches);
  for (const life of lifetimes) {
    if (keep.includes(life.tensor)) life.last = dispatches.length - 1;
  }
  const opposed = opposedTensors(dispatches);
  const lowerBoundBytes = mostAlive(lifetimes, dispatches.length);
  let best: Pick<Plan, "places" | "banks"> | undefined;
  for (const order of ORDERS) {
    const other = arrange([...lifetimes].sort(order), opposed);
    if (!best || sum(other.banks) < sum(best.banks)) best = other;
    if (sum(best.banks) <= NEAR * lowerBoundBytes) break;
  }
  const { places, banks } = best!;
  return {
    places,
    lifetimes,
    banks,
    report: {
      dispatches: dispatches.length,
      peakBytes: sum(banks),
      bytesWithoutReuse: sum(lifetimes.map(({ bytes }) => bytes)),
      lowerBoundBytes,
    },
  };
}

const span = ({ first, last }: Lifetime): number => last - first + 1;

/**
 * Which tensors are placed first: the large ones, and those that live long, which counts by this power.
 * No order is best for all networks.
 */
const POWERS = [0.25, 0, 0.5, 1];
const NEAR = 1.005; // times the lower bound

const ORDERS = POWERS.map((power) => {
  const weightOf = (life: Lifetime): number => life.bytes * span(life) ** power;
  return (a: Lifetime, b: Lifetime) =>
    weightOf(b) - weightOf(a) || span(b) - span(a) || a.first - b.first;
});

/** Places tensors in the order given. */
function arrange(
  ordered: readonly Lifetime[],
  opposed: ReadonlyMap<Tensor, ReadonlySet<Tensor>>,
): Pick<Plan, "places" | "banks"> {
  const banks: Bank[] = [];
  const places = new Map<Tensor, Place>();
  for (const life of ordered) {
    const taken = new Set<number>();
    for (const other of opposed.get(life.tensor) ?? []) {
      const place = places.get(other);
      if (place) taken.add(place.bank);
    }
    places.set(life.tensor, placeIn(banks, taken, life));
  }
  return { places, banks: banks.map(({ size }) => size) };
}

interface Bank {
  size: number;
  placed: { life: Lifetime; offset: number }[];
}

/** Puts a tensor into the bank that grows least, a new one if all are taken. */
function placeIn(banks: Bank[], taken: ReadonlySet<number>, life: Lifetime): Place {
  let best = { bank: banks.length, offset: 0, growth: Number.POSITIVE_INFINITY };
  for (const [bank, { size, placed }] of banks.entries()) {
    if (taken.has(bank)) continue;
    const offset = lowestFree(placed, life);
    const growth = Math.max(0, offset + life.bytes - size);
    if (growth < best.growth) best = { bank, offset, growth };
  }
  banks[best.bank] ??= { size: 0, placed: [] };
  const bank = banks[best.bank]!;
  bank.placed.push({ life, offset: best.offset });
  bank.size = Math.max(bank.size, best.offset + life.bytes);
  return { bank: best.bank, offset: best.offset };
}

/** The lowest offset where `life` overlaps nothing that is alive together with it. */
function lowestFree(placed: Bank["placed"], life: Lifetime): number {
  const alive = placed
    .filter(({ life: other }) => other.first <= life.last && life.first <= other.last)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of alive) {
    if (other.offset - offset >= life.bytes) break;
    offset = Math.max(offset, other.offset + other.life.bytes);
  }
  return offset;
}

function lifetimesOf(dispatches: readonly Dispatch[]): Lifetime[] {
  const lifetimes = new Map<Tensor, Lifetime>();
  for (const [index, { label, tensors }] of dispatches.entries()) {
    for (const { tensor, writes } of tensors) {
      if (tensor.home) continue;
      const life = lifetimes.get(tensor);
      if (life) life.last = index;
      else if (writes) {
        const bytes = alignUp(bytesOf(tensor));
        lifetimes.set(tensor, { tensor, first: index, last: index, bytes });
      } else throw new Error(`${label}: reads ${tensor.label}, which nothing has written`);
    }
  }
  return [...lifetimes.values()];
}

/** For each tensor, those that some dispatch reads while it writes it, or writes while it reads it. */
function opposedTensors(dispatches: readonly Dispatch[]): Map<Tensor, Set<Tensor>> {
  const opposed = new Map<Tensor, Set<Tensor>>();
  const add = (a: Tensor, b: Tensor) => {
    if (!opposed.has(a)) opposed.set(a, new Set());
    opposed.get(a)!.add(b);
  };
  for (const { label, tensors } of dispatches) {
    for (const { tensor: read } of tensors.filter(({ writes }) => !writes)) {
      for (const { tensor: written } of tensors.filter(({ writes }) => writes)) {
        requireApart(label, read, written);
        add(read, written);
        add(written, read);
      }
    }
  }
  return opposed;
}

function requireApart(label: string, read: Tensor, written: Tensor): void {
  const sameBuffer = read.home && read.home.buffer === written.home?.buffer;
  if (read !== written && !sameBuffer) return;
  throw new Error(`${label}: reads ${read.label} and writes ${written.label} in one buffer`);
}

function mostAlive(lifetimes: readonly Lifetime[], count: number): number {
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

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
