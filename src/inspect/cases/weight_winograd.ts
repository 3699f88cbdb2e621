// Self-test cases of a convolution's gradient by its weights by Winograd's products.
import type { Graph } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Convolution } from "../../kernels/conv2d_roles.ts";
import { recordWeightGradient, recordWeightWay } from "../../kernels/conv2d_weight_record.ts";
import { weightWinogradWay } from "../../kernels/conv2d_weight_winograd.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

/** Records dweight, dbias and drows by Winograd's products, few channels or many; directly where a target has none. */
export function launchWeightWinograd(
  graph: Graph,
  inputs: { x: Tensor; dy: Tensor },
  c: Convolution,
) {
  const dweight = graph.alloc([c.O, c.C, 3, 3], "selftest.dweight");
  const dbias = graph.alloc([c.O], "selftest.dbias");
  const drows = graph.alloc([c.N, c.O], "selftest.drows");
  const gradients = { dweight, dbias, drows: { of: drows, first: 0 } };
  const way = weightWinogradWay(graph.targetOf("conv2d_weight_winograd"), c);
  if (way) recordWeightWay(graph, c, { inputs, way }, gradients);
  else recordWeightGradient(graph, c, inputs, gradients);
  return { dweight, dbias, drows };
}

const padding = { top: 1, bottom: 1, left: 1, right: 1 };

/** An odd height, rows of eights, channels that fill no workgroup, and several parts. */
export const WEIGHED_BY_WINOGRAD: Convolution & { name: string } = {
  ...{ name: "3×3", N: 2, C: 9, H: 5, W: 16, O: 34, K: 3, outH: 5, outW: 16 },
  ...{ stride: 1, padding, upsample: false },
};

export const conv2dWeightWinogradFamily: SelfTestFamily = {
  family: "conv2d_weight_winograd",
  cases: [
    selfTestCase({
      name: WEIGHED_BY_WINOGRAD.name,
      inputs: () => {
        const { N, C, H, W, O } = WEIGHED_BY_WINOGRAD;
        return { x: random([N, C, H, W], 1), dy: random([N, O, H, W], 2) };
      },
      launch: (graph, tensors) => launchWeightWinograd(graph, tensors, WEIGHED_BY_WINOGRAD),
    }),
  ],
};
