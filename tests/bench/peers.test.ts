// The comparison with other engines: how their tensors lie, and what is told of their times.
import { describe, expect, test } from "vitest";
import { fromLayout, type Layout, toLayout } from "../../bench/peers/kernels/layout.ts";

interface Ratio {
  name: string;
  engine: string;
  median: number;
  min: number;
  max: number;
  n: number;
}

interface Report {
  results: unknown[];
  ratios: Ratio[];
}

const script: string = "../../bench/peers/report.mjs"; // JavaScript: it has no types
const {
  ratiosOf,
  timing,
  kernelTable,
}: {
  ratiosOf(pairs: object[], baseline: string): Ratio[];
  timing(name: string, engine: string, steps: object[], check: object): Report["results"][number];
  kernelTable(report: Report): string;
} = await import(script);

const NHWC: Layout = { images: [0, 2, 3, 1], filters: [2, 3, 1, 0], tokens: [0, 2, 1] };

const counting = (shape: number[]) => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => i) };
};

describe("an engine's layout", () => {
  test("[n, c, i, j] lies at [n, i, j, c]", () => {
    const { shape, data } = toLayout("x", counting([2, 3, 4, 5]), NHWC);
    expect(shape).toEqual([2, 4, 5, 3]);
    const [n, c, i, j] = [1, 2, 3, 1];
    expect(data[((n * 4 + i) * 5 + j) * 3 + c]).toBe(((n * 3 + c) * 4 + i) * 5 + j);
  });

  test.each([
    ["x", [2, 3, 4, 5]],
    ["dweight", [2, 3, 4, 5]],
    ["dq", [2, 3, 4]],
    ["bias", [6]],
  ])("%s comes back from it as it went", (name, shape) => {
    const tensor = counting(shape);
    const there = toLayout(name, tensor, NHWC);
    expect(fromLayout(name, there.data, tensor, NHWC)).toEqual(tensor.data);
  });
});

describe("the ratios of samples taken in turns", () => {
  const pairs = [
    { name: "kernels/one", engine: "a", base: 1, time: 3 },
    { name: "kernels/one", engine: "a", base: 2, time: 4 },
    { name: "kernels/one", engine: "a", base: 1, time: 9 },
    { name: "kernels/one", engine: "b", base: 1, time: 5 },
  ];

  test("are of each sample over ours just before, an engine and a name", () => {
    const [a, b] = ratiosOf(pairs, "ours");
    expect(a).toMatchObject({ engine: "a", median: 3, min: 2, max: 9, n: 3 });
    expect(b).toMatchObject({ engine: "b", median: 5, n: 1 });
  });

  test("stand beside the times in the table", () => {
    const results = [
      timing("kernels/one", "ours", [{ ms: 1 }, { ms: 2 }, { ms: 1 }], {}),
      timing("kernels/one", "a", [{ ms: 3 }, { ms: 4 }, { ms: 9 }], {}),
    ];
    const line = kernelTable({ results, ratios: ratiosOf(pairs, "ours") })
      .split("\n")
      .at(-1);
    expect(line).toBe("| `one` | 1.0 ± 0.0 | 4.0 ± 1.0: **3.0 ×** (2.0–9.0, n = 3) |");
  });
});
