import { describe, expect, test } from "vitest";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import {
  centralDifferences,
  DIFFERENCES,
  expectAgreement,
  expectGolden,
  scattered,
} from "./agreement.ts";
import {
  diffusionLoss,
  diffusionLossBackward,
  type Loss,
  type Prediction,
  qSample,
} from "./diffusion.ts";
import { ndarray } from "./ndarray.ts";

describe("x_t = √ᾱ x_0 + √(1 − ᾱ) ε   [DDPM eq. 4]", () => {
  test.each(goldenCases("q_sample"))("$name: x_t and v", (golden) => {
    const [x0, noise] = [goldenTensor(golden, "x0"), goldenTensor(golden, "noise")];
    const { xt, target } = qSample(x0, noise, golden.numbers.alphas_cumprod!, "v_prediction");
    expectGolden(golden, { x_t: xt, v: target });
  });
});

describe("loss = mean of w_n · l(prediction − target)   [DDPM eq. 14]", () => {
  test.each(goldenCases<{ target: Prediction; loss: Loss }>("losses"))(
    "$name: target, losses, gradient",
    (golden) => {
      const { alphas_cumprod: bars, weight } = golden.numbers;
      const [x0, noise] = [goldenTensor(golden, "x0"), goldenTensor(golden, "noise")];
      const { target } = qSample(x0, noise, bars!, golden.options.target);
      const prediction = goldenTensor(golden, "prediction");
      const inputs = { prediction, target, weight: ndarray([weight!.length], weight) };

      const { loss, perSample } = diffusionLoss(inputs, golden.options.loss);
      const dprediction = diffusionLossBackward(inputs, golden.options.loss);
      expectGolden(golden, { target, loss, per_sample: perSample, dprediction });
      expect(loss.data[0]! / golden.numbers.loss![0]!).toBeCloseTo(1, 12);
    },
  );

  test("the second half of the channels, for a learned variance, changes nothing", () => {
    const [target, weight] = [scattered([2, 2, 3, 1], 1), ndarray([2], [1, 0.25])];
    const prediction = scattered([2, 4, 3, 1], 2);
    const ofPrediction = (moved: typeof prediction) =>
      diffusionLoss({ prediction: moved, target, weight }, "mse").loss.data[0]!;
    const dprediction = diffusionLossBackward({ prediction, target, weight }, "mse");
    const expected = centralDifferences(prediction, ofPrediction);
    expectAgreement("dprediction", dprediction, expected, DIFFERENCES);
    expect([...dprediction.data.subarray(6, 12)]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
