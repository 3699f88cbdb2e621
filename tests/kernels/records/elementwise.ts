// The record of elementwise.wgsl.
import { addRule, affineRule, scaleRowsRule } from "../../../src/autograd/rules/elementwise.ts";
import { add, affine, scaleRows } from "../../../src/kernels/elementwise.ts";
import { addScale, addScaleBackward } from "../../reference/elementwise.ts";
import { mapArray, type NdArray } from "../../reference/ndarray.ts";
import {
  differentiable,
  type KernelInfo,
  numbers,
  type Sample,
  SUMS,
  selfTestSamples,
} from "./record.ts";

const SHAPES = [[1], [3, 65], [2, 5, 7, 3], [2, 4, 3, 3]];

const sums = (shape: readonly number[]): Sample =>
  differentiable({
    name: `(a + b) · ¾ of [${shape}]`,
    rule: addRule,
    inputs: { a: numbers(shape, 1), b: numbers(shape, 2) },
    options: () => ({ scale: 0.75 }),
    forward: ({ a, b }) => addScale(a!, b!, 1 / 0.75),
    backward: (_, dy) => addScaleBackward(dy, 1 / 0.75),
  });

const SLOPE = -2.5;
const OFFSET = 0.75;

const lines = (shape: readonly number[]): Sample =>
  differentiable({
    name: `−2.5 x + ¾ of [${shape}]`,
    rule: affineRule,
    inputs: { x: numbers(shape, 1) },
    options: () => ({ a: SLOPE, b: OFFSET }),
    forward: ({ x }) => mapArray(x!, (value) => SLOPE * value + OFFSET),
    backward: (_, dy) => ({ dx: mapArray(dy, (g) => SLOPE * g) }),
    bounds: ({ x }, dy) => ({
      y: mapArray(x!, (value) => Math.abs(SLOPE * value) + OFFSET),
      dx: mapArray(dy, (g) => Math.abs(SLOPE * g)),
    }),
  });

function rows(shape: readonly number[]): Sample {
  const factor = numbers([shape[0]!], 3);
  const scaled = (x: NdArray) => {
    const size = x.data.length / shape[0]!;
    return mapArray(x, (value, i) => factor.data[Math.floor(i / size)]! * value);
  };
  const sizes = (x: NdArray) => mapArray(scaled(x), Math.abs);
  return differentiable({
    name: `factor[n] · x[n] of [${shape}]`,
    rule: scaleRowsRule,
    inputs: { x: numbers(shape, 1) },
    fixed: { factor },
    options: (tensors) => ({ factor: tensors.factor! }),
    forward: ({ x }) => scaled(x!),
    backward: (_, dy) => ({ dx: scaled(dy) }),
    bounds: ({ x }, dy) => ({ y: sizes(x!), dx: sizes(dy) }),
  });
}

const MANY = 2 ** 25 + 65; // 128 MiB and 260 bytes; 524,290 workgroups

export const info: KernelInfo = {
  family: "elementwise",
  shaders: ["elementwise"],
  dtypes: ["f32", "f16"],
  tolerance: SUMS,
  samples: () => [
    ...selfTestSamples("elementwise"),
    ...[sums, lines, rows].flatMap((of) => SHAPES.map(of)),
  ],
  refusals: [
    {
      what: "a sum of two shapes",
      launch: (graph, tensor) => add(graph, { a: tensor(2, 3), b: tensor(3, 2) }, {}),
      message: "add: b must be [2, 3], got [3, 2].",
    },
    {
      what: "a factor of another length",
      launch: (graph, tensor) => scaleRows(graph, { x: tensor(2, 3), factor: tensor(3) }),
      message: "scaleRows: factor must be [2], got [3].",
    },
  ],
  huge: {
    name: "2x + 1 of more than 128 MiB",
    shape: [MANY],
    launch: (graph, x) => affine(graph, { x }, { a: 2, b: 1 }),
    x: (i) => i % 1_000_003,
    y: (i) => 2 * (i % 1_000_003) + 1,
  },
};
