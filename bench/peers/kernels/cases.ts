// The single kernels on which engines are compared: inputs, and every output in float64 from the
// tests' twins. Tensors are NCHW, OIHW and [N, C, S] here; an engine that has them otherwise says so
// as a Layout, and is given them so.
import { philoxNormals } from "../../../dist/core/philox.js";
import { attention, attentionBackward } from "../../../tests/reference/attention.ts";
import { conv2d, conv2dBackward } from "../../../tests/reference/conv2d.ts";
import { groupNorm, groupNormBackward } from "../../../tests/reference/groupnorm.ts";
import { type NdArray, ndarray } from "../../../tests/reference/ndarray.ts";
import type { JobTensor } from "../engines/job.ts";

export const NORM = { groups: 8, eps: 1e-5 };

const IMAGES = [8, 64, 32, 32];
const FILTERS = [64, 64, 3, 3];
const CHANNELS = [64];
const TOKENS = [8, 64, 256]; // one head of 64 channels over 256 tokens

const PADDING = { padding: { top: 1, bottom: 1, left: 1, right: 1 } };
const SILU = { ...NORM, activation: "silu" } as const;
const ONE_HEAD = { heads: 1 };

type Arrays = Record<string, NdArray>;

interface KernelCase {
  /** filled with N(0, 1) */
  inputs: Record<string, readonly number[]>;
  /** all outputs by name */
  expected(inputs: Arrays): Arrays;
}

/** "gradients": y, and the gradient of Σ y·dy by every input. */
const CASES = {
  "conv64/forward": {
    inputs: { x: IMAGES, weight: FILTERS },
    expected: ({ x, weight }) => ({ y: conv2d({ x: x!, weight: weight! }, PADDING) }),
  },
  "conv64/backward_input": {
    inputs: { x: IMAGES, weight: FILTERS, dy: IMAGES },
    expected: ({ x, weight, dy }) => {
      const { dx } = conv2dBackward({ x: x!, weight: weight! }, dy!, PADDING);
      return { dx };
    },
  },
  "conv64/backward_weight": {
    inputs: { x: IMAGES, weight: FILTERS, dy: IMAGES },
    expected: ({ x, weight, dy }) => {
      const { dweight } = conv2dBackward({ x: x!, weight: weight! }, dy!, PADDING);
      return { dweight };
    },
  },
  "groupnorm-silu/forward": {
    inputs: { x: IMAGES, weight: CHANNELS, bias: CHANNELS },
    expected: ({ x, weight, bias }) => ({
      y: groupNorm({ x: x!, weight: weight!, bias: bias! }, SILU).y,
    }),
  },
  "groupnorm-silu/gradients": {
    inputs: { x: IMAGES, weight: CHANNELS, bias: CHANNELS, dy: IMAGES },
    expected: ({ x, weight, bias, dy }) => {
      const inputs = { x: x!, weight: weight!, bias: bias! };
      const { dx, dweight, dbias } = groupNormBackward(inputs, dy!, SILU);
      return { y: groupNorm(inputs, SILU).y, dx, dweight, dbias };
    },
  },
  "attention/forward": {
    inputs: { q: TOKENS, k: TOKENS, v: TOKENS },
    expected: ({ q, k, v }) => ({ y: attention({ q: q!, k: k!, v: v! }, ONE_HEAD) }),
  },
  "attention/gradients": {
    inputs: { q: TOKENS, k: TOKENS, v: TOKENS, dy: TOKENS },
    expected: ({ q, k, v, dy }) => {
      const inputs = { q: q!, k: k!, v: v! };
      return { y: attention(inputs, ONE_HEAD), ...attentionBackward(inputs, dy!, ONE_HEAD) };
    },
  },
} satisfies Record<string, KernelCase>;

export type KernelName = keyof typeof CASES;

export const KERNEL_NAMES = Object.keys(CASES) as KernelName[];

export interface KernelJob {
  name: KernelName;
  inputs: Record<string, JobTensor>;
  /** float64 */
  expected: Arrays;
}

/** A kernel's inputs, and what it must give; the float64 takes seconds. */
export function kernelJob(name: KernelName): KernelJob {
  const { inputs: shapes, expected }: KernelCase = CASES[name];
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([input, shape], i): [string, JobTensor] => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [input, { shape: [...shape], data: Float32Array.from(philoxNormals(i + 1, size)) }];
    }),
  );
  const exact = Object.entries(inputs).map(([input, { shape, data }]) => [
    input,
    ndarray(shape, data),
  ]);
  return { name, inputs, expected: expected(Object.fromEntries(exact)) };
}

/** One engine's kernel, its inputs on the GPU. */
export interface PreparedKernel {
  /** all outputs, NCHW, OIHW and [N, C, S] */
  outputs(): Promise<Record<string, Float32Array>>;
  /** Runs it so many times; ends when the GPU is done. */
  run(times: number): Promise<void>;
  dispose(): void;
}

export interface KernelEngine {
  prepare(job: KernelJob): Promise<PreparedKernel>;
}

/** The largest error of any output, over the largest value of that output. */
export function worstError({ expected }: KernelJob, outputs: Record<string, Float32Array>): number {
  const errors = Object.entries(expected).map(([name, { data }]) => {
    const values = outputs[name];
    if (values?.length !== data.length) return Number.NaN;
    const error = data.reduce((most, value, i) => larger(most, Math.abs(values[i]! - value)), 0);
    return error / data.reduce((most, value) => larger(most, Math.abs(value)), 0);
  });
  return errors.reduce(larger, 0);
}

/** NaN where one of them is. */
const larger = (a: number, b: number): number => (a >= b ? a : b > a ? b : Number.NaN);
