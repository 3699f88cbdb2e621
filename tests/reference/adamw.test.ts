import { describe, test } from "vitest";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import { type AdamWTensor, adamwStart, adamwStep } from "./adamw.ts";
import { expectAgreement } from "./agreement.ts";
import { type NdArray, ndarray } from "./ndarray.ts";

interface Options {
  shapes: number[][];
  steps: number;
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  clip: number | null;
  ema: number;
}

const ROLES: Record<string, keyof AdamWTensor> = {
  parameter: "parameter",
  exp_avg: "expAvg",
  exp_avg_sq: "expAvgSq",
  ema: "ema",
};

/** Row `s` of a tensor with one row a step, for every parameter p0, p1, … */
function rows(golden: GoldenCase<Options>, role: string, s: number): Record<string, NdArray> {
  const names = golden.options.shapes.map((_, i) => `p${i}`);
  return Object.fromEntries(
    names.map((name) => {
      const { shape, data } = goldenTensor(golden, `${role}.${name}`);
      const size = data.length / shape[0]!;
      return [name, ndarray(shape.slice(1), data.subarray(s * size, (s + 1) * size))];
    }),
  );
}

describe("AdamW with clipping by the global norm and an average of the weights   [PyTorch]", () => {
  test.each(goldenCases<Options>("adamw"))("$name: every state after every step", (golden) => {
    const { steps, weight_decay: weightDecay, ema: emaDecay, ...rest } = golden.options;
    let state = adamwStart(rows(golden, "parameter", 0));
    for (let s = 1; s <= steps; s++) {
      const gradients = rows(golden, "gradient", s - 1);
      const step = adamwStep(state, gradients, s, { ...rest, weightDecay, emaDecay });
      state = step.state;
      const norm = ndarray([1], [golden.numbers.gradient_norm![s - 1]!]);
      expectAgreement("norm", ndarray([1], [step.gradientNorm]), norm, { rtol: 1e-13 });
      for (const [role, field] of Object.entries(ROLES)) {
        for (const [name, expected] of Object.entries(rows(golden, role, s))) {
          expectAgreement(`${role}.${name} after ${s}`, state[name]?.[field], expected);
        }
      }
    }
  });
});
