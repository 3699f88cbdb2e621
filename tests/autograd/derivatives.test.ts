import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { derivativeOf } from "../../src/autograd/derivatives.ts";
import type { Rule } from "../../src/autograd/rule.ts";
import { Tape } from "../../src/autograd/tape.ts";
import { Graph } from "../../src/graph/graph.ts";

const folder = new URL("../../src/autograd/rules/", import.meta.url);
type AnyRule = Rule<Record<string, never>, unknown, unknown>;

describe("every rule has its derivative, beside it and in the table", () => {
  test.each(readdirSync(folder))("%s", async (file) => {
    const module: Record<string, unknown> = await import(new URL(file, folder).href);
    const rules = Object.keys(module).filter((name) => name.endsWith("Rule"));
    expect(rules).not.toEqual([]);
    for (const name of rules) {
      const derivative = module[name.replace(/Rule$/, "Derivative")];
      expect(derivative, name).toBeTypeOf("function");
      expect(derivativeOf(module[name] as AnyRule), name).toBe(derivative);
    }
  });

  test("a rule without one is refused when it is applied", () => {
    const graph = new Graph();
    const x = graph.alloc([1], "x");
    const rule: Rule<{ readonly x: typeof x }, object, null> = {
      forward: (_, inputs) => ({ y: { ...inputs.x, label: "y" }, saved: null }),
    };
    const tape = new Tape(graph, new Map([[x, undefined]]));
    expect(() => tape.apply(rule, { x }, {})).toThrow("a rule without a derivative was applied");
  });
});
