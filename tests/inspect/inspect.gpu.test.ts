// What `inspect` shows of a program: each view agrees with the program and with the others.
import { beforeAll, describe, expect, test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program.ts";
import { ResidentBuffer } from "../../src/graph/tensor.ts";
import { dumpGraph, graphviz } from "../../src/inspect/graph_dump.ts";
import { liveBytes, memoryMap, memoryMapSvg } from "../../src/inspect/memory_map.ts";
import { type Profile, profileProgram } from "../../src/inspect/profile.ts";
import { chromeTrace } from "../../src/inspect/trace.ts";
import { activation } from "../../src/kernels/activation.ts";
import { linear } from "../../src/kernels/matmul.ts";
import { testGpu } from "../support/gpu.ts";

const ROWS = 64;

/** Three linear layers with activations between them. */
async function threeLayers(): Promise<Program> {
  const gpu = await testGpu();
  const buffer = new ResidentBuffer("inputs");
  const weight = buffer.add([ROWS, ROWS], "weight");
  let x = buffer.add([ROWS, ROWS], "x");
  const graph = new Graph(gpu.target);
  for (let layer = 0; layer < 3; layer++) {
    x = activation(graph, { x: linear(graph, { x, weight }) }, { name: "silu" });
  }
  return Program.compile(gpu, graph, { label: "layers", keep: [x] });
}

let program: Program;
let profile: Profile;

beforeAll(async () => {
  program = await threeLayers();
  profile = await profileProgram(await testGpu(), program, 2);
});

describe("the profile of a program", () => {
  test("has every dispatch, in order, each with a time", () => {
    expect(profile.dispatches.map(({ label }) => label)).toEqual(
      program.dispatches.map(({ label }) => label),
    );
    for (const { ms } of profile.dispatches) expect(ms).toBeGreaterThan(0);
  });

  test("by phase and by kernel: counts, times and shares sum up to the whole", () => {
    for (const rows of [profile.phases, profile.kernels]) {
      const sum = (of: "dispatches" | "ms" | "share") =>
        rows.reduce((all, row) => all + row[of], 0);
      expect(sum("dispatches")).toBe(program.dispatches.length);
      expect(sum("ms")).toBeCloseTo(profile.gpu_ms, 9);
      expect(sum("share")).toBeCloseTo(1, 9);
    }
  });

  test("gives the rate of the work that the graph counts", () => {
    const layers = profile.kernels.find(({ name }) => name.startsWith("matmul"))!;
    expect(layers.gflops_per_s * layers.ms * 1e6).toBeCloseTo(3 * 2 * ROWS ** 3, -1);
  });
});

describe("the memory map", () => {
  test("has as much alive at its peak as no plan can go below", () => {
    const map = memoryMap(program.plan);
    expect(map.peak.bytes).toBe(map.lowerBoundBytes);
    expect(Math.max(...liveBytes(map.tensors, map.dispatches))).toBe(map.peak.bytes);
  });

  test("gives no two tensors that live together the same bytes", () => {
    const { tensors } = memoryMap(program.plan);
    for (const [i, a] of tensors.entries()) {
      for (const b of tensors.slice(i + 1)) {
        const together = a.bank === b.bank && a.first <= b.last && b.first <= a.last;
        const apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
        expect(!together || apart, `${a.label} and ${b.label}`).toBe(true);
      }
    }
  });

  test("as SVG has one titled box a tensor", () => {
    const map = memoryMap(program.plan);
    const svg = memoryMapSvg(map);
    expect(svg.match(/<title>/g)).toHaveLength(map.tensors.length);
    expect(svg).toContain(`most alive, ${(map.peak.bytes / 2 ** 20).toFixed(2)} MiB`);
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

describe("the Chrome trace", () => {
  interface TraceEvent {
    ph: string;
    name: string;
    ts: number;
    dur: number;
    tid: number;
    args: Record<string, unknown>;
  }

  test("has the dispatches one after the other, with their work, and live bytes beside them", () => {
    const map = memoryMap(program.plan);
    const once = { record: 1, plan: 2, compile: 3, bind: 4 };
    const text = chromeTrace(profile, map, { ...once, encode: 1, submit: 1, read_back: 9 });
    const { traceEvents } = JSON.parse(text) as { traceEvents: TraceEvent[] };
    const onGpu = traceEvents.filter(({ ph, args }) => ph === "X" && args !== undefined);
    expect(onGpu.map(({ name }) => name)).toEqual(program.dispatches.map(({ label }) => label));
    let end = 12_000; // what the host did comes first
    for (const { ts, dur } of onGpu) {
      expect(ts).toBeCloseTo(end, 6);
      end = ts + dur;
    }
    const counters = traceEvents.filter(({ ph }) => ph === "C");
    expect(counters.map(({ args }) => args.activations)).toEqual(
      liveBytes(map.tensors, map.dispatches),
    );
  });
});

describe("the graph's dump", () => {
  test("chains dispatches by the tensors that pass between them", () => {
    const dump = dumpGraph(program.dispatches);
    for (const [i, { reads }] of dump.entries()) {
      if (i > 0) expect(reads).toContain(dump[i - 1]!.writes[0]);
    }
    const edges = graphviz(dump).match(/d\d+ -> d\d+/g);
    const chain = dump.slice(1).map((_, i) => `d${i} -> d${i + 1}`);
    expect(edges).toEqual(expect.arrayContaining(chain));
  });
});
