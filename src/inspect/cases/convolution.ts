// Self-test cases of the convolution and of its weights' gradient.
import type { Shape } from "../../core/shape.ts";
import {
  type Conv2dOptions,
  conv2d,
  conv2dBackwardInput,
  NO_PADDING,
} from "../../kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../../kernels/conv2d_weight.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

interface Convolution extends Required<Conv2dOptions> {
  name: string;
  /** [N, C, H, W] */
  x: readonly [number, number, number, number];
  /** O */
  out: number;
  /** K */
  kernel: 1 | 3;
}

const SAME = { top: 1, bottom: 1, left: 1, right: 1 };
const BELOW = { top: 0, bottom: 1, left: 0, right: 1 }; // diffusers' downsampling
const PLAIN = { kernel: 3, stride: 1, padding: SAME, upsample: false } as const;

/**
 * What is convolved, each with a bias, a row an image, a residual and a pending gradient. All kinds
 * of kernels, in few sizes: on a software adapter a pipeline may take half a second to compile.
 */
const KINDS: readonly Convolution[] = [
  { ...PLAIN, name: "3×3", x: [2, 18, 5, 7], out: 20 },
  { ...PLAIN, name: "3×3, stride 2", x: [2, 3, 7, 10], out: 4, stride: 2, padding: BELOW },
  { ...PLAIN, name: "3×3, doubled", x: [2, 3, 3, 5], out: 4, upsample: true },
  { ...PLAIN, name: "1×1", kernel: 1, padding: NO_PADDING, x: [2, 20, 6, 6], out: 18 },
  { ...PLAIN, name: "3×3, doubled, stride 2", x: [2, 5, 4, 3], out: 4, stride: 2, upsample: true },
];

/** And with so many tiles that a software adapter takes wide ones. */
export const CONVOLUTIONS: readonly Convolution[] = [
  ...KINDS,
  { ...PLAIN, name: "3×3, in wide tiles", x: [3, 6, 9, 7], out: 5 },
];

/** Without the one that no model has: its weights' gradient shares an entry point with others. */
export const WEIGHED = KINDS.filter(({ upsample, stride }) => !upsample || stride === 1);

/** [N, O, outH, outW]. */
function shapeOfY({ x, out, kernel, stride, padding, upsample }: Convolution): Shape {
  const [N, , H, W] = x;
  const scale = upsample ? 2 : 1;
  const { top, bottom, left, right } = padding;
  const extent = (padded: number) => Math.floor((padded - kernel) / stride) + 1;
  return [N, out, extent(H * scale + top + bottom), extent(W * scale + left + right)];
}

export const conv2dFamily: SelfTestFamily = {
  family: "conv2d",
  cases: CONVOLUTIONS.map(({ name, ...convolution }) =>
    selfTestCase({
      name,
      inputs: () => {
        const { x, out, kernel } = convolution;
        const shape = shapeOfY({ name, ...convolution });
        return {
          x: random(x, 1),
          weight: random([out, x[1], kernel, kernel], 2),
          bias: random([out], 3),
          rows: random([x[0], out + 5], 4),
          residual: random(shape, 5),
          dy: random(shape, 6),
          pending: random(x, 7),
        };
      },
      launch: (graph, tensors) => {
        const { x, weight, rows, dy, pending } = tensors;
        const y = conv2d(graph, { ...tensors, rows: { of: rows, first: 3 } }, convolution);
        const dx = graph.alloc(x.shape, "selftest.dx", x.dtype);
        const options = { ...convolution, inputShape: x.shape };
        conv2dBackwardInput(graph, { dy, weight, pending }, options, dx);
        return { y, dx };
      },
    }),
  ),
};

export const conv2dWeightFamily: SelfTestFamily = {
  family: "conv2d_weight",
  cases: WEIGHED.map(({ name, ...convolution }) =>
    selfTestCase({
      name,
      inputs: () => ({
        x: random(convolution.x, 1),
        dy: random(shapeOfY({ name, ...convolution }), 2),
      }),
      launch: (graph, { x, dy }) => {
        const { x: shape, out, kernel } = convolution;
        const weightShape = [out, shape[1], kernel, kernel];
        const dweight = graph.alloc(weightShape, "selftest.dweight");
        const dbias = graph.alloc([out], "selftest.dbias");
        const drows = graph.alloc([shape[0], out], "selftest.drows");
        const options = { ...convolution, weightShape };
        const targets = { dweight, dbias, drows: { of: drows, first: 0 } };
        conv2dBackwardWeight(graph, { x, dy }, options, targets);
        return { dweight, dbias, drows };
      },
    }),
  ),
};
