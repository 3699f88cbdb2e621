import { describe, expect, test } from "vitest";
import { makeTables } from "../../src/diffusion/schedule.ts";
import { boundTerm, exactCdf, priorTerm, tanhCdf } from "./bound.ts";

const tables = makeTables({ steps: 50, betaStart: 0.002, betaEnd: 0.4 });
const OPTIONS = { prediction: "sample", variance: "fixed_small", clip: Infinity } as const;

/** ∫ f by Simpson's rule. */
function integral(f: (x: number) => number, from: number, to: number, n = 20_000): number {
  const h = (to - from) / n;
  let sum = f(from) + f(to);
  for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * h);
  return (sum * h) / 3;
}

const normal = (mean: number, variance: number) => (x: number) =>
  Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

const kl = (p: (x: number) => number, q: (x: number) => number, width: number) =>
  integral((x) => p(x) * Math.log(p(x) / q(x)), -width, width);

describe("a term is what its definition says", () => {
  test("L_{t−1} is ∫ q ln(q / p) of the two normals [DDPM eq. 5]", () => {
    const [t, x0, x0Hat] = [7, 0.4, -0.3];
    const [c0, variance] = [tables.posteriorCoefX0[t]!, tables.posteriorVariance[t]!];
    const pixel = { x0, noise: 0, output: x0Hat, v: 0 };
    for (const [name, sigma2] of [
      ["fixed_small", variance],
      ["fixed_large", tables.betas[t]!],
    ] as const) {
      const expected = kl(normal(0, variance), normal(c0 * (x0Hat - x0), sigma2), 2);
      const actual = boundTerm(tables, t, { ...OPTIONS, variance: name }, pixel);
      expect(Math.abs(actual - expected)).toBeLessThan(1e-9);
    }
  });

  test("L_T is ∫ q(x_T | x_0) ln(q / N(0, 1))", () => {
    const wide = makeTables({ steps: 10, betaStart: 0.002, betaEnd: 0.2 });
    const bar = wide.alphaBars.at(-1)!;
    const expected = kl(normal(Math.sqrt(bar) * 0.8, 1 - bar), normal(0, 1), 9);
    expect(Math.abs(priorTerm(wide, 0.8) - expected)).toBeLessThan(1e-9);
  });

  test("L_0's masses of all 256 bins sum to 1 [DDPM eq. 13]", () => {
    for (const cdf of [tanhCdf, exactCdf]) {
      let total = 0;
      for (let byte = 0; byte < 256; byte++) {
        const pixel = { x0: byte / 127.5 - 1, noise: 0, output: 0.97, v: 0 };
        total += Math.exp(-boundTerm(tables, 0, OPTIONS, pixel, cdf));
      }
      expect(Math.abs(total - 1)).toBeLessThan(1e-9); // 256 masses of at least 1e-12
    }
  });

  test("the cdf of tanh is the normal's to 4e-4", () => {
    for (let x = -5; x <= 5; x += 0.01) {
      expect(Math.abs(tanhCdf(x) - exactCdf(x))).toBeLessThan(4e-4);
    }
  });
});
