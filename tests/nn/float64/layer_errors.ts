// The error of every layer of a whole forward and backward pass on a device, against float64.
//
// L = Σ dy ⊙ prediction with dy normal: every gradient of the network is then a random direction's.
import { philoxNormals } from "../../../src/core/philox.ts";
import { sizeOf } from "../../../src/core/shape.ts";
import type { Gpu } from "../../../src/device/gpu.ts";
import { sidesOf, type UNetConfig } from "../../../src/formats/unet_config.ts";
import { type Dispatch, Graph } from "../../../src/graph/graph.ts";
import { Program } from "../../../src/graph/program.ts";
import { ResidentBuffer, readTensor, type Tensor } from "../../../src/graph/tensor.ts";
import { writeValues } from "../../../src/graph/write_values.ts";
import { LAYER_BOUNDS } from "../../../src/inspect/layer_errors.ts";
import { Conditions } from "../../../src/nn/conditions.ts";
import { DiffusionModel } from "../../../src/nn/model.ts";
import { unet } from "../../../src/nn/unet.ts";
import { type NdArray, ndarray } from "../../reference/ndarray.ts";
import { joinedOrder } from "../../support/joined.ts";
import { type Application, float64Network, WatchedTape } from "./network.ts";

export interface Float64Error {
  /** the layer's name as in PyTorch, or its rule's where it has no parameters */
  layer: string;
  phase: "forward" | "backward";
  /** y, dy, dweight or dbias */
  tensor: string;
  shape: readonly number[];
  /** max |float32 − float64| / max |float64|; NaN where the GPU's is not finite */
  error: number;
  bound: number;
  ok: boolean;
}

export interface Options {
  batch: number;
  /** what runs in place of a dispatch: for tests, a fault */
  change?: (dispatch: Dispatch) => Dispatch;
}

/** Errors of a new model of that configuration, seed 0, in the order of the layers; backward from the last. */
export async function float64Errors(
  gpu: Gpu,
  config: UNetConfig,
  { batch, change = (dispatch) => dispatch }: Options,
): Promise<Float64Error[]> {
  const model = await DiffusionModel.create(gpu, config, { seed: 0 });
  const buffer = new ResidentBuffer("float64.inputs");
  const [H, W] = sidesOf(config) ?? [32, 32];
  const sample = buffer.add([batch, config.in_channels, H, W], "sample");
  const dy = buffer.add([batch, config.out_channels, H, W], "dy");
  const conditions = new Conditions(model, buffer, batch);
  const parameters = model.weights.tensors;
  const graph = new Graph(gpu.target);
  const tape = new WatchedTape(graph, new Map(parameters.map((tensor) => [tensor, undefined])));
  const network = { tape, weights: model.weights };
  const prediction = unet(network, config, { sample, ...conditions.inputs });
  graph.phase = "backward";
  const gradients = tape.backward(prediction, dy);
  const { applications } = tape;
  graph.dispatches.splice(0, Number.POSITIVE_INFINITY, ...graph.dispatches.map(change));

  const wanted = wantedTensors(applications, gradients);
  const keep = [...new Set(wanted.map(({ gpuTensor }) => gpuTensor))].filter(({ home }) => !home);
  const program = await Program.compile(gpu, graph, { label: "float64", keep });
  try {
    for (const [stream, tensor] of [sample, dy].entries()) {
      writeValues(gpu, tensor, Float32Array.from(philoxNormals(stream, sizeOf(tensor.shape))));
    }
    conditions.write(
      Array.from({ length: batch }, (_, n) => 999 * ((n + 0.5) / batch)),
      undefined,
    );
    program.run();
    const leaves = await leafValues(gpu, applications);
    const exact = float64Network(applications, leaves, await float64Of(gpu, dy));
    const errors: Float64Error[] = [];
    for (const { gpuTensor, of, summed, phase, ...place } of wanted) {
      const plain = (phase === "forward" ? exact.values : exact.gradients).get(of)!;
      const { split } = gpuTensor;
      const expected = split === undefined ? plain : joinedOrder(plain, split);
      const actual = gpuTensor.home
        ? await readTensor(gpu, gpuTensor)
        : await program.read(gpuTensor);
      const error = errorOf(actual, expected, largestOf(summed && exact.gradients.get(summed)));
      const bound = LAYER_BOUNDS[phase];
      errors.push({ ...place, phase, shape: of.shape, error, bound, ok: error <= bound });
    }
    return errors;
  } finally {
    program.dispose();
    buffer.destroy(gpu);
    model.dispose();
  }
}

interface Wanted extends Pick<Float64Error, "layer" | "phase" | "tensor"> {
  /** what the GPU wrote */
  gpuTensor: Tensor;
  /** the tensor it is the value, or the gradient, of */
  of: Tensor;
  /**
   * The layer's y where a bias's gradient sums dy: the error is measured against the terms where they
   * cancel, as those of attention's key bias do to 0.
   */
  summed?: Tensor;
}

function wantedTensors(
  applications: readonly Application[],
  gradients: ReadonlyMap<Tensor, Tensor>,
): Wanted[] {
  const forward = applications.map((one): Wanted => {
    return { layer: layerOf(one), phase: "forward", tensor: "y", gpuTensor: one.y, of: one.y };
  });
  const backward = applications.toReversed().flatMap((one): Wanted[] => {
    const place = { layer: layerOf(one), phase: "backward" as const };
    const ofOutput = one.dy ? [{ ...place, tensor: "dy", gpuTensor: one.dy, of: one.y }] : [];
    const ofParameters = (["weight", "bias", "affine"] as const).flatMap((name) => {
      const of = one.inputs[name];
      const gpuTensor = of && gradients.get(of);
      const summed = name === "bias" ? { summed: one.y } : {};
      return gpuTensor ? [{ ...place, tensor: `d${name}`, gpuTensor, of, ...summed }] : [];
    });
    return [...ofOutput, ...ofParameters];
  });
  return [...forward, ...backward];
}

const layerOf = ({ twin, inputs }: Application): string =>
  (inputs.weight ?? inputs.affine)?.label.replace(/\.weight(\+bias)?$/, "") ?? twin.name;

/** Of all that no rule made: images, features of the time, parameters. */
async function leafValues(gpu: Gpu, applications: readonly Application[]) {
  const made = new Set(applications.map(({ y }) => y));
  const leaves = new Map<Tensor, NdArray>();
  for (const tensor of applications.flatMap(({ inputs }) => Object.values(inputs))) {
    if (!tensor || made.has(tensor) || leaves.has(tensor)) continue;
    leaves.set(tensor, await float64Of(gpu, tensor));
  }
  return leaves;
}

async function float64Of(gpu: Gpu, tensor: Tensor): Promise<NdArray> {
  const values = await readTensor(gpu, tensor);
  return ndarray(tensor.shape, values.subarray(0, sizeOf(tensor.shape)));
}

const largestOf = (x: NdArray | undefined): number =>
  x?.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) ?? 0;

/** max |a − b| / max(max |b|, least); 0 for two tensors of zeros. */
function errorOf(a: Float32Array, b: NdArray, least: number): number {
  let worst = 0;
  for (const [i, value] of b.data.entries()) {
    const difference = Math.abs(a[i]! - value);
    if (!(difference <= worst)) worst = difference; // NaN stays
  }
  return worst === 0 ? 0 : worst / Math.max(largestOf(b), least);
}
