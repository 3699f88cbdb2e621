// Self-test cases of self-attention.
import { attention } from "../../kernels/attention.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

/** Images, channels, height and width, heads: 67 tokens are more than one tile of them. */
export const ATTENTIONS = [{ name: "two heads", x: [2, 10, 1, 67], heads: 2 }] as const;

export const attentionFamily: SelfTestFamily = {
  family: "attention",
  cases: ATTENTIONS.map(({ name, x: shape, heads }) =>
    selfTestCase({
      name,
      inputs: () => ({ q: random(shape, 1), k: random(shape, 2), v: random(shape, 3) }),
      launch: (graph, tensors) => {
        const { y } = attention(graph, tensors, { heads });
        return { y };
      },
    }),
  ),
};
