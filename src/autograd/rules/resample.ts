// Derivatives of doubling and halving an image: each is the other's transpose, up to a factor.
import type { Tensor } from "../../graph/tensor.ts";
import {
  averagePool2x2,
  averagePool2x2Backward,
  upsampleNearest2x,
  upsampleNearest2xBackward,
} from "../../kernels/resample.ts";
import type { Derivative, Rule } from "../rule.ts";

type Image = { readonly x: Tensor };

/** y[i,j] = x[⌊i/2⌋, ⌊j/2⌋]:  dx[h,w] = the sum of dy over the 2 × 2 pixels at (2h, 2w). */
export const upsampleRule: Rule<Image, object, null> = {
  forward: (graph, inputs) => ({ y: upsampleNearest2x(graph, inputs), saved: null }),
};

export const upsampleDerivative: Derivative<Image, null> = (graph, dy, _, slots) => {
  if (slots.wants("x")) upsampleNearest2xBackward(graph, { dy }, slots.target("x"));
};

/** y[i,j] = mean of the 2 × 2 pixels of x at (2i, 2j):  dx[h,w] = ¼ dy[⌊h/2⌋, ⌊w/2⌋]. */
export const averagePoolRule: Rule<Image, object, null> = {
  forward: (graph, inputs) => ({ y: averagePool2x2(graph, inputs), saved: null }),
};

export const averagePoolDerivative: Derivative<Image, null> = (graph, dy, _, slots) => {
  if (slots.wants("x")) averagePool2x2Backward(graph, { dy }, slots.target("x"));
};
