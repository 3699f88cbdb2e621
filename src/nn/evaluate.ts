// One evaluation of a model on given tensors.
import { Forward } from "../autograd/forward.ts";
import { ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, showShape } from "../core/shape.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, writeTensor } from "../graph/tensor.ts";
import { Conditions } from "./conditions.ts";
import { halfWeights, type NetworkDtype } from "./half_weights.ts";
import type { DiffusionModel } from "./model.ts";
import { unet } from "./unet.ts";

export interface Evaluation {
  /** [N, C, H, W] */
  sample: { shape: Shape; data: Float32Array };
  /** [N], counted from 0; whole or not */
  timestep: ArrayLike<number>;
  /** [N], for a class-conditional model; [N, 4 C_0] flat where its class_embed_type is "identity" */
  classLabels?: ArrayLike<number> | undefined;
  /** what maps are stored in; default float32 */
  dtype?: NetworkDtype | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The network's output for given images and timesteps.
 *
 * @returns float32 [N, out_channels, H, W]
 * @throws ShapeError, OptionError for inputs that do not fit the model; DeviceError; the signal's reason
 */
export async function evaluate(
  model: DiffusionModel,
  { sample, timestep, classLabels, dtype, signal }: Evaluation,
): Promise<{ shape: Shape; data: Float32Array<ArrayBuffer> }> {
  signal?.throwIfAborted();
  model.requireAlive();
  const { gpu, config, weights } = model;
  const N = requireImages("forward", sample.shape, config.in_channels);
  requireShape("forward", "timestep", [timestep.length], [N]);

  const buffer = new ResidentBuffer("forward.inputs");
  const input = buffer.add(sample.shape, "sample");
  const conditions = new Conditions(model, buffer, N);
  const graph = new Graph(gpu.target);
  const half = halfWeights(gpu, weights, dtype);
  const network = { tape: new Forward(graph), weights, half: half && { weights: half } };
  half?.refresh(graph);
  const output = unet(network, config, { sample: input, ...conditions.inputs });
  const options = { label: "forward", keep: [output], signal };
  const program = await Program.compile(gpu, graph, options);
  try {
    writeTensor(gpu, input, Float32Array.from(sample.data));
    conditions.write(timestep, classLabels);
    program.run();
    const data = (await program.read(output)).slice(
      0,
      output.shape.reduce((a, b) => a * b, 1),
    );
    signal?.throwIfAborted();
    return { shape: output.shape, data };
  } finally {
    program.dispose();
    buffer.destroy(gpu);
    half?.buffer.destroy(gpu);
  }
}

/** N of images [N, C, H, W] with the channels the model takes. */
export function requireImages(operation: string, shape: Shape, channels: number): number {
  const [N, C] = shape;
  if (shape.length === 4 && C === channels && N !== undefined && N > 0) return N;
  throw new ShapeError(
    "shape/image",
    `${operation}: images must be [N, ${channels}, H, W] for this model, got ${showShape(shape)}.`,
    "config.json says in_channels.",
  );
}
