// Twins of src/inspect/cases/weight_winograd.ts: the gradient's, with what rounding may do to its transforms.
import { WEIGHED_BY_WINOGRAD } from "../../../src/inspect/cases/weight_winograd.ts";
import type { Convolution } from "../../../src/kernels/conv2d_roles.ts";
import { conv2dBackward } from "../../reference/conv2d.ts";
import { winogradWeight } from "../../reference/conv2d_weight_winograd.ts";
import { ABSOLUTES } from "../../reference/conv2d_winograd.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import { upsampleNearest2x } from "../../reference/resample.ts";
import type { Twin, Twins } from "./twin.ts";

/** Of dweight, dbias and drows. */
export const weightWinogradTwin =
  (options: Pick<Convolution, "C" | "O" | "padding" | "upsample">): Twin =>
  (inputs) => {
    const [x, dy] = [inputs.x!, inputs.dy!];
    const weight = ndarray([options.O, options.C, 3, 3]);
    const { dweight, dbias } = conv2dBackward({ x, weight }, dy, options);
    const z = absolute(options.upsample ? upsampleNearest2x(x) : x);
    const sizes = absolute(dy);
    const rows = sumPixels(sizes);
    const bias = mapArray(dbias, (_, o) =>
      rows.data.reduce((sum, value, i) => sum + (i % options.O === o ? value : 0), 0),
    );
    return {
      dweight: {
        expected: dweight,
        bound: winogradWeight({ z, dy: sizes }, options, ABSOLUTES),
      },
      dbias: { expected: dbias, bound: bias },
      drows: { expected: sumPixels(dy), bound: rows },
    };
  };

function sumPixels({ shape, data }: NdArray): NdArray {
  const [N, O, H, W] = shape as [number, number, number, number];
  return mapArray(ndarray([N, O]), (_, plane) =>
    data.subarray(plane * H * W, (plane + 1) * H * W).reduce((sum, value) => sum + value, 0),
  );
}

export const conv2dWeightWinogradTwins: Twins = {
  [WEIGHED_BY_WINOGRAD.name]: weightWinogradTwin(WEIGHED_BY_WINOGRAD),
};
