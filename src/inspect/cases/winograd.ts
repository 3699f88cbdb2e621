// Self-test cases of the convolution by Winograd's products.
import type { Graph } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { BACKWARD, FORWARD } from "../../kernels/conv2d_kinds.ts";
import { recordConvolution } from "../../kernels/conv2d_record.ts";
import type { Convolution, ConvolutionTensors, Direction } from "../../kernels/conv2d_roles.ts";
import { recordWinograd } from "../../kernels/conv2d_winograd.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

/** What y and dx are made of; bias, rows and residual may be left out. */
export interface WinogradTensors {
  x: Tensor;
  weight: Tensor;
  bias?: Tensor | undefined;
  /** [N, all], of which the last columns are added */
  rows?: Tensor | undefined;
  residual?: Tensor | undefined;
  dy: Tensor;
  pending?: Tensor | undefined;
}

/** Records y and dx by Winograd's products, few channels or many; directly where a target has none. */
export function launchWinograd(graph: Graph, tensors: WinogradTensors, c: Convolution) {
  const { x, weight, bias, rows, residual, dy, pending } = tensors;
  const y = graph.alloc(dy.shape, "selftest.y", x.dtype);
  const dx = graph.alloc(x.shape, "selftest.dx", x.dtype);
  record(graph, "forward", c, {
    source: x,
    weight,
    bias,
    rows: rows && { of: rows, first: rows.shape[1]! - c.O },
    added: residual,
    result: y,
  });
  record(graph, "backward", c, { source: dy, weight, added: pending, result: dx });
  return { y, dx };
}

function record(graph: Graph, direction: Direction, c: Convolution, tensors: ConvolutionTensors) {
  if (graph.targetOf("conv2d_winograd").tiles) recordWinograd(graph, direction, c, tensors);
  else recordConvolution(graph, direction === "forward" ? FORWARD : BACKWARD, c, tensors);
}

const padding = { top: 1, bottom: 1, left: 1, right: 1 };

/** Odd extents, channels that fill no block, and a second turn of them. */
export const BY_WINOGRAD: Convolution & { name: string } = {
  ...{ name: "3×3", N: 2, C: 9, H: 5, W: 7, O: 6, K: 3, outH: 5, outW: 7 },
  ...{ stride: 1, padding, upsample: false },
};

export const conv2dWinogradFamily: SelfTestFamily = {
  family: "conv2d_winograd",
  cases: [
    selfTestCase({
      name: BY_WINOGRAD.name,
      inputs: () => {
        const { N, C, H, W, O } = BY_WINOGRAD;
        return {
          x: random([N, C, H, W], 1),
          weight: random([O, C, 3, 3], 2),
          bias: random([O], 3),
          rows: random([N, O + 5], 4),
          residual: random([N, O, H, W], 5),
          dy: random([N, O, H, W], 6),
          pending: random([N, C, H, W], 7),
        };
      },
      launch: (graph, tensors) => launchWinograd(graph, tensors, BY_WINOGRAD),
    }),
  ],
};
