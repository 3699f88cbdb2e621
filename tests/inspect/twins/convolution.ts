// Twins of src/inspect/cases/convolution.ts.
import { CONVOLUTIONS, WEIGHED } from "../../../src/inspect/cases/convolution.ts";
import { conv2d, conv2dBackward } from "../../reference/conv2d.ts";
import { absoluteAll, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import type { Inputs, Twins } from "./twin.ts";

type Convolution = (typeof CONVOLUTIONS)[number];

const plus = (a: NdArray, b: NdArray) => mapArray(a, (value, i) => value + b.data[i]!);

function yOf({ x, weight, bias, rows, residual }: Inputs, options: Convolution): NdArray {
  const y = conv2d({ x: x!, weight: weight!, bias }, options);
  const [N = 1, O = 1] = y.shape;
  const pixels = y.data.length / (N * O);
  return mapArray(plus(y, residual!), (value, i) => {
    const plane = Math.floor(i / pixels);
    return value + rows!.data[Math.floor(plane / O) * (O + 5) + 3 + (plane % O)]!;
  });
}

function dxOf({ x, weight, dy, pending }: Inputs, options: Convolution): NdArray {
  return plus(conv2dBackward({ x: x!, weight: weight! }, dy!, options).dx, pending!);
}

export const conv2dTwins: Twins = Object.fromEntries(
  CONVOLUTIONS.map((options) => [
    options.name,
    (inputs) => {
      const sizes = absoluteAll(inputs);
      return {
        y: { expected: yOf(inputs, options), bound: yOf(sizes, options) },
        dx: { expected: dxOf(inputs, options), bound: dxOf(sizes, options) },
      };
    },
  ]),
);

function gradientsOf({ x, dy }: Inputs, options: Convolution) {
  const weight = ndarray([options.out, options.x[1], options.kernel, options.kernel]);
  return conv2dBackward({ x: x!, weight }, dy!, options);
}

function sumPixels({ shape, data }: NdArray): NdArray {
  const [N, C, H, W] = shape as [number, number, number, number];
  return mapArray(ndarray([N, C]), (_, plane) =>
    data.subarray(plane * H * W, (plane + 1) * H * W).reduce((sum, value) => sum + value, 0),
  );
}

export const conv2dWeightTwins: Twins = {
  ...Object.fromEntries(
    WEIGHED.map((options): [string, Twins[string]] => [
      options.name,
      (inputs) => {
        const exact = gradientsOf(inputs, options);
        const bounds = gradientsOf(absoluteAll(inputs), options);
        return {
          dweight: { expected: exact.dweight, bound: bounds.dweight },
          dbias: { expected: exact.dbias, bound: bounds.dbias },
          drows: { expected: sumPixels(inputs.dy!), bound: sumPixels(absoluteAll(inputs).dy!) },
        };
      },
    ]),
  ),
};
