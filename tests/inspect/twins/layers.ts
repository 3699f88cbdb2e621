// Twins of src/inspect/cases/matmul.ts and attention.ts.
import { ATTENTIONS } from "../../../src/inspect/cases/attention.ts";
import { attention, attentionBackward, joined, parted } from "../../reference/attention.ts";
import { attentionBackwardBound, attentionBound } from "../../reference/attention_bounds.ts";
import { linear, linearBackward } from "../../reference/matmul.ts";
import { absoluteAll, mapArray, type NdArray } from "../../reference/ndarray.ts";
import type { Inputs, Twin, Twins } from "./twin.ts";

function linearResults({ x, weight, bias, dy, pending }: Inputs) {
  const inputs = { x: x!, weight: weight!, bias };
  const { dx, dweight, dbias } = linearBackward(inputs, dy!);
  const withPending = mapArray(dx, (value, i) => value + pending!.data[i]!);
  return { y: linear(inputs), dx: withPending, dweight, dbias };
}

const linearTwin: Twin = (inputs) => {
  const exact = linearResults(inputs);
  const bounds = linearResults(absoluteAll(inputs));
  return {
    y: { expected: exact.y, bound: bounds.y },
    dx: { expected: exact.dx, bound: bounds.dx },
    dweight: { expected: exact.dweight, bound: bounds.dweight },
    dbias: { expected: exact.dbias, bound: bounds.dbias },
  };
};

export const matmulTwins: Twins = { "several tiles": linearTwin, "few rows": linearTwin };

/** [N, C, H, W] → [N, C, S]: the twin's tokens are pixels. */
const tokens = ({ shape, data }: NdArray): NdArray => {
  const [N, C, H, W] = shape as [number, number, number, number];
  return { shape: [N, C, H * W], data };
};

export const attentionTwins: Twins = Object.fromEntries(
  ATTENTIONS.map((options) => [
    options.name,
    (given) => {
      const inputs = parted(given.qkv!);
      const dy = tokens(given.dy!);
      const images = (like: NdArray, { data }: NdArray): NdArray => ({ shape: like.shape, data });
      const together = ({ dq, dk, dv }: Record<"dq" | "dk" | "dv", NdArray>) =>
        images(given.qkv!, joined({ q: dq, k: dk, v: dv }));
      return {
        y: {
          expected: images(given.dy!, attention(inputs, options)),
          bound: images(given.dy!, attentionBound(inputs, options)),
        },
        dqkv: {
          expected: together(attentionBackward(inputs, dy, options)),
          bound: together(attentionBackwardBound(inputs, dy, options)),
        },
      };
    },
  ]),
);
