// The record of attention.wgsl and attention_lanes.wgsl.
import { attentionRule } from "../../../src/autograd/rules/attention.ts";
import { attention } from "../../../src/kernels/attention.ts";
import { attentionBackward, joined, parted, attention as twin } from "../../reference/attention.ts";
import { attentionBackwardBound, attentionBound } from "../../reference/attention_bounds.ts";
import { mapArray, type NdArray } from "../../reference/ndarray.ts";
import {
  differentiable,
  type KernelInfo,
  numbers,
  type Sample,
  selfTestSamples,
} from "./record.ts";

/** N, heads, d, S: one token, odd numbers, whole tiles of both variants, one or four past them. */
const SHAPES = [
  [1, 1, 1, 1],
  [2, 3, 1, 5],
  [2, 2, 5, 49],
  [1, 4, 8, 64],
  [3, 1, 16, 9],
  [1, 2, 24, 33],
  [1, 1, 67, 65],
  [1, 1, 256, 16],
  [2, 3, 1, 4],
  [2, 2, 5, 36],
  [1, 1, 67, 68],
  [1, 2, 3, 132],
] as const;

type Three = Record<"q" | "k" | "v", NdArray>;

function sampleOf(name: string, inputs: Three, heads: number): Sample {
  return differentiable({
    name,
    rule: attentionRule,
    inputs: { qkv: joined(inputs) },
    options: () => ({ heads }),
    forward: ({ qkv }) => twin(parted(qkv!), { heads }),
    backward: ({ qkv }, dy) => {
      const { dq, dk, dv } = attentionBackward(parted(qkv!), dy, { heads });
      return { dqkv: joined({ q: dq, k: dk, v: dv }) };
    },
    bounds: ({ qkv }, dy) => {
      const { dq, dk, dv } = attentionBackwardBound(parted(qkv!), dy, { heads });
      const y = attentionBound(parted(qkv!), { heads });
      return { y, dqkv: joined({ q: dq, k: dk, v: dv }) };
    },
  });
}

const inputsOf = (shape: number[]): Three => ({
  q: numbers(shape, 1),
  k: numbers(shape, 2),
  v: numbers(shape, 3),
});

/** A larger logit may come late or early: sums are rescaled. */
function rising(): Sample {
  const { q, k, v } = inputsOf([1, 2, 68]);
  const ramp = (x: NdArray) => mapArray(x, (value, i) => Math.fround(value + 6 * Math.sin(i / 7)));
  return sampleOf("logits that rise and fall", { q: ramp(q), k: ramp(k), v }, 1);
}

/** Nothing overflows; such a softmax is too steep for central differences. */
function extreme(): Sample {
  const { q, k, v } = inputsOf([1, 4, 40]);
  const far = (x: NdArray) => mapArray(x, (value) => Math.fround(23 * Math.sign(value) + value));
  const { forward: _, ...sample } = sampleOf("logits near ±1000", { q: far(q), k: far(k), v }, 1);
  return sample;
}

export const info: KernelInfo = {
  family: "attention",
  shaders: ["attention", "attention_lanes"],
  dtypes: ["f32", "f16"],
  tolerance: {
    factor: 8,
    reason: "of attention_bounds.ts: what an error of a logit does to an exponential is counted",
  },
  samples: () => [
    ...selfTestSamples("attention"),
    ...SHAPES.map(([N, heads, d, S]) =>
      sampleOf(
        `${N} images, ${heads} heads of ${d}, ${S} tokens`,
        inputsOf([N, heads * d, S]),
        heads,
      ),
    ),
    rising(),
    extreme(),
  ],
  refusals: [
    {
      what: "heads that do not divide the channels",
      launch: (graph, tensor) => {
        return attention(graph, { qkv: tensor(1, 90, 4) }, { heads: 8 });
      },
      message:
        "attention: heads must divide a third of qkv's channels, got heads = 8 and qkv [1, 90, 4].",
    },
    {
      what: "an operand that holds no three",
      launch: (graph, tensor) => attention(graph, { qkv: tensor(1, 8, 4) }, { heads: 2 }),
      message:
        "attention: heads must divide a third of qkv's channels, got heads = 2 and qkv [1, 8, 4].",
    },
    {
      what: "what has no tokens",
      launch: (graph, tensor) => attention(graph, { qkv: tensor(1, 24) }, { heads: 2 }),
      message:
        "attention: qkv must be [N, 3C, S] or [N, 3C, H, W], got [1, 24]. Channels come before tokens.",
    },
  ],
};
