import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShaderFamily } from "../../src/device/shader.ts";
import { type BoundTensor, type Dispatch, Graph, type Phase } from "../../src/graph/graph.ts";
import { planMemory } from "../../src/graph/plan.ts";
import { recomputed, withinActivationLimit } from "../../src/graph/recompute.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { expectUnspoilt, Written } from "../support/bank_cells.ts";

const family: ShaderFamily = { name: "none", hash: "", text: [] };
const graph = new Graph();

interface Link {
  label: string;
  phase: Phase;
  reads: Tensor[];
  writes: Tensor[];
  flops?: number;
  block?: string;
}

function dispatchOf({ label, phase, reads, writes, flops = 0, block }: Link): Dispatch {
  const bound = (tensor: Tensor, isWritten: boolean, binding: number): BoundTensor => {
    return { binding, tensor, writes: isWritten, unread: false };
  };
  const variant = { family, entry: label, constants: {} };
  const tensors = [
    ...reads.map((tensor, i) => bound(tensor, false, i)),
    ...writes.map((tensor, i) => bound(tensor, true, reads.length + i)),
  ];
  const rest = { workgroups: [1, 1, 1] as const, uniforms: [], bytes: 1024 };
  return { label, variant, tensors, phase, block, flops, ...rest };
}

/** A chain forward, and a way back each link of which reads its activation and the gradient. */
function network(depth: number, floats = 4096) {
  const x = Array.from({ length: depth + 1 }, (_, i) =>
    graph.alloc([1, 8, 1, floats / 8], `x${i}`),
  );
  const d = Array.from({ length: depth + 1 }, (_, i) => graph.alloc([floats], `d${i}`));
  const links: Link[] = [{ label: "start", phase: "forward", reads: [], writes: [x[0]!] }];
  // every fourth link reads what the third before it read as well, joined in place
  const inputs = x.map((own, i) => (i % 4 === 3 ? graph.join(own, x[i - 3]!)! : own));
  for (let i = 0; i < depth; i++) {
    const [reads, writes] = [[inputs[i]!], [x[i + 1]!]];
    const block = `block ${Math.floor(i / 3)}`;
    links.push({ label: `f${i}`, phase: "forward", reads, writes, flops: 1e6, block });
  }
  links.push({ label: "loss", phase: "forward", reads: [x[depth]!], writes: [d[depth]!] });
  for (let i = depth - 1; i >= 0; i--) {
    const [reads, writes] = [[inputs[i]!, x[i + 1]!, d[i + 1]!], [d[i]!]];
    links.push({ label: `b${i}`, phase: "backward", reads, writes });
  }
  return { dispatches: links.map(dispatchOf), result: d[0]! };
}

/** What each dispatch computes, as text of what it reads; the value of the last write of all. */
function outcomeOf(dispatches: readonly Dispatch[]): string {
  const values = new Written();
  let last = "";
  for (const { label, tensors } of dispatches) {
    const reads = tensors.filter(({ writes }) => !writes).map(({ tensor }) => values.of(tensor));
    expect(reads, `${label} reads what was written`).not.toContainEqual([]);
    for (const { tensor, writes } of tensors) {
      if (!writes) continue;
      last = hash(`${label}(${reads.join()})`);
      values.set(tensor, last);
    }
  }
  return last;
}

function hash(text: string): string {
  let h = 2166136261;
  for (const letter of text) h = Math.imul(h ^ letter.charCodeAt(0), 16777619);
  return (h >>> 0).toString(36);
}

describe("recomputation", () => {
  test("of any part of the forward pass leaves the result what it was", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.boolean()),
        (depth, coin) => {
          const { dispatches } = network(depth);
          const again = dispatches.filter(
            ({ phase, label }) => phase === "forward" && label !== "loss" && coin.next().value,
          );
          const changed = recomputed(dispatches, new Set(again));
          expect(outcomeOf(changed)).toBe(outcomeOf(dispatches));
          expectUnspoilt(changed, planMemory(changed));
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });

  test("changes nothing within the limit, and takes the more the lower it is", () => {
    const { dispatches } = network(12);
    const { peakBytes } = planMemory(dispatches).report;
    expect(withinActivationLimit(dispatches, peakBytes)).toBe(dispatches);
    const half = withinActivationLimit(dispatches, 0.7 * peakBytes);
    expect(planMemory(half).report.peakBytes).toBeLessThanOrEqual(0.7 * peakBytes);
    expect(half.length).toBeGreaterThan(dispatches.length);
    expect(outcomeOf(half)).toBe(outcomeOf(dispatches));
  });

  test("refuses a limit that it cannot meet, with the least that it can", () => {
    const { dispatches } = network(12);
    expect(() => withinActivationLimit(dispatches, 1000)).toThrow(
      /^activationLimit: activations need 0\.\d MiB when all blocks are recomputed, got a limit of 0\.0 MiB\./,
    );
  });

  test("leaves alone what is read after the run, or written twice", () => {
    const { dispatches } = network(3);
    const first = dispatches[1]!.tensors.find(({ writes }) => writes)!.tensor;
    const limit = planMemory(dispatches, [first]).report.peakBytes - 1;
    try {
      const changed = withinActivationLimit(dispatches, limit, [first]);
      const again = changed.filter(({ label }) => label === dispatches[1]!.label);
      expect(again).toHaveLength(1);
    } catch (error) {
      expect(error).toMatchObject({ code: "option/activation-limit" });
    }
  });
});
