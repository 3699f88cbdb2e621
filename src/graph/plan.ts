// Memory planning: which bytes of which arena bank each tensor takes, from lifetimes known in full.
//
// WebGPU tracks hazards a GPUBuffer, not a range: a dispatch may not read and write one buffer. So
// tensors are spread over a few banks such that no dispatch reads a bank that it writes, and tensors
// whose lifetimes do not meet share bytes inside a bank.
import type { Dispatch } from "./graph.ts";
import { type Lifetime, lifetimesOf, mostAlive, unitOf } from "./lifetimes.ts";
import { alignUp, bytesOf, type Tensor } from "./tensor.ts";

export interface Place {
  bank: number;
  offset: number;
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
 * near the least that is possible; else the best is taken. A joined tensor (`Graph.join`) takes its parts
 * along: each needs its bytes over its own lifetime alone.
 *
 * @param keep  tensors to be read after the run: alive to its end
 * @throws Error for a dispatch that could never run: one that reads what nothing wrote, or reads and
 *         writes the same buffer
 */
export function planMemory(dispatches: readonly Dispatch[], keep: readonly Tensor[] = []): Plan {
  const lifetimes = lifetimesOf(dispatches, keep);
  const units = unitsOf(dispatches, lifetimes);
  const opposed = opposedUnits(dispatches);
  const lowerBoundBytes = mostAlive(lifetimes, dispatches.length);
  let best: Pick<Plan, "places" | "banks"> | undefined;
  for (const order of ORDERS) {
    const other = arrange([...units].sort(order), opposed);
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

/** What is placed at once: a tensor alone, or a joined one and its parts. */
interface Unit {
  of: Tensor;
  bytes: number;
  /** in the order in which they begin */
  lives: Lifetime[];
  /** of all that lies in it: from which byte on */
  offsets: Map<Tensor, number>;
}

function unitsOf(dispatches: readonly Dispatch[], lifetimes: readonly Lifetime[]): Unit[] {
  const units = new Map<Tensor, Unit>();
  for (const life of lifetimes) {
    const of = unitOf(life.tensor);
    const bytes = alignUp(bytesOf(of));
    const unit: Unit = units.get(of) ?? { of, bytes, lives: [], offsets: new Map() };
    unit.lives.push(life);
    units.set(of, unit);
  }
  const bound = dispatches.flatMap(({ tensors }) => tensors);
  for (const { tensor } of [...bound, ...lifetimes]) {
    units.get(unitOf(tensor))?.offsets.set(tensor, tensor.part?.offset ?? 0);
  }
  return [...units.values()];
}

const firstOf = ({ lives }: Unit): number => lives[0]!.first;

/**
 * Which units are placed first: the large ones, and those that live long, which counts by this power.
 * No order is best for all networks; one takes a millisecond.
 */
const POWERS = [0.25, 0, 0.5, 1, 0.1, 0.2, 0.3, 0.4, 0.75, 2, 3];
const NEAR = 1.005; // times the lower bound

const ORDERS = POWERS.map((power) => {
  const weightOf = ({ lives }: Unit): number =>
    sum(lives.map(({ bytes, first, last }) => bytes * (last - first + 1) ** power));
  return (a: Unit, b: Unit) => weightOf(b) - weightOf(a) || firstOf(a) - firstOf(b);
});

/** Places units in the order given. */
function arrange(
  ordered: readonly Unit[],
  opposed: ReadonlyMap<Tensor, ReadonlySet<Tensor>>,
): Pick<Plan, "places" | "banks"> {
  const banks: Bank[] = [];
  const places = new Map<Tensor, Place>();
  const bankOf = new Map<Tensor, number>();
  for (const unit of ordered) {
    const taken = new Set([...(opposed.get(unit.of) ?? [])].map((other) => bankOf.get(other)));
    const { bank, offset } = placeIn(banks, taken, unit);
    bankOf.set(unit.of, bank);
    for (const [tensor, from] of unit.offsets) places.set(tensor, { bank, offset: offset + from });
  }
  return { places, banks: banks.map(({ size }) => size) };
}

interface Bank {
  size: number;
  placed: { life: Lifetime; offset: number }[];
}

/** Puts a unit into the bank that grows least, a new one if all are taken. */
function placeIn(banks: Bank[], taken: ReadonlySet<number | undefined>, unit: Unit): Place {
  let best = { bank: banks.length, offset: 0, growth: Number.POSITIVE_INFINITY };
  for (const [bank, { size, placed }] of banks.entries()) {
    if (taken.has(bank)) continue;
    const offset = lowestFor(placed, unit);
    const growth = Math.max(0, offset + unit.bytes - size);
    if (growth < best.growth) best = { bank, offset, growth };
  }
  banks[best.bank] ??= { size: 0, placed: [] };
  const bank = banks[best.bank]!;
  for (const life of unit.lives) {
    bank.placed.push({ life, offset: best.offset + unit.offsets.get(life.tensor)! });
  }
  bank.size = Math.max(bank.size, best.offset + unit.bytes);
  return { bank: best.bank, offset: best.offset };
}

/** The lowest offset where no part of a unit overlaps anything that is alive together with it. */
function lowestFor(placed: Bank["placed"], { lives, offsets }: Unit): number {
  let offset = 0;
  for (let before = -1; before < offset; ) {
    before = offset;
    for (const life of lives) {
      const from = offsets.get(life.tensor)!;
      offset = lowestFree(placed, life, offset + from) - from;
    }
  }
  return offset;
}

/** The lowest offset, of those from `start` on, where `life` overlaps nothing. */
function lowestFree(placed: Bank["placed"], life: Lifetime, start: number): number {
  const alive = placed
    .filter(({ life: other }) => other.first <= life.last && life.first <= other.last)
    .sort((a, b) => a.offset - b.offset);
  let offset = start;
  for (const other of alive) {
    if (other.offset - offset >= life.bytes) break;
    offset = Math.max(offset, other.offset + other.life.bytes);
  }
  return offset;
}

/** For each unit, those that some dispatch reads while it writes it, or writes while it reads it. */
function opposedUnits(dispatches: readonly Dispatch[]): Map<Tensor, Set<Tensor>> {
  const opposed = new Map<Tensor, Set<Tensor>>();
  const add = (a: Tensor, b: Tensor) => {
    if (!opposed.has(a)) opposed.set(a, new Set());
    opposed.get(a)!.add(b);
  };
  for (const { label, tensors } of dispatches) {
    for (const { tensor: read } of tensors.filter(({ writes }) => !writes)) {
      for (const { tensor: written } of tensors.filter(({ writes }) => writes)) {
        requireApart(label, read, written);
        add(unitOf(read), unitOf(written));
        add(unitOf(written), unitOf(read));
      }
    }
  }
  return opposed;
}

function requireApart(label: string, read: Tensor, written: Tensor): void {
  const sameBuffer = read.home && read.home.buffer === written.home?.buffer;
  if (unitOf(read) !== unitOf(written) && !sameBuffer) return;
  throw new Error(`${label}: reads ${read.label} and writes ${written.label} in one buffer`);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
