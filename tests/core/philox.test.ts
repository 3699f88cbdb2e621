// Philox4x32-10 and its normals: the published words, the exact formula, and the law of large
// numbers.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  mulHigh,
  normalsOf,
  philox,
  philoxNormals,
  philoxUniforms,
  seedWords,
} from "../../src/core/philox.ts";
import { kolmogorovSmirnov, moments } from "./statistics.ts";

interface KnownAnswer {
  counter: string[];
  key: string[];
  result: string[];
}
const golden: Record<"known_answers_of_Random123" | "more", KnownAnswer[]> = JSON.parse(
  readFileSync(new URL("../fixtures/random/philox.json", import.meta.url), "utf8"),
);
const ofHex = (words: string[]) => words.map((word) => Number.parseInt(word, 16));

describe("Philox4x32-10 [Salmon et al. 2011]", () => {
  const answers = [...golden.known_answers_of_Random123, ...golden.more];
  test.each(answers)("counter $counter, key $key gives $result", ({ counter, key, result }) => {
    expect([...philox(ofHex(counter), ofHex(key))]).toEqual(ofHex(result));
  });

  test("mulHigh is the high word of the exact product", () => {
    const edges = [0, 1, 0xffff, 0x10000, 0x10001, 0x7fffffff, 0x80000000, 0xd2511f53, 0xffffffff];
    for (const a of edges) {
      for (const b of edges) {
        expect(mulHigh(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
      }
    }
  });
});

describe("a number is a function of (seed, stream, step, element) alone", () => {
  const all = philoxNormals(3, 40, { stream: 1, step: 2 });

  test("asking for fewer, or for a later part, gives the same numbers", () => {
    expect(philoxNormals(3, 7, { stream: 1, step: 2 })).toEqual(all.slice(0, 7));
    expect(philoxNormals(3, 9, { stream: 1, step: 2, first: 12 })).toEqual(all.slice(12, 21));
  });

  test("element e comes from counter [e / 4, stream, step, 0]", () => {
    const four = [0, 0, 0, 0];
    normalsOf(philox([5, 1, 2, 0], seedWords(3)), four);
    expect([...all.slice(20, 24)]).toEqual(four);
  });

  test.each([
    ["seed", philoxNormals(4, 40, { stream: 1, step: 2 })],
    ["the seed's high half", philoxNormals(3n + (1n << 32n), 40, { stream: 1, step: 2 })],
    ["stream", philoxNormals(3, 40, { stream: 2, step: 2 })],
    ["step", philoxNormals(3, 40, { stream: 1, step: 3 })],
  ])("another %s shares no number", (_what, other) => {
    expect(all.filter((z, i) => z === other[i])).toHaveLength(0);
  });
});

describe("z = √(−2 ln u) · (cos 2πv, sin 2πv) in float32", () => {
  const exactly = (radial: number, angular: number) => {
    const radius = Math.sqrt(-2 * Math.log(((radial >>> 9) + 0.5) * 2 ** -23));
    const angle = 2 * Math.PI * ((angular >>> 8) + 0.5) * 2 ** -24;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  };
  const worst = (counters: Iterable<Uint32Array>) => {
    const four = [0, 0, 0, 0];
    let error = 0;
    for (const words of counters) {
      normalsOf(words, four);
      const exact = [...exactly(words[0]!, words[1]!), ...exactly(words[2]!, words[3]!)];
      for (let i = 0; i < 4; i++) error = Math.max(error, Math.abs(four[i]! - exact[i]!));
    }
    return error;
  };

  test("10⁶ normals are within 1e-6 of the exact formula", () => {
    function* drawn() {
      for (let block = 0; block < 250_000; block++) yield philox([block, 0, 0, 0], [9, 0]);
    }
    expect(worst(drawn())).toBeLessThan(1e-6);
  });

  test("so are the extremes: the largest radius, the smallest, and every octant's edge", () => {
    const radial = [0, 511, 512, 0xb504f3ff, 0x7fffffff, 0x80000000, 0xfffffdff, 0xffffffff];
    function* corners() {
      for (let eighth = 0; eighth < 8; eighth++) {
        for (const nudge of [-1, 0, 1]) {
          const angular = eighth * 2 ** 29 + nudge;
          for (const u of radial) yield Uint32Array.of(u, angular, u, angular + 255);
        }
      }
    }
    expect(worst(corners())).toBeLessThan(1e-6);
  });
});

describe("10⁶ draws", () => {
  const n = 1_000_000;
  const fiveSigma = (variance: number) => 5 * Math.sqrt(variance / n);

  test("normals have mean 0, variance 1, skewness 0, kurtosis 3, within 5 standard errors", () => {
    const [mean, variance, skewness, kurtosis] = moments(philoxNormals(2024, n));
    expect(Math.abs(mean)).toBeLessThan(fiveSigma(1));
    expect(Math.abs(variance - 1)).toBeLessThan(fiveSigma(2));
    expect(Math.abs(skewness)).toBeLessThan(fiveSigma(6));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(fiveSigma(24));
  });

  test("normals pass Kolmogorov and Smirnov: √n · D < 1.95, the 0.1 % point", () => {
    expect(Math.sqrt(n) * kolmogorovSmirnov(philoxNormals(2024, n), "normal")).toBeLessThan(1.95);
  });

  test("uniforms pass it too, and stay strictly between 0 and 1", () => {
    const values = philoxUniforms(2024, n);
    expect(Math.sqrt(n) * kolmogorovSmirnov(values, "uniform")).toBeLessThan(1.95);
    expect(values.every((u) => u > 0 && u < 1)).toBe(true);
  });

  test("neighbours and Box-Muller partners are uncorrelated", () => {
    const z = philoxNormals(2024, n);
    for (const lag of [1, 2, 3, 4]) {
      let product = 0;
      for (let i = lag; i < n; i++) product += z[i]! * z[i - lag]!;
      expect(Math.abs(product / n)).toBeLessThan(fiveSigma(1));
    }
  });
});

describe("seedWords", () => {
  test.each([
    [0, [0, 0]],
    [2 ** 53 - 1, [0xffffffff, 0x1fffff]],
    [2n ** 64n - 1n, [0xffffffff, 0xffffffff]],
  ])("%s is %s", (seed, words) => expect(seedWords(seed)).toEqual(words));

  test.each([-1, 1.5, Number.NaN, 2 ** 53, 2 ** 53 + 1, -1n, 2n ** 64n, "7" as unknown as number])(
    "%s is refused",
    (seed) => expect(() => seedWords(seed)).toThrow(/^seed: must be an integer in 0 … 2\^53 − 1/),
  );

  test("a place outside 32 bits is refused with its values", () => {
    expect(() => philoxNormals(0, 4, { step: 2 ** 32 })).toThrow(/step = 4294967296/);
    expect(() => philoxNormals(0, 4, { first: 2 })).toThrow(/first = 2/);
    expect(() => philoxNormals(0, 1.5)).toThrow(/count = 1.5/);
  });
});
