// Schedules and the tables that follow from them: laws of DDPM, diffusers' numbers, what is
// refused.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type BetaOptions, type BetaSchedule, makeBetas } from "../../src/diffusion/betas.ts";
import {
  type DiffusionTables,
  diffusionTables,
  makeTables,
  posteriorBetween,
} from "../../src/diffusion/schedule.ts";

type Numbers = (number | "inf")[];
interface GoldenSchedule {
  schedule: BetaSchedule;
  num_train_timesteps: number;
  beta_start: number;
  beta_end: number;
  rescale_betas_zero_snr?: boolean;
  float64: Record<string, Numbers> & { t: number[]; sums: Record<string, number> };
  diffusers_f32?: Record<"t" | "betas" | "alphas_cumprod" | "posterior_variance", number[]> & {
    sums: { betas: number; alphas_cumprod: number };
  };
}
const golden: { schedules: GoldenSchedule[] } = JSON.parse(
  readFileSync(new URL("../fixtures/schedules/tables.json", import.meta.url), "utf8"),
);

const optionsOf = (row: GoldenSchedule): BetaOptions => ({
  steps: row.num_train_timesteps,
  schedule: row.schedule,
  betaStart: row.beta_start,
  betaEnd: row.beta_end,
  rescaleZeroTerminalSnr: row.rescale_betas_zero_snr ?? false,
});
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

const NAMES: [golden: string, table: keyof DiffusionTables][] = [
  ["betas", "betas"],
  ["alphas_cumprod", "alphaBars"],
  ["posterior_mean_coef1", "posteriorCoefX0"],
  ["posterior_mean_coef2", "posteriorCoefXt"],
  ["posterior_variance", "posteriorVariance"],
  ["posterior_log_variance_clipped", "posteriorLogVariance"],
  ["posterior_log_variance_clamped_1e-20", "posteriorLogVarianceClamped"],
  ["fixed_large_log_variance_first_replaced", "largeLogVariance"],
  ["snr", "snr"],
  ["bound_weight_over_simple", "boundWeight"],
];
const title = "$schedule, T = $num_train_timesteps, to $beta_end, zero SNR $rescale_betas_zero_snr";

describe("tables, in float64", () => {
  test.each(golden.schedules)(`${title}: every table`, (row) => {
    const tables = makeTables(optionsOf(row));
    for (const [name, table] of NAMES) {
      const values = tables[table] as Float64Array;
      for (const [i, t] of row.float64.t.entries()) {
        const expected = row.float64[name]![i]!;
        if (expected === "inf") expect(values[t]).toBe(Infinity);
        else
          expect(Math.abs(values[t]! - expected)).toBeLessThanOrEqual(1e-13 * Math.abs(expected));
      }
      const total = row.float64.sums[name];
      if (total !== undefined) expect(Math.abs(sum(values) / total - 1)).toBeLessThan(1e-13);
    }
  });
});

describe("tables as diffusers holds them, in float32", () => {
  const rows = golden.schedules.filter(({ diffusers_f32 }) => diffusers_f32);
  const isExact = ({ schedule, rescale_betas_zero_snr }: GoldenSchedule) =>
    schedule !== "sigmoid" && !rescale_betas_zero_snr;

  test.each(rows.filter(isExact))(`${title}: bit for bit`, (row) => {
    const tables = makeTables({ ...optionsOf(row), precision: "diffusers-f32" });
    const { t, betas, alphas_cumprod, posterior_variance, sums } = row.diffusers_f32!;
    expect(t.map((i) => tables.betas[i])).toEqual(betas);
    expect(t.map((i) => tables.alphaBars[i])).toEqual(alphas_cumprod);
    const variances = t.map((i) => Math.max(tables.posteriorVariance[i]!, Math.fround(1e-20)));
    expect(variances).toEqual(posterior_variance);
    expect(sum(tables.betas)).toBe(sums.betas);
    expect(sum(tables.alphaBars)).toBe(sums.alphas_cumprod);
  });

  test.each(rows.filter((row) => !isExact(row)))(
    `${title}: to 3 units in the last place`,
    (row) => {
      const tables = makeTables({ ...optionsOf(row), precision: "diffusers-f32" });
      const { t, betas, alphas_cumprod } = row.diffusers_f32!;
      for (const [i, step] of t.entries()) {
        // β = 1 − quotient: its unit is that of 1
        expect(Math.abs(tables.betas[step]! - betas[i]!)).toBeLessThanOrEqual(6 * 2 ** -24);
        const bar = alphas_cumprod[i]!;
        expect(Math.abs(tables.alphaBars[step]! - bar)).toBeLessThanOrEqual(9 * 2 ** -24 * bar);
      }
    },
  );
});

describe("q(x_t | x_0) = N(√ᾱ_t · x_0, (1 − ᾱ_t) I)   [DDPM eq. 4]", () => {
  test("one jump has the mean and variance of t single steps [eq. 2]", () => {
    const { betas, alphaBars } = makeTables();
    let mean = 1; // of x_t, given x_0 = 1
    let variance = 0;
    for (let t = 0; t < 1000; t++) {
      mean *= Math.sqrt(1 - betas[t]!);
      variance = (1 - betas[t]!) * variance + betas[t]!;
      expect(mean).toBeCloseTo(Math.sqrt(alphaBars[t]!), 12);
      expect(variance).toBeCloseTo(1 - alphaBars[t]!, 12);
    }
  });
});

