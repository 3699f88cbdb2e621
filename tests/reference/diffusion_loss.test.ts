import { describe, expect, test } from "vitest";
import { makeTables } from "../../src/diffusion/schedule.ts";
import { lossWeights } from "../../src/train/objective.ts";
import { centralDifferences, expectAgreement, scattered } from "./agreement.ts";
import { type Loss, type Prediction, qSample } from "./diffusion.ts";
import { boundLoss, decoderTerm, klTerm, type Variance } from "./diffusion_loss.ts";
import { mapArray } from "./ndarray.ts";

const tables = makeTables();

describe("the gradient of the bound is that of central differences", () => {
  const KINDS: [Prediction, Variance, Loss][] = [
    ["epsilon", "fixed_large", "mse"],
    ["epsilon", "learned", "huber"],
    ["sample", "learned_range", "mse"],
    ["v_prediction", "learned_range", "l1"],
  ];
  test.each(KINDS)("%s, %s, %s", (target, variance, loss) => {
    const [x0, noise] = [scattered([4, 1, 2, 3], 1), scattered([4, 1, 2, 3], 2)];
    x0.data.set([1, -1], 0); // both edges
    const channels = variance.startsWith("learned") ? 2 : 1;
    const timesteps = [0, 1, 300, 999];
    const bars = timesteps.map((t) => tables.alphaBars[t]!);
    const { target: aim } = qSample(x0, noise, bars, target);
    const prediction = mapArray(scattered([4, channels, 2, 3], 3), (x, i) => {
      const [n, k] = [Math.floor(i / (6 * channels)), i % (6 * channels)];
      return k < 6 ? aim.data[6 * n + k]! + x / 50 : x;
    });
    const options = { tables, target, variance, loss, scale: 0.1, weight: () => 0.5 };
    const of = (moved: typeof prediction) => {
      const inputs = { prediction: moved, x0, noise, timesteps };
      return boundLoss(inputs, { ...options, detachMean: false });
    };
    const mean = (moved: typeof prediction) => of(moved).perImage.data.reduce((a, b) => a + b) / 4;
    const differences = centralDifferences(prediction, mean);
    // 1e-16 / h of a loss of 10 against gradients of 1e-7; h² f‴ / 6 of terms as steep as 1 / √β̃
    expectAgreement("dprediction", of(prediction).dprediction, differences, { rtol: 2e-3 });
  });
});

describe("terms", () => {
  test("KL of a distribution from itself is 0, with gradient 0", () => {
    expect(klTerm(0.3, -2, [0.3, -2])).toMatchObject({ value: 0 });
    expect(Math.abs(klTerm(0.3, -2, [0.3, -2]).byLog)).toBe(0);
  });

  test("P of all bins is 1", () => {
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      sum += Math.exp(-decoderTerm(byte / 127.5 - 1, [0.1, -5]).value);
    }
    expect(sum).toBeCloseTo(1, 9);
  });

  test("with σ² = β̃, KL over ‖ε − ε̂‖² is β² / (2 β̃ α (1 − ᾱ))   [DDPM eq. 12]", () => {
    const [x0, noise] = [scattered([3, 1, 2, 2], 1), scattered([3, 1, 2, 2], 2)];
    const prediction = mapArray(noise, (z) => z + 0.5);
    const timesteps = [1, 10, 999];
    const { perImage } = boundLoss(
      { prediction, x0, noise, timesteps },
      {
        ...{ tables, target: "epsilon", variance: "fixed_small", loss: "mse" },
        ...{ weight: () => 0, scale: 1, detachMean: false },
      },
    );
    timesteps.forEach((t, n) => {
      expect(perImage.data[n]! / (0.25 * tables.boundWeight[t]!)).toBeCloseTo(1, 6);
    });
  });
});

describe("loss weights", () => {
  const at = (target: Prediction, objective: Parameters<typeof lossWeights>[2]) => {
    const weights = lossWeights(tables, target, objective);
    return [0, 100, 500].map((t) => weights[t]!);
  };
  const { snr } = tables;
  const each = (f: (ratio: number) => number) => [0, 100, 500].map((t) => f(snr[t]!));
  const expectClose = (actual: number[], expected: number[], digits = 12) =>
    actual.forEach((value, i) => {
      expect(value / expected[i]!).toBeCloseTo(1, digits);
    });

  test("min-SNR: min(SNR, γ) over SNR, over SNR + 1, alone   [Hang et al. 2023]", () => {
    const name = "min-snr";
    expectClose(
      at("epsilon", { name }),
      each((x) => Math.min(x, 5) / x),
    );
    expectClose(
      at("v_prediction", { name }),
      each((x) => Math.min(x, 5) / (x + 1)),
    );
    expectClose(
      at("sample", { name, gamma: 2 }),
      each((x) => Math.min(x, 2)),
    );
    expectClose(at("epsilon", { name }), [5.0e-4, 0.5857, 1], 3);
    expectClose(at("v_prediction", { name }), [5.0e-4, 0.5243, 0.0778], 2);
  });

  test("soft min-SNR: 1 / (1/SNR + 1/γ) of x_0   [Crowson et al. 2024]", () => {
    const name = "soft-min-snr";
    expectClose(
      at("sample", { name, gamma: 4 }),
      each((x) => 1 / (1 / x + 1 / 4)),
    );
    expectClose(
      at("epsilon", { name, gamma: 4 }),
      each((x) => 1 / (1 / x + 1 / 4) / x),
    );
  });

  test("P2: (k + SNR)^−γ of ε   [Choi et al. 2022]", () => {
    expectClose(
      at("epsilon", { name: "p2", k: 2, gamma: 0.5 }),
      each((x) => 1 / Math.sqrt(2 + x)),
    );
    expectClose(
      at("v_prediction", { name: "p2" }),
      each((x) => x / (1 + x) ** 2),
    );
  });

  test("simple is 1 whatever is predicted; zero terminal SNR gives no NaN", () => {
    for (const target of ["epsilon", "sample", "v_prediction"] as const) {
      expect(at(target, { name: "simple" })).toEqual([1, 1, 1]);
      const pure = makeTables({ rescaleZeroTerminalSnr: true });
      for (const name of ["min-snr", "soft-min-snr", "p2"] as const) {
        expect(lossWeights(pure, target, { name }).every(Number.isFinite)).toBe(true);
      }
    }
  });

  test.each([
    [{ name: "min-snr", gamma: 0 }, "train: gamma of min-snr must be above 0, got 0."],
    [{ name: "p2", k: -1 }, "train: k of p2 must be 0 or more, got -1."],
    [{ name: "hybrid", lambda: Number.NaN }, "train: lambda of hybrid must be above 0, got NaN."],
  ] as const)("%j is refused", (objective, message) => {
    expect(() => lossWeights(tables, "epsilon", objective)).toThrow(message);
  });
});
