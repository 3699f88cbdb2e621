// What the suite "kernels" times: each with single values of its answer, from the definition in
// float64.
import type { Shape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { attention } from "../kernels/attention.ts";
import { conv2d, conv2dBackwardInput } from "../kernels/conv2d.ts";
import { conv2dBackwardWeight } from "../kernels/conv2d_weight.ts";
import { groupNorm } from "../kernels/groupnorm.ts";
import { linear } from "../kernels/matmul.ts";

export interface Values {
  shape: Shape;
  data: Float32Array;
}

/** A value, and Σ|terms| of the sum that it is. */
export interface Sum {
  sum: number;
  magnitude: number;
}

export interface KernelCase {
  name: string;
  /** filled with N(0, 1) */
  inputs: Record<string, Shape>;
  record(graph: Graph, tensors: Record<string, Tensor>): Tensor;
  /** the answer at one index */
  value(inputs: Record<string, Values>, index: number[]): Sum;
}

const OPTIONS = {
  stride: 1,
  padding: { top: 1, bottom: 1, left: 1, right: 1 },
  upsample: false,
} as const;

/** x[n, c, i, j], 0 outside of the image. */
function pixel({ shape, data }: Values, [n, c, i, j]: readonly number[]): number {
  const [, C, H, W] = shape as [number, number, number, number];
  if (i! < 0 || j! < 0 || i! >= H || j! >= W) return 0;
  return data[((n! * C + c!) * H + i!) * W + j!]!;
}

function sumOf(terms: Iterable<number>): Sum {
  let [sum, magnitude] = [0, 0];
  for (const term of terms) {
    sum += term;
    magnitude += Math.abs(term);
  }
  return { sum, magnitude };
}

const NINE = Array.from({ length: 9 }, (_, tap) => [Math.floor(tap / 3), tap % 3] as const);

/** A 3×3 convolution of `channels` to as many, zeros around; its two gradients. */
function convolutions(name: string, images: number, channels: number, side: number): KernelCase[] {
  const shape = [images, channels, side, side];
  const weights = [channels, channels, 3, 3];
  const forward: KernelCase = {
    name: `${name}/forward`,
    inputs: { x: shape, weight: weights },
    record: (graph, { x, weight }) => conv2d(graph, { x: x!, weight: weight! }, OPTIONS),
    value: ({ x, weight }, [n, o, i, j]) =>
      sumOf(
        (function* () {
          for (let c = 0; c < channels; c++)
            for (const [u, v] of NINE)
              yield pixel(weight!, [o!, c, u, v]) * pixel(x!, [n!, c, i! + u - 1, j! + v - 1]);
        })(),
      ),
  };
  const backwardInput: KernelCase = {
    name: `${name}/backward_input`,
    inputs: { dy: shape, weight: weights },
    record: (graph, { dy, weight }) => {
      const dx = graph.alloc(shape, "dx");
      const inputs = { dy: dy!, weight: weight! };
      conv2dBackwardInput(graph, inputs, { ...OPTIONS, inputShape: shape }, dx);
      return dx;
    },
    value: ({ dy, weight }, [n, c, i, j]) =>
      sumOf(
        (function* () {
          for (let o = 0; o < channels; o++)
            for (const [u, v] of NINE)
              yield pixel(weight!, [o, c!, u, v]) * pixel(dy!, [n!, o, i! - u + 1, j! - v + 1]);
        })(),
      ),
  };
  const backwardWeight: KernelCase = {
    name: `${name}/backward_weight`,
    inputs: { x: shape, dy: shape },
    record: (graph, { x, dy }) => {
      const dweight = graph.alloc(weights, "dweight");
      const place = { ...OPTIONS, weightShape: weights };
      conv2dBackwardWeight(graph, { x: x!, dy: dy! }, place, { dweight });
      return dweight;
    },
    value: ({ x, dy }, [o, c, u, v]) =>
      sumOf(
        (function* () {
          for (let n = 0; n < images; n++)
            for (let at = 0; at < side * side; at++) {
              const [i, j] = [Math.floor(at / side), at % side];
              yield pixel(dy!, [n, o!, i, j]) * pixel(x!, [n, c!, i + u! - 1, j + v! - 1]);
            }
        })(),
      ),
  };
  return [forward, backwardInput, backwardWeight];
}

const GROUPS = 8;
const EPS = 1e-5;

/** f((x − μ)·r·γ + β) with f = SiLU, as every ResNet block of a U-Net begins. */
function groupNormSilu(shape: readonly [number, number, number, number]): KernelCase {
  const [, C, H, W] = shape;
  const size = (C / GROUPS) * H * W;
  return {
    name: "groupnorm-silu/forward",
    inputs: { x: shape, affine: [2 * C] },
    record: (graph, { x, affine }) => {
      const options = { groups: GROUPS, eps: EPS, activation: "silu" } as const;
      return groupNorm(graph, { x: x!, affine: affine! }, options).y;
    },
    value: ({ x, affine }, index) => {
      const [n, c] = index as [number, number];
      const first = (n * GROUPS + Math.floor((c * GROUPS) / C)) * size;
      const group = x!.data.subarray(first, first + size);
      const mean = group.reduce((sum, value) => sum + value, 0) / size;
      const variance = group.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
      const factor = affine!.data[c]! / Math.sqrt(variance + EPS);
      const h = (pixel(x!, index) - mean) * factor + affine!.data[C + c]!;
      const around = (Math.abs(pixel(x!, index)) + Math.abs(mean)) * Math.abs(factor);
      return {
        sum: h / (1 + Math.exp(-h)),
        magnitude: 1.1 * (around + Math.abs(affine!.data[C + c]!)),
      }; // |SiLU'| ≤ 1.1
    },
  };
}

/** One head of d channels over S tokens. */
function attentionCore(images: number, d: number, S: number): KernelCase {
  return {
    name: "attention/forward",
    inputs: { qkv: [images, 3 * d, S] },
    record: (graph, { qkv }) => attention(graph, { qkv: qkv! }, { heads: 1 }).y,
    value: ({ qkv }, index) => {
      const [n, c, i] = index as [number, number, number];
      const [q, k, v] = [0, 1, 2];
      const at = (role: number, channel: number, token: number) =>
        qkv!.data[((3 * n + role) * d + channel) * S + token]!;
      const logits = Array.from({ length: S }, (_, j) =>
        sumOf(Array.from({ length: d }, (_, e) => (at(q, e, i) * at(k, e, j)) / Math.sqrt(d))),
      );
      const weights = logits.map(({ sum }) => Math.exp(sum));
      const total = weights.reduce((a, b) => a + b, 0);
      const y = sumOf(weights.map((weight, j) => (weight / total) * at(v, c, j)));
      const steepest = Math.max(...logits.map(({ magnitude }) => magnitude)); // of exp, in ε
      return { sum: y.sum, magnitude: y.magnitude * (1 + 2 * steepest) };
    },
  };
}

/** y = x · weightᵀ. */
function matrixProduct(size: number): KernelCase {
  return {
    name: `matmul${size}/forward`,
    inputs: { x: [size, size], weight: [size, size] },
    record: (graph, { x, weight }) => linear(graph, { x: x!, weight: weight! }),
    value: ({ x, weight }, index) => {
      const [row, column] = index as [number, number];
      const terms = Array.from(
        { length: size },
        (_, i) => x!.data[row * size + i]! * weight!.data[column * size + i]!,
      );
      return sumOf(terms);
    },
  };
}

export const KERNEL_CASES: readonly KernelCase[] = [
  ...convolutions("conv64", 8, 64, 32),
  ...convolutions("conv128", 4, 128, 16),
  groupNormSilu([8, 64, 32, 32]),
  attentionCore(8, 64, 256),
  matrixProduct(512),
];

/** Sizes that fill a large GPU; software adapters would take seconds each. */
export const LARGE_KERNEL_CASES: readonly KernelCase[] = [
  ...convolutions("conv256", 32, 256, 32),
  matrixProduct(2048),
];
