// PyTorch's own numbers, seed by seed: uniforms and integers to the bit, normals within 2e-6.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TorchGenerator, torchRandn } from "../../src/core/torch_random.ts";

interface Draw {
  seed: number;
  size: number | number[];
  count: number;
  call: string;
  hex?: string[];
  first_hex?: string[];
  last_hex?: string[];
  sum: number;
  scalar_path?: Draw;
}
interface Integers {
  seed: number;
  call: string;
  low: number;
  high: number;
  values: number[];
}
interface Golden {
  randn: Draw[];
  rand: Draw[];
  randn_sequences: { seed: number; draws: Draw[] }[];
  integers: Integers[];
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("../fixtures/random/torch.json", import.meta.url), "utf8"),
);
const NORMALS = 2e-6; // PyTorch's vector and scalar paths differ by up to 1.3e-6 themselves

const floatOf = (hex: string) => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number.parseInt(hex, 16));
  return view.getFloat32(0);
};
const floatsOf = (hex: string[] = []) => hex.map(floatOf);
const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

function worstOf(values: Float32Array, draw: Draw): number {
  const head = floatsOf(draw.hex ?? draw.first_hex);
  const tail = floatsOf(draw.hex ?? draw.last_hex);
  const differences = [
    ...head.map((expected, i) => values[i]! - expected),
    ...tail.map((expected, i) => values[values.length - tail.length + i]! - expected),
  ];
  return Math.max(...differences.map(Math.abs));
}

describe("torch.randn", () => {
  test.each(golden.randn)("seed $seed, $count values", (draw) => {
    const values = torchRandn(draw.seed, [draw.count]);
    expect(worstOf(values, draw)).toBeLessThan(NORMALS);
    expect(Math.abs(sum(values) - draw.sum)).toBeLessThan(NORMALS * Math.sqrt(draw.count));
  });

  test.each(golden.randn_sequences)("calls one after another, seed $seed", ({ seed, draws }) => {
    const generator = new TorchGenerator(seed);
    for (const draw of draws) {
      expect(worstOf(generator.randn(draw.count), draw)).toBeLessThan(NORMALS);
    }
  });

  test("nearly all values have the bits of PyTorch's scalar path", () => {
    const pairs = golden.randn
      .filter(({ scalar_path, hex }) => scalar_path?.hex && hex)
      .flatMap(({ seed, count, scalar_path }) => {
        const values = torchRandn(seed, [count]);
        return floatsOf(scalar_path!.hex).map((expected, i) => values[i] === expected);
      });
    expect(pairs.filter(Boolean).length / pairs.length).toBeGreaterThan(0.95);
  });
});

describe("torch.rand and torch.randint", () => {
  const float32 = golden.rand.filter(({ call }) => call === "torch.rand(20)");
  test.each(float32)("rand, seed $seed, to the bit", ({ seed, count, hex }) => {
    expect([...new TorchGenerator(seed).rand(count)]).toEqual(floatsOf(hex));
  });

  test.each(golden.integers)("$call, seed $seed", ({ seed, call, low, high, values }) => {
    const generator = new TorchGenerator(seed);
    const drawn = call.includes("randperm")
      ? generator.randperm(values.length)
      : generator.randint(low, high, values.length);
    expect(drawn).toEqual(values);
  });
});

describe("seeds", () => {
  test("count modulo 2³², as in PyTorch", () => {
    expect(torchRandn(2n ** 32n + 5n, [20])).toEqual(torchRandn(5, [20]));
    expect(torchRandn(-1, [20])).toEqual(torchRandn(0xffffffff, [20]));
  });

  test.each([1.5, Number.NaN, 2 ** 53])("%s is refused", (seed) => {
    expect(() => new TorchGenerator(seed)).toThrow(/seed must be an exact integer, got/);
  });

  test("a range that is empty, and a count that is none, are refused with their values", () => {
    expect(() => new TorchGenerator(0).randint(3, 3, 1)).toThrow(/low < high, got 3 and 3/);
    expect(() => new TorchGenerator(0).randn(-1)).toThrow(/randn: the count .* got -1/);
  });
});
