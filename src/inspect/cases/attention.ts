// Self-test cases of self-attention. Which of the two shaders they run, the launchers choose.
import { attention, attentionBackward } from "../../kernels/attention.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

/** Shape of q, k and v: 68 tokens are more than one tile of either shader. */
export const ATTENTIONS = [{ name: "two heads of 5", x: [2, 10, 4, 17], heads: 2 }] as const;

export const attentionFamily: SelfTestFamily = {
  family: "attention",
  cases: ATTENTIONS.map(({ name, x: shape, heads }) =>
    selfTestCase({
      name,
      inputs: () => ({
        q: random(shape, 1),
        k: random(shape, 2),
        v: random(shape, 3),
        dy: random(shape, 4),
      }),
      launch: (graph, { q, k, v, dy }) => {
        const dq = graph.alloc(shape, "selftest.dq");
        const dk = graph.alloc(shape, "selftest.dk");
        const dv = graph.alloc(shape, "selftest.dv");
        const { y, stats } = attention(graph, { q, k, v }, { heads });
        const saved = { q, k, v, y, stats, dy };
        attentionBackward(graph, saved, { heads }, { dq, dk, dv });
        return { y, dq, dk, dv };
      },
    }),
  ),
};
