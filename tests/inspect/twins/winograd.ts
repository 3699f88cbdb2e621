// Twins of src/inspect/cases/winograd.ts: the convolution's, with what rounding may do to its transforms.
import { BY_WINOGRAD } from "../../../src/inspect/cases/winograd.ts";
import type { Convolution } from "../../../src/kernels/conv2d_roles.ts";
import { conv2d, conv2dBackward } from "../../reference/conv2d.ts";
import { ABSOLUTES, winograd, winogradBackward } from "../../reference/conv2d_winograd.ts";
import { absoluteAll, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import type { Twin, Twins } from "./twin.ts";

/** Of y and dx; bias, rows, residual and pending may be left out. */
export const winogradTwin =
  (options: Pick<Convolution, "padding">): Twin =>
  (inputs) => {
    const { x, weight, dy } = inputs as Record<string, NdArray> & Weighed;
    const sizes = absoluteAll({ ...inputs, x, weight, dy });
    const { dx } = conv2dBackward({ x, weight }, dy, options);
    return {
      y: {
        expected: plusAll(conv2d({ x, weight }, options), inputs),
        bound: plusAll(winograd(sizes, options, ABSOLUTES), sizes),
      },
      dx: {
        expected: plus(dx, inputs.pending),
        bound: plus(winogradBackward(sizes, options, ABSOLUTES), absoluteAll(inputs).pending),
      },
    };
  };

interface Weighed {
  x: NdArray;
  weight: NdArray;
  dy: NdArray;
}

const plus = (a: NdArray, b: NdArray | undefined): NdArray =>
  b ? mapArray(a, (value, i) => value + b.data[i]!) : a;

/** y + bias[o] + the last O columns of rows + residual. */
function plusAll(y: NdArray, { bias, rows, residual }: Readonly<Record<string, NdArray>>): NdArray {
  const [N, O, H, W] = y.shape as [number, number, number, number];
  const all = rows?.shape[1] ?? O;
  const levels = mapArray(ndarray([N, O]), (_, i) => {
    const column = all - O + (i % O);
    return (bias?.data[i % O] ?? 0) + (rows?.data[Math.floor(i / O) * all + column] ?? 0);
  });
  const pixels = H * W;
  return mapArray(plus(y, residual), (value, i) => value + levels.data[Math.floor(i / pixels)]!);
}

export const conv2dWinogradTwins: Twins = { [BY_WINOGRAD.name]: winogradTwin(BY_WINOGRAD) };
