// The running average's decay, and what hyper-parameters may be.
import { describe, expect, test } from "vitest";
import {
  emaDecayAt,
  HYPER_PARAMETERS,
  type HyperParameters,
  learningRateAt,
  requireHyperParameters,
} from "../../src/train/hyper_parameters.ts";

const decay = (step: number, options: Partial<HyperParameters>) =>
  emaDecayAt(step, { ...HYPER_PARAMETERS, ...options });

describe("the average's decay at step s is diffusers' EMAModel.get_decay(s + 1)", () => {
  test("by default (1 + s) / (10 + s), 0 at first, ema at most", () => {
    expect([0, 1, 90].map((s) => decay(s, {}))).toEqual([0, 2 / 11, 91 / 100]);
    expect(decay(1e6, { ema: 0.99 })).toBe(0.99);
  });

  test("with a power 1 − (1 + s / inv_gamma)^−power", () => {
    const options = { emaPower: 0.75, ema: 0.9999 };
    expect(decay(1, options)).toBeCloseTo(1 - 2 ** -0.75, 14);
    expect(decay(30, { ...options, emaInvGamma: 10 })).toBeCloseTo(1 - 4 ** -0.75, 14);
    expect(decay(10_000, options)).toBeCloseTo(0.999, 5); // train_unconditional, at about 10k
    expect(decay(300_000, options)).toBe(0.9999);
  });

  test("nothing is averaged before update_after_step, and the warm-up begins there", () => {
    const options = { emaUpdateAfter: 100 };
    expect([0, 99, 100, 101].map((s) => decay(s, options))).toEqual([0, 0, 0, 2 / 11]);
    expect(decay(99, { ...options, emaWarmup: false, ema: 0.5 })).toBe(0);
    expect(decay(100, { ...options, emaWarmup: false, ema: 0.5 })).toBe(0.5);
  });

  test("min_decay is the least, once it is not 0", () => {
    expect([0, 1, 1000].map((s) => decay(s, { emaMin: 0.9 }))).toEqual([0, 0.9, 1001 / 1010]);
  });
});

describe("the learning rate at step s", () => {
  const rate = (step: number, options: Partial<HyperParameters>) =>
    learningRateAt(step, { ...HYPER_PARAMETERS, learningRate: 8, ...options });

  test("rises in a line, then stays, or goes down in a line or a half cosine to 0", () => {
    const options = { warmup: 4, decaySteps: 12 };
    const at = [0, 3, 4, 6, 8, 12, 20];
    expect(at.map((s) => rate(s, options))).toEqual([2, 8, 8, 8, 8, 8, 8]);
    const line = at.map((s) => rate(s, { ...options, decay: "linear" }));
    expect(line).toEqual([2, 8, 8, 6, 4, 0, 0]); // diffusers' get_linear_schedule_with_warmup
    const cosine = at.map((s) => rate(s, { ...options, decay: "cosine" }));
    expect(cosine.map((x) => Number(x.toFixed(12)))).toEqual([2, 8, 8, 6.828427124746, 4, 0, 0]);
  });
});

describe("what is out of range is refused by name", () => {
  test.each<[Partial<HyperParameters>, string]>([
    [{ accumulate: 0 }, "train: accumulate must be a whole number above 0, got 0."],
    [{ optimizer: "sgd" as "adam" }, "train: optimizer must be one of adamw, adam, got sgd."],
    [{ emaPower: -1 }, "train: emaPower must be 0 or more, got -1."],
    [{ emaInvGamma: 0 }, "train: emaInvGamma must be above 0, got 0."],
    [{ labelDropout: 1.1 }, "train: labelDropout must be a probability in 0 … 1, got 1.1."],
    [
      { timesteps: "often" as "uniform" },
      "train: timesteps must be one of uniform, importance, got often.",
    ],
    [{ loss: "l3" as "mse" }, "train: loss must be one of mse, l1, huber, got l3."],
    [{ objective: { name: "p3" as "p2" } }, "train: the objective must be one of simple, min-snr"],
  ])("%j", (options, message) => {
    expect(() => requireHyperParameters({ ...HYPER_PARAMETERS, ...options })).toThrow(message);
  });
});
