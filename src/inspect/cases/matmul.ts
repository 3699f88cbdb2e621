// Self-test cases of the linear layer.
import { linear, linearBackwardInput, linearBackwardWeight } from "../../kernels/matmul.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

/** Rows, inputs and outputs: several tiles each way, and the few rows of a time embedding. */
const LAYERS = [
  ["several tiles", 37, 41, 67],
  ["few rows", 3, 35, 70],
] as const;

export const matmulFamily: SelfTestFamily = {
  family: "matmul",
  cases: LAYERS.map(([name, rows, inputs, outputs]) =>
    selfTestCase({
      name,
      inputs: () => ({
        x: random([rows, inputs], 1),
        weight: random([outputs, inputs], 2),
        bias: random([outputs], 3),
        dy: random([rows, outputs], 4),
        pending: random([rows, inputs], 5),
      }),
      launch: (graph, tensors) => {
        const { x, weight, dy, pending } = tensors;
        const dx = graph.alloc(x.shape, "selftest.dx");
        const dweight = graph.alloc(weight.shape, "selftest.dweight");
        const dbias = graph.alloc([outputs], "selftest.dbias");
        linearBackwardInput(graph, { dy, weight, pending }, dx);
        linearBackwardWeight(graph, { x, dy }, { dweight, dbias });
        return { y: linear(graph, tensors), dx, dweight, dbias };
      },
    }),
  ),
};
