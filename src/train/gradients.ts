// Loss and every parameter's gradient of one batch that is given whole: for checking, not training.
import { Tape } from "../autograd/tape.ts";
import { requireShape, type Shape, sizeOf } from "../core/shape.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import { requireImages } from "../nn/evaluate.ts";
import { type HalfWeights, halfWeights, type NetworkDtype } from "../nn/half_weights.ts";
import type { DiffusionModel, NamedValues } from "../nn/model.ts";
import { readWeights } from "../nn/save_model.ts";
import { unet } from "../nn/unet.ts";
import { type Weights, weightsLike } from "../nn/weights.ts";
import { GivenBatch } from "./given_batch.ts";
import { HYPER_PARAMETERS } from "./hyper_parameters.ts";

export interface GradientInputs {
  /** [N, C, H, W], in [−1, 1] */
  x0: { shape: Shape; data: Float32Array };
  /** ε, of x0's shape */
  noise: { shape: Shape; data: Float32Array };
  /** [N], whole numbers from 0 */
  timestep: ArrayLike<number>;
  classLabels?: ArrayLike<number> | undefined;
  /** what maps and their gradients are stored in; default float32 */
  dtype?: NetworkDtype | undefined;
}

/** Of float16's gradients: the usual first loss scale. */
const LOSS_SCALE = HYPER_PARAMETERS.lossScale;

export interface Gradients {
  loss: number;
  /** ∂L/∂parameter, by its name in files */
  parameters: NamedValues;
  /** ∂L/∂x_t */
  sample: { shape: Shape; data: Float32Array };
}

/**
 * L_simple of a batch and its gradient by every parameter and by x_t.
 *
 *   x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε        L = mean (prediction − target)²
 *
 * The schedule and the target are those of the model's scheduler; DDPM's where it has none.
 *
 * @throws ShapeError, OptionError for inputs that do not fit the model; DeviceError
 * @see DDPM (arXiv:2006.11239) eq. 14
 */
export async function lossGradients(
  model: DiffusionModel,
  { x0, noise, timestep, classLabels, dtype }: GradientInputs,
): Promise<Gradients> {
  model.requireAlive();
  const { gpu, config, weights } = model;
  const N = requireImages("gradients", x0.shape, config.in_channels);
  requireShape("gradients", "noise", noise.shape, x0.shape);
  requireShape("gradients", "timestep", [timestep.length], [N]);

  const buffer = new ResidentBuffer("gradients.inputs");
  const batch = new GivenBatch(model, buffer, { shape: x0.shape });
  const gradients = weightsLike(weights, "gradients");
  const graph = new Graph(gpu.target);
  const inputs = batch.noised(graph);
  const { sample } = inputs;
  const half = halfWeights(gpu, weights, dtype);
  const lossScale = buffer.add([1], "lossScale");
  const leaves = new Map<Tensor, Tensor | undefined>(gradientTargets(weights, gradients, half));
  const tape = new Tape(graph, leaves.set(sample, undefined));
  const network = { tape, weights, half: half && { weights: half, lossScale } };
  half?.refresh(graph);
  const prediction = unet(network, config, inputs);
  const { dprediction, perImage } = batch.loss(graph, prediction);
  graph.phase = "backward";
  const dSample = tape.backward(prediction, dprediction).get(sample);
  if (!dSample) throw new Error("gradients: the network does not depend on its input");

  const keep = [perImage, dSample];
  const program = await Program.compile(gpu, graph, { label: "gradients", keep });
  try {
    batch.writeTables();
    const S = half ? LOSS_SCALE : 1;
    writeTensor(gpu, lossScale, Float32Array.of(S));
    batch.write({ x0: x0.data, noise: noise.data, timestep, classLabels });
    program.run();
    const losses = (await program.read(perImage)).subarray(0, N);
    const values = (await program.read(dSample)).slice(0, sizeOf(sample.shape));
    const parameters = await readWeights(gpu, gradients);
    for (const { data } of parameters.values()) divide(data, S);
    divide(values, S);
    return {
      loss: losses.reduce((sum, loss) => sum + loss, 0) / N,
      parameters,
      sample: { shape: sample.shape, data: values },
    };
  } finally {
    program.dispose();
    buffer.destroy(gpu);
    gradients.buffer.destroy(gpu);
    half?.buffer.destroy(gpu);
  }
}

/** Exact where S is a power of two. */
function divide(values: Float32Array, S: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! / S;
}

/** Every parameter, and its float16 copy → where its gradient goes. */
export function gradientTargets(
  weights: Weights,
  gradients: Weights,
  half?: HalfWeights,
): Map<Tensor, Tensor> {
  const targets = new Map<Tensor, Tensor>();
  for (const [i, weight] of weights.tensors.entries()) {
    const gradient = gradients.tensors[i]!;
    targets.set(weight, gradient);
    if (half) targets.set(half.of(weight), gradient);
  }
  return targets;
}
