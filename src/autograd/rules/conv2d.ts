// Derivatives of a convolution: by the images in conv2d.wgsl, by the weights in conv2d_weight.wgsl.
import type { Graph } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type Conv2dOptions, conv2d, conv2dBackwardInput } from "../../kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../../kernels/conv2d_weight.ts";
import type { Derivative, Rule, Slots } from "../rule.ts";

type ConvolutionInputs = {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
  readonly rows?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
};

type Options = Required<Conv2dOptions> & {
  /** the first column of rows that is added; default 0 */
  rowsFirst?: number | undefined;
};

interface Saved {
  x: Tensor;
  weight: Tensor;
  /** y = conv(x) + x: one gradient for both uses */
  isOwnResidual: boolean;
  options: Options;
}

/**
 * With y = bias + (columns of) rows + residual + weight ⋆ z, where z is x, or x doubled, in a frame of zeros;
 * dweight is float32 even of a float16 weight:
 *   dx = Σ weight · dy over all that read a pixel of x
 *   dweight[o,c,u,v] = Σ_{n,i,j} dy[n,o,i,j] · z[n, c, i·stride + u − top, j·stride + v − left]
 *   dbias[o] = Σ_{n,i,j} dy     drows[n,o] = Σ_{i,j} dy     dresidual = dy
 */
export const conv2dRule: Rule<ConvolutionInputs, Options, Saved> = {
  forward: (graph, inputs, options) => {
    const { x, weight, rows, residual } = inputs;
    const columns = rows && { of: rows, first: options.rowsFirst ?? 0 };
    const y = conv2d(graph, { ...inputs, rows: columns }, options);
    return { y, saved: { x, weight, isOwnResidual: x === residual, options } };
  },
};

export const conv2dDerivative: Derivative<ConvolutionInputs, Saved> = (graph, dy, saved, slots) => {
  const { x, weight, isOwnResidual, options } = saved;
  backwardWeight(graph, dy, saved, slots);
  if (slots.wants("residual") && !isOwnResidual) slots.alias("residual", dy);
  if (!slots.wants("x")) return;
  const pending = isOwnResidual ? dy : slots.takePending("x");
  const place = { ...options, inputShape: x.shape };
  conv2dBackwardInput(graph, { dy, weight, pending }, place, slots.target("x"));
};

function backwardWeight(
  graph: Graph,
  dy: Tensor,
  { x, weight, options }: Saved,
  slots: Slots<ConvolutionInputs>,
): void {
  const wantsWeight = slots.wants("weight");
  if (!wantsWeight && !slots.wants("bias") && !slots.wants("rows")) return;
  const place = { ...options, weightShape: weight.shape };
  const dweight = wantsWeight
    ? slots.target("weight", "f32")
    : graph.alloc(weight.shape, "conv2d.unread");
  const dbias = slots.wants("bias") ? slots.target("bias") : undefined;
  const drows = slots.wants("rows")
    ? { of: slots.shared("rows"), first: options.rowsFirst ?? 0 }
    : undefined;
  conv2dBackwardWeight(graph, { x, dy }, place, { dweight, dbias, drows });
}
