import { beforeAll, describe, expect, test } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import {
  bayesResiduals,
  DERIVATION_LINES,
  derivationLines,
  type LineTerm,
  lineSum,
  type TrajectoryFactors,
} from "../../src/diffusion/derivation.ts";
import { diffusionTables } from "../../src/diffusion/schedule.ts";
import { analyticDenoiser, networkDenoiser } from "../../src/evaluate/denoiser.ts";
import { drawTrajectories, type TrajectoryOptions } from "../../src/evaluate/derivation.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { testGpu } from "../support/gpu.ts";
import { goldenFile, goldenModel } from "../support/model_folder.ts";
import { type GoldenDerivation, golden } from "./golden.ts";

/** Float32's part of a log density of D dimensions: D squares about 1, each wrong by 1e-5 or less. */
const NATS = 3e-4;

async function factorsOf(options: TrajectoryOptions): Promise<TrajectoryFactors[]> {
  let last: TrajectoryFactors[] | undefined;
  for await (const { factors } of drawTrajectories(await testGpu(), options)) last = factors;
  if (!last) throw new Error("no trajectory");
  return last;
}

const file = goldenFile("bound/derivation.safetensors");

function goldenOptions({ name, betas, s }: GoldenDerivation): TrajectoryOptions {
  const tables = diffusionTables(Float64Array.from(betas));
  const mu = file.floats(`${name}/mu`).data;
  return {
    x0: file.floats(`${name}/x0`),
    noise: file.floats(`${name}/noise`),
    denoiser: analyticDenoiser({ tables, mu, s }),
  };
}

describe("on a given trajectory, against float64", () => {
  describe.each(golden.derivation.cases)("$name", (one) => {
    let factors: TrajectoryFactors;
    beforeAll(async () => {
      factors = (await factorsOf(goldenOptions(one)))[0]!;
    });

    test("every factor of q and p_θ", () => {
      const expected = {
        logPStep: one.log_p_step,
        logQStep: one.log_q_step,
        logQPosterior: one.log_q_posterior,
        logQJump: one.log_q_xt_given_x0,
        klPosterior: one.kl_posterior,
      };
      for (const [name, values] of Object.entries(expected)) {
        const actual = factors[name as keyof typeof expected];
        const differences = values.flatMap((value, i) =>
          value === null ? [] : [Math.abs(actual[i]! - value)],
        );
        expect(Math.max(...differences), name).toBeLessThan(NATS);
      }
      expect(Math.abs(factors.logPEnd - one.log_p_xT)).toBeLessThan(NATS);
      expect(Math.abs(factors.klEnd - one.kl_xT)).toBeLessThan(1e-6);
    });

    test("lines (17) to (21) have one sum, and (22) its own", () => {
      const lines = derivationLines(factors);
      for (const line of DERIVATION_LINES) {
        expect(Math.abs(lineSum(lines[line]) - one.lines[line]), line).toBeLessThan(NATS);
      }
    });
  });
});

// ---- 1,000 trajectories of normal data ----

const N = 1000;
const SHAPE = [N, 1, 4, 4] as const;
const D = 16;
const S = 0.4;
const tables = diffusionTables(Float64Array.from({ length: 20 }, (_, t) => 0.01 + 0.02 * t));
const MU = Float32Array.from({ length: D }, (_, i) => 0.5 * Math.sin(i));

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]) => {
  const middle = mean(values);
  return values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (values.length - 1);
};

