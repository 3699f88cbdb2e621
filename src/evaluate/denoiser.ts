// What stands for p_θ in the derivation: the exact denoiser of normal data, or a network.
//
// Both give an output o for x_t, of which x̂_0 is a combination with x_t.
import { Forward } from "../autograd/forward.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { boundOptions } from "../diffusion/bound.ts";
import { conversionOf } from "../diffusion/conversion.ts";
import type { X0HatFrom } from "../diffusion/derivation.ts";
import type { DiffusionTables } from "../diffusion/schedule.ts";
import {
  type Prediction,
  parseSchedulerConfig,
  tablesOf,
  type Variance,
} from "../diffusion/scheduler_config.ts";
import type { Graph } from "../graph/graph.ts";
import { type ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { Conditions } from "../nn/conditions.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";

export interface Denoiser {
  readonly tables: DiffusionTables;
  readonly variance: Variance;
  /** x̂_0 is clipped to [−clip, clip] */
  readonly clip: number;
  x0HatFrom(t: number): X0HatFrom;
  /** Adds what it needs for images [N, C, H, W] to a buffer. */
  attach(buffer: ResidentBuffer, shape: Shape): AttachedDenoiser;
}

export interface AttachedDenoiser {
  /** records what gives o for x_t */
  record(graph: Graph, xt: Tensor): Tensor;
  /** queues what timestep t needs, before its run */
  write(gpu: Gpu, t: number): void;
}

/**
 * The exact E[x_0 | x_t] of data x_0 ~ N(mu, s² I).
 *
 *   x̂_0 = mu + k (x_t − √ᾱ_t mu)        k = √ᾱ_t s² / (ᾱ_t s² + 1 − ᾱ_t)
 *
 * @param data  `mu` [C, H, W], and `s`, the standard deviation of every pixel
 */
export function analyticDenoiser(data: {
  tables: DiffusionTables;
  mu: Float32Array;
  s: number;
  variance?: Variance;
}): Denoiser {
  const { tables, mu, s, variance = "fixed_small" } = data;
  return {
    tables,
    variance,
    clip: Number.POSITIVE_INFINITY,
    x0HatFrom(t) {
      const bar = tables.alphaBars[t]!;
      const k = (Math.sqrt(bar) * s ** 2) / (bar * s ** 2 + 1 - bar);
      return { fromX: k, fromOutput: 1 - k * Math.sqrt(bar) };
    },
    attach(buffer, shape) {
      const output = buffer.add(shape, "mu");
      const repeated = Float32Array.from({ length: sizeOf(shape) }, (_, i) => mu[i % mu.length]!);
      return {
        record: () => output,
        write: (gpu) => writeTensor(gpu, output, repeated),
      };
    },
  };
}

/**
 * A model as p_θ, by its scheduler's prediction, variance and clipping.
 *
 * @param clips       clip x̂_0; default the scheduler's `clip_sample`
 * @param classLabel  of all images, for a class-conditional model: `nullClass` for none
 * @throws OptionError for a scheduler without a bound
 */
export function networkDenoiser(
  model: DiffusionModel,
  clips?: boolean,
  classLabel?: number,
): Denoiser {
  const config = parseSchedulerConfig(model.scheduler);
  const tables = tablesOf(config);
  const { prediction, variance, clip } = boundOptions(config, clips);
  return {
    tables,
    variance,
    clip,
    x0HatFrom: (t) => x0HatFrom(prediction, tables.alphaBars[t]!),
    attach(buffer, shape) {
      const N = shape[0]!;
      const conditions = new Conditions(model, buffer, N);
      return {
        record: (graph, xt) => {
          const network = { tape: new Forward(graph), weights: model.weights };
          return unet(network, model.config, { sample: xt, ...conditions.inputs });
        },
        write: (_, t) => {
          const labels = classLabel === undefined ? undefined : new Uint32Array(N).fill(classLabel);
          conditions.write(new Float64Array(N).fill(t), labels);
        },
      };
    },
  };
}

function x0HatFrom(prediction: Prediction, alphaBar: number): X0HatFrom {
  const [fromX, fromOutput] = conversionOf(
    prediction,
    Math.sqrt(alphaBar),
    Math.sqrt(1 - alphaBar),
  );
  return { fromX, fromOutput };
}
