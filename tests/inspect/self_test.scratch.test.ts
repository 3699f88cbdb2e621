import { test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import type { ShaderFamily } from "../../src/device/shader.ts";
import { Graph } from "../../src/graph/graph.ts";
import { FAMILIES } from "../../src/inspect/families.ts";
import { selfTest } from "../../src/inspect/self_test.ts";
import { testGpu } from "../support/gpu.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";

const SWAPS: [string, string][] = [[" + ", " - "], [" - ", " + "], [" * ", " + "], [" += ", " -= "], [" < ", " <= "], [" >= ", " > "]];
const PER = Number(process.env.PER ?? 20);

function mutants(family: ShaderFamily, reached: Set<number>) {
  const all: { what: string; source: ShaderFamily }[] = [];
  family.chunks.forEach((chunk, c) => {
    if (!reached.has(c) || !chunk.includes("fn ")) return;
    for (const [from, to] of SWAPS) {
      let at = chunk.indexOf(from);
      for (; at >= 0; at = chunk.indexOf(from, at + 1)) {
        const start = chunk.lastIndexOf("\n", at) + 1;
        const end = chunk.indexOf("\n", at);
        const before = chunk.slice(start, at);
        if (before.includes("//")) continue;
        const text = chunk.slice(0, at) + to + chunk.slice(at + from.length);
        const chunks = [...family.chunks];
        chunks[c] = text;
        all.push({ what: `${from.trim()}→${to.trim()} in ${chunk.slice(start, end).trim()}`, source: { ...family, chunks } });
      }
    }
  });
  return all;
}

test("x", async () => {
  const gpu = await testGpu();
  const { gpu: source } = await openGpu({ adapter: "swiftshader" });
  for (const family of FAMILIES) {
    if (process.env.ONLY && !process.env.ONLY.split(",").includes(family.family)) continue;
    const graph = new Graph(gpu.target);
    for (const one of family.cases) {
      const inputs = one.inputs();
      const tensors = Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, graph.alloc(v.shape, k, v.data instanceof Uint32Array ? "u32" : "f32")]));
      one.launch(graph, tensors);
    }
    const shader = graph.dispatches[0]!.variant.family;
    const reached = new Set(graph.dispatches.flatMap(({ variant }) => shader.entries[variant.entry]!.chunks));
    const all = mutants(shader, reached);
    const step = Math.max(1, all.length / PER);
    const count = { caught: 0, compile: 0, survived: [] as string[] };
    for (let k = 0; k < all.length; k += step) {
      const { what, source: changed } = all[Math.floor(k)]!;
      const fresh = await Gpu.open({ gpu: source });
      const [r] = await selfTest(fresh, { families: [family], sources: { [family.family]: changed } });
      if (r!.message) count.compile++;
      else if (!r!.ok) count.caught++;
      else count.survived.push(what);
      fresh.dispose();
    }
    console.log(family.family, all.length, "mutants; caught", count.caught, "not compiled", count.compile, "survived", count.survived.length, "\n  " + count.survived.join("\n  "));
  }
}, 1e7);
