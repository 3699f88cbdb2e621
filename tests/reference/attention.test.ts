import { describe, test } from "vitest";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { expectAgreement, expectGolden, expectWithinBound, nudged } from "./agreement.ts";
import { attention, attentionBackward, swapTokens } from "./attention.ts";
import { attentionBackwardBound, attentionBound } from "./attention_bounds.ts";

interface Options {
  heads: number;
}

const cases = goldenCases<Options>("attention").map((golden) => ({
  golden,
  name: golden.name,
  options: { heads: golden.options.heads },
  inputs: {
    q: swapTokens(goldenTensor(golden, "q")),
    k: swapTokens(goldenTensor(golden, "k")),
    v: swapTokens(goldenTensor(golden, "v")),
  },
  dy: swapTokens(goldenTensor(golden, "dy")),
}));

describe("y = softmax(q kᵀ / √d) v a head   [PyTorch]", () => {
  test.each(cases)("$name: y and every gradient", ({ golden, options, inputs, dy }) => {
    const { dq, dk, dv } = attentionBackward(inputs, dy, options);
    expectGolden(golden, {
      y: swapTokens(attention(inputs, options)),
      dq: swapTokens(dq),
      dk: swapTokens(dk),
      dv: swapTokens(dv),
    });
  });

  test("swapping tokens and channels twice changes nothing", () => {
    const { q } = cases[1]!.inputs;
    expectAgreement("q", swapTokens(swapTokens(q)), q);
  });
});

describe("the bounds of attention_bounds.ts", () => {
  test.each(cases)("$name: hold when inputs are nudged", ({ options, inputs, dy }) => {
    const near = { q: nudged(inputs.q), k: nudged(inputs.k), v: nudged(inputs.v) };
    const y = attention(inputs, options);
    expectWithinBound("y", attention(near, options), y, attentionBound(inputs, options));

    const bounds = attentionBackwardBound(inputs, dy, options);
    const exact = attentionBackward(inputs, dy, options);
    const ofNudged = attentionBackward(near, nudged(dy), options);
    for (const role of ["dq", "dk", "dv"] as const) {
      expectWithinBound(role, ofNudged[role], exact[role], bounds[role]);
    }
  });
});
