// Self-test cases of self-attention. Which of the two shaders they run, the launchers choose.
import { attention, attentionBackward } from "../../kernels/attention.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

/** Shape of q, k and v together: 68 tokens are more than one tile of either shader. */
export const ATTENTIONS = [{ name: "two heads of 5", qkv: [2, 30, 4, 17], heads: 2 }] as const;

export const attentionFamily: SelfTestFamily = {
  family: "attention",
  cases: ATTENTIONS.map(({ name, qkv: shape, heads }) =>
    selfTestCase({
      name,
      inputs: () => {
        const [N, C, H, W] = shape;
        return { qkv: random(shape, 1), dy: random([N, C / 3, H, W], 4) };
      },
      launch: (graph, { qkv, dy }) => {
        const dqkv = graph.alloc(shape, "selftest.dqkv");
        const { y, stats } = attention(graph, { qkv }, { heads });
        attentionBackward(graph, { qkv, y, stats, dy }, { heads }, dqkv);
        return { y, dqkv };
      },
    }),
  ),
};