describe("q(x_{t−1} | x_t, x_0)   [DDPM eq. 6–7]", () => {
  test("is Bayes' rule: precisions add, and so do precision-weighted means", () => {
    const tables = makeTables({ schedule: "squaredcos_cap_v2" });
    for (const t of [1, 10, 500, 999]) {
      const [beta, prev] = [tables.betas[t]!, tables.alphaBarsPrev[t]!];
      const precision = (1 - beta) / beta + 1 / (1 - prev); // of x_{t−1} from x_t, and from x_0
      const variance = tables.posteriorVariance[t]!;
      expect(variance * precision).toBeCloseTo(1, 10);
      expect(tables.posteriorCoefXt[t]! / (variance * (Math.sqrt(1 - beta) / beta))).toBeCloseTo(
        1,
        10,
      );
      expect(tables.posteriorCoefX0[t]! / (variance * (Math.sqrt(prev) / (1 - prev)))).toBeCloseTo(
        1,
        10,
      );
    }
  });

  test("averaged over x_t it is q(x_s | x_0) again, whatever the stride", () => {
    const { alphaBars } = makeTables();
    const strides: [t: number, s: number][] = [
      [999, 998],
      [999, 500],
      [500, 20],
      [1, 0],
    ];
    for (const [t, s] of strides) {
      const [bar, barPrev] = [alphaBars[t]!, alphaBars[s]!];
      const { coefX0, coefXt, variance } = posteriorBetween(bar, barPrev);
      expect(coefX0 + coefXt * Math.sqrt(bar)).toBeCloseTo(Math.sqrt(barPrev), 12);
      expect(coefXt ** 2 * (1 - bar) + variance).toBeCloseTo(1 - barPrev, 12);
    }
  });

  test("ends in x_0: at t = 0 the mean is x_0 and the variance 0", () => {
    const tables = makeTables();
    expect(tables.posteriorCoefX0[0]).toBeCloseTo(1, 12);
    expect(tables.posteriorCoefXt[0]).toBe(0);
    expect(tables.posteriorVariance[0]).toBe(0);
  });
});

describe("makeBetas", () => {
  test("takes an ᾱ(u): the betas give it back at every t", () => {
    const alphaBar = (u: number) => Math.exp(-5 * u);
    const { alphaBars } = makeTables({ steps: 20, alphaBar });
    for (let t = 0; t < 20; t++) expect(alphaBars[t]).toBeCloseTo(alphaBar((t + 1) / 20), 12);
  });

  test("takes trained betas as they are, and as many as they are", () => {
    expect([...makeBetas({ trainedBetas: [0.1, 0.2, 0.3] })]).toEqual([0.1, 0.2, 0.3]);
  });

  test("T = 1 is one beta, and its tables are finite where they can be", () => {
    const tables = makeTables({ steps: 1 });
    expect([...tables.betas]).toEqual([1e-4]);
    expect(tables.posteriorLogVariance[0]).toBeCloseTo(Math.log(1e-20), 12);
  });

  test("zero terminal SNR ends in noise, and keeps the first step", () => {
    const rescaled = makeTables({ rescaleZeroTerminalSnr: true });
    expect(rescaled.alphaBars[999]).toBe(0);
    expect(rescaled.snr[999]).toBe(0);
    expect(rescaled.alphaBars[0]).toBeCloseTo(makeTables().alphaBars[0]!, 12);
  });

  test("repeated, it changes nothing", () => {
    expect(makeBetas({ schedule: "sigmoid" })).toEqual(makeBetas({ schedule: "sigmoid" }));
  });

  test.each<[string, BetaOptions, RegExp]>([
    ["T = 0", { steps: 0 }, /number of steps must be an integer in 1 … 100000, got 0/],
    ["T = 1.5", { steps: 1.5 }, /got 1.5/],
    ["T = 1e9", { steps: 1e9 }, /got 1000000000/],
    ["T NaN", { steps: Number.NaN }, /got NaN/],
    ["β of 0", { betaStart: 0 }, /0 < betaStart ≤ betaEnd < 1 must hold, got 0 and 0.02/],
    ["β of 1", { betaEnd: 1 }, /got 0.0001 and 1/],
    ["β NaN", { betaEnd: Number.NaN }, /got 0.0001 and NaN/],
    ["β falling", { betaStart: 0.03 }, /got 0.03 and 0.02/],
    ["an unknown name", { schedule: "cubic" as BetaSchedule }, /got cubic/],
    ["trained betas of another number", { steps: 3, trainedBetas: [0.1] }, /got 1 for T = 3/],
    ["a trained β of 0", { trainedBetas: [0.1, 0] }, /betas\[1\] = 0/],
    ["a trained β of 1 before the end", { trainedBetas: [1, 0.1] }, /betas\[0\] = 1/],
    ["no trained betas", { trainedBetas: [] }, /got 0/],
    ["an ᾱ that rises", { steps: 5, alphaBar: (u) => 0.5 + u / 4 }, /so that alphaBar falls/],
    ["an ᾱ that is NaN", { steps: 5, alphaBar: () => Number.NaN }, /betas\[0\] = NaN/],
    ["zero SNR of one step", { steps: 1, rescaleZeroTerminalSnr: true }, /needs 2 steps/],
  ])("refuses %s", (_what, options, message) => {
    expect(() => makeBetas(options)).toThrow(message);
  });

  test("diffusionTables refuses what makeBetas would", () => {
    expect(() => diffusionTables(new Float64Array(0))).toThrow(/got none/);
    expect(() => diffusionTables(Float64Array.of(0.1, 1.2))).toThrow(/betas\[1\] = 1.2/);
  });
});
