import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelOf, type ShaderFamily } from "../../src/device/shader.ts";
import { type BoundTensor, type Dispatch, Graph } from "../../src/graph/graph.ts";
import { type Plan, planMemory } from "../../src/graph/plan.ts";
import { ResidentBuffer, type Tensor } from "../../src/graph/tensor.ts";
import { expectUnspoilt } from "../support/bank_cells.ts";

const family: ShaderFamily = { name: "none", hash: "", text: [] };

/** A dispatch that reads and writes these, and does nothing. */
function dispatchOf(reads: Tensor[], writes: Tensor[]): Dispatch {
  const variant = { family, entry: "none", constants: {} };
  const bound = (tensor: Tensor, isWritten: boolean, binding: number): BoundTensor => ({
    binding,
    tensor,
    writes: isWritten,
    unread: false,
  });
  return {
    label: labelOf(variant),
    variant,
    workgroups: [1, 1, 1],
    tensors: [
      ...reads.map((tensor, i) => bound(tensor, false, i)),
      ...writes.map((tensor, i) => bound(tensor, true, reads.length + i)),
    ],
    uniforms: [],
    phase: "forward",
    block: undefined,
    flops: 0,
    bytes: 0,
  };
}

const graph = new Graph();
const tensor = (label: string, floats = 64) => graph.alloc([floats], label);

/** A chain in which every link also reads some tensors made before. */
const programs = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 5000 }),
      back: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((links) => {
    const made: Tensor[] = [];
    return links.map(({ size, back }, i) => {
      const reads = back.map((k) => made[i - k]).filter((t) => t !== undefined);
      const y = tensor(`t${i}`, size);
      made.push(y);
      return dispatchOf([...new Set(reads)], [y]);
    });
  });

/** The same, where links also read two made before joined in place, and write a joined tensor of which others read parts. */
const joining = fc
  .array(
    fc.record({
      channels: fc.integer({ min: 1, max: 12 }),
      back: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 4 }),
      joins: fc.boolean(),
      splits: fc.boolean(),
    }),
    { minLength: 20, maxLength: 60 },
  )
  .map((links) => {
    const own = new Graph();
    const made: Tensor[] = [];
    for (const [i, { channels, back, joins, splits }] of links.entries()) {
      const [a, b, ...rest] = back.flatMap((k) => made.at(-k) ?? []);
      const isOpposed = ({ tensors }: Dispatch) => {
        const of = tensors.filter(({ tensor }) => tensor === a || tensor === b);
        return of.some(({ writes }) => writes !== of[0]!.writes);
      };
      const isFree = joins && !own.dispatches.some(isOpposed);
      const both = isFree && a && b ? own.join(a, b) : undefined;
      const reads = new Set([...(both ? [both] : [a, b]), ...rest].filter((t) => t !== undefined));
      const y = own.alloc([1, 8 * channels, 2, 4], `t${i}`);
      const isSplit = splits && channels > 1;
      const halves = [8, 8 * channels - 8].map((C) => own.alloc([1, C, 2, 4], `t${i} of ${C}`));
      const whole = own.join(halves[0]!, halves[1]!)!;
      made.push(...(isSplit ? halves : [y]));
      own.dispatches.push(dispatchOf([...reads], [isSplit ? whole : y]));
    }
    return own.dispatches;
  });

function expectSound(dispatches: readonly Dispatch[], plan: Plan): void {
  for (const { tensors } of dispatches) {
    const banks = (isWritten: boolean) =>
      tensors
        .filter(({ writes }) => writes === isWritten)
        .map((b) => plan.places.get(b.tensor)!.bank);
    for (const bank of banks(true)) expect(banks(false)).not.toContain(bank);
  }
  for (const a of plan.lifetimes) {
    for (const b of plan.lifetimes) {
      if (a === b || a.first > b.last || b.first > a.last) continue;
      const [p, q] = [plan.places.get(a.tensor)!, plan.places.get(b.tensor)!];
      const overlap = p.offset < q.offset + b.bytes && q.offset < p.offset + a.bytes;
      expect(p.bank === q.bank && overlap, `${a.tensor.label} and ${b.tensor.label}`).toBe(false);
    }
  }
}

describe("a memory plan", () => {
  test("never lets live tensors overlap, nor a dispatch read a bank it writes", () => {
    fc.assert(
      fc.property(programs, (dispatches) => {
        const plan = planMemory(dispatches);
        expectSound(dispatches, plan);
        const { peakBytes, lowerBoundBytes, bytesWithoutReuse } = plan.report;
        expect(peakBytes).toBeGreaterThanOrEqual(lowerBoundBytes);
        expect(peakBytes).toBeLessThanOrEqual(bytesWithoutReuse);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("lays joined tensors behind one another, and spoils nothing", () => {
    let joined = 0;
    const isJoined = ({ tensors }: Dispatch) =>
      tensors.some(({ tensor, writes }) => tensor.split !== undefined && !writes);
    fc.assert(
      fc.property(joining, (dispatches) => {
        const plan = planMemory(dispatches);
        expectSound(dispatches, plan);
        expectUnspoilt(dispatches, plan);
        joined += dispatches.filter(isJoined).length;
      }),
      { seed: 2, numRuns: 60 },
    );
    expect(joined).toBeGreaterThan(60);
  });

  test("of a chain takes two banks of one tensor each", () => {
    const links = Array.from({ length: 10 }, (_, i) => tensor(`t${i}`));
    const chain = links.map((y, i) => dispatchOf(i === 0 ? [] : [links[i - 1]!], [y]));
    const plan = planMemory(chain);
    expect(plan.banks).toEqual([256, 256]);
    expect(plan.report).toEqual({
      dispatches: 10,
      peakBytes: 512,
      bytesWithoutReuse: 2560,
      lowerBoundBytes: 512,
    });
  });

  test("keeps what is to be read after the run", () => {
    const links = Array.from({ length: 6 }, (_, i) => tensor(`t${i}`));
    const chain = links.map((y, i) => dispatchOf(i === 0 ? [] : [links[i - 1]!], [y]));
    const plan = planMemory(chain, [links[0]!]);
    expect(plan.lifetimes.find((life) => life.tensor === links[0])?.last).toBe(5);
    expectSound(chain, plan);
  });

  test("refuses a read of what nothing wrote", () => {
    expect(() => planMemory([dispatchOf([tensor("x")], [tensor("y")])])).toThrow(
      "none.none: reads x, which nothing has written",
    );
  });

  test("refuses to read and write one resident buffer", () => {
    const buffer = new ResidentBuffer("weights");
    const [a, b] = [buffer.add([4], "a"), buffer.add([4], "b")];
    expect(() => planMemory([dispatchOf([a], [b])])).toThrow(
      "none.none: reads a and writes b in one buffer",
    );
  });
});