describe("on 1,000 trajectories drawn on the GPU, with the exact denoiser of x_0 ~ N(mu, s²)", () => {
  const trajectory: Float32Array[] = [];
  let all: TrajectoryFactors[] = [];

  beforeAll(async () => {
    const z = philoxNormals(11, N * D, { stream: 20 });
    const data = z.map((value, i) => MU[i % D]! + S * value);
    trajectory.push(data);
    const denoiser = analyticDenoiser({ tables, mu: MU, s: S });
    const records = drawTrajectories(await testGpu(), {
      x0: { shape: SHAPE, data },
      denoiser,
      seed: 3,
    });
    for await (const { xt, factors } of records) {
      trajectory.push(await xt());
      if (factors) all = factors;
    }
  });

  test("(17) to (21) agree on every trajectory", () => {
    let worst = 0;
    for (const factors of all) {
      const lines = derivationLines(factors);
      const first = lineSum(lines["17"]);
      for (const line of ["18", "19", "20", "21"] as const) {
        worst = Math.max(worst, Math.abs(lineSum(lines[line]) - first));
      }
    }
    if (process.env.SHOW) console.log("worst of (17) to (21)", worst);
    expect(worst).toBeLessThan(1e-4); // nats; sums of about 40 densities of 16 dimensions
  });

  test("Bayes: q(x_t−1|x_t,x_0) q(x_t|x_0) = q(x_t|x_t−1) q(x_t−1|x_0) [(19) → (20)]", () => {
    const worst = Math.max(...all.flatMap((factors) => [...bayesResiduals(factors).map(Math.abs)]));
    expect(worst).toBeLessThan(2e-4);
  });

  test("Bayes fails where a factor is another's: the check can see it", () => {
    const wrong = all.map((factors) => ({ ...factors, logQJump: factors.logQStep }));
    const residuals = wrong.flatMap((factors) => [...bayesResiduals(factors).slice(2)]);
    expect(Math.max(...residuals.map(Math.abs))).toBeGreaterThan(1);
  });

  test("Markov: given x_t−1, x_t does not know x_0 [(18) → (20)]", () => {
    const chance = 5 / Math.sqrt(N * D); // five standard errors of a correlation that is 0
    for (const t of [2, 5, 10, 20]) {
      const [x0, before, xt] = [trajectory[0]!, trajectory[t - 1]!, trajectory[t]!];
      expect(Math.abs(partialCorrelation(xt, x0, before)), `t = ${t}`).toBeLessThan(chance);
    }
    // not given it, x_t knows x_0; nor does the chain forget when given what comes after
    const [x0, x1, x2] = [trajectory[0]!, trajectory[1]!, trajectory[2]!];
    expect(partialCorrelation(x2, x0, new Float32Array(N * D))).toBeGreaterThan(10 * chance);
    expect(partialCorrelation(x1, x0, x2)).toBeGreaterThan(10 * chance);
  });

  test("(22) agrees with (21) in the mean, with a smaller variance in every term", () => {
    const lines = all.map(derivationLines);
    const values = (line: "21" | "22", k: number) => lines.map((one) => one[line][k]!.value);
    const [of21, of22] = [
      lines.map((one) => lineSum(one["21"])),
      lines.map((one) => lineSum(one["22"])),
    ];
    const differences = of21.map((sum, n) => sum - of22[n]!);
    const error = Math.sqrt(variance(differences) / N);
    expect(Math.abs(mean(differences))).toBeLessThan(4 * error);
    const terms: readonly LineTerm[] = lines[0]!["21"];
    for (const [k, { t, name }] of terms.entries()) {
      const [a, b] = [values("21", k), values("22", k)];
      const gap = a.map((value, n) => value - b[n]!);
      const standard = Math.sqrt(variance(gap) / N);
      expect(Math.abs(mean(gap)), `${name} ${t}`).toBeLessThanOrEqual(4.5 * standard);
      if (name !== "decoder") expect(variance(b), `${name} ${t}`).toBeLessThan(variance(a));
    }
    if (process.env.SHOW) show(lines);
  });

  function show(lines: ReturnType<typeof derivationLines>[]): void {
    for (const line of ["21", "22"] as const) {
      const sums = lines.map((one) => lineSum(one[line]));
      console.log(`(${line}) mean ${mean(sums)} variance ${variance(sums)}`);
      for (const [k, { t, name }] of lines[0]![line].entries()) {
        const of = lines.map((one) => one[line][k]!.value);
        console.log(`  ${name} t=${t} mean ${mean(of)} variance ${variance(of)}`);
      }
    }
  }
});

/** Correlation of a and b given c over trajectories, each pixel's mean taken off. */
function partialCorrelation(a: Float32Array, b: Float32Array, c: Float32Array): number {
  const [x, y, z] = [a, b, c].map(centred) as [Float64Array, Float64Array, Float64Array];
  const dot = (u: Float64Array, v: Float64Array) =>
    u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const given = dot(z, z) === 0 ? 1 : dot(z, z);
  const [p, q] = [restOf(x), restOf(y)];
  return dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));

  function restOf(u: Float64Array): Float64Array {
    const slope = dot(u, z) / given;
    return u.map((value, i) => value - slope * z[i]!);
  }
}

function centred(values: Float32Array): Float64Array {
  const means = Array.from({ length: D }, (_, i) => {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += values[n * D + i]!;
    return sum / N;
  });
  return Float64Array.from(values, (value, i) => value - means[i % D]!);
}

describe("with a network for p_θ", () => {
  test("(17) to (21) agree as well", async () => {
    const { config } = await goldenModel("unets/ddpm");
    const scheduler = { num_train_timesteps: 6, beta_end: 0.3, variance_type: "fixed_large" };
    const model = await DiffusionModel.create(await testGpu(), config, { seed: 1, scheduler });
    const x0 = goldenFile("bound/network-ddpm.safetensors").floats("x0");
    const [first] = await factorsOf({ x0, denoiser: networkDenoiser(model), seed: 5 });
    const sums = DERIVATION_LINES.map((line) => lineSum(derivationLines(first!)[line]));
    for (const sum of sums.slice(1, 5)) expect(Math.abs(sum - sums[0]!)).toBeLessThan(0.02);
  });
});
