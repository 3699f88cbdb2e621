// The job in onnxruntime-web on WebGPU: it does not train, so its loss is evaluated alone.
//
// Group norm is InstanceNormalization of the groups, as PyTorch's exporter writes it.
import * as ort from "onnxruntime-web/webgpu";
import {
  ancestralStep,
  DENOISED_AT,
  type Engine,
  type Job,
  type JobConfig,
  type JobTensor,
  levelsOf,
  timeFeatures,
} from "./job.ts";
import { OnnxGraph, type Value } from "./onnx.ts";
import { type Ops, unet } from "./unet.ts";

const here = import.meta.url; // apart, or Vite takes the folder for a file to serve, and its last slash off
ort.env.wasm.wasmPaths = new URL("../node_modules/onnxruntime-web/dist/", here).href;
ort.env.wasm.numThreads = 1; // more need headers that a plain page does not have

export async function open(job: Job): Promise<Engine> {
  const { config, x0, noise, timesteps } = job;
  const [channels = 0] = config.block_out_channels;
  const count = timesteps.length;
  const graph = new OnnxGraph();
  const [x, time] = [
    { name: "x", shape: x0.shape },
    { name: "time", shape: [count, channels] },
  ];
  const output = unet(opsOf(graph, job.weights, config), config, { x, time });
  const session = await ort.InferenceSession.create(graph.model([x, time], output), {
    executionProviders: ["webgpu"],
  });
  const predict = async (images: Float32Array, at: number[]): Promise<Float32Array> => {
    const features = timeFeatures(at, channels);
    const results = await session.run({
      x: new ort.Tensor("float32", images, x0.shape),
      time: new ort.Tensor("float32", features, time.shape),
    });
    return (await results[output.name]!.getData()) as Float32Array;
  };
  const at = Array.from({ length: count }, () => DENOISED_AT);
  let images: Float32Array = noise.data;
  return {
    trains: false,
    async trainStep() {
      const predicted = await predict(noised(job), timesteps);
      const squares = predicted.reduce((sum, value, i) => sum + (value - noise.data[i]!) ** 2, 0);
      return squares / predicted.length;
    },
    async denoiseStep() {
      images = denoised(images, await predict(images, at));
    },
  };
}

/** x_t of the batch. */
function noised({ x0, noise, timesteps }: Job): Float32Array {
  const { signal, noise: sigma } = levelsOf(timesteps);
  const size = x0.data.length / timesteps.length;
  return x0.data.map((value, i) => {
    const n = Math.floor(i / size);
    return signal[n]! * value + sigma[n]! * noise.data[i]!;
  });
}

function denoised(x: Float32Array, predicted: Float32Array): Float32Array {
  const { signal, noise, fromX, fromX0, sigma } = ancestralStep();
  return x.map((value, i) => {
    const x0 = Math.min(1, Math.max(-1, (value - noise * predicted[i]!) / signal));
    const z = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    return fromX * value + fromX0 * x0 + sigma * z;
  });
}

type Four = [number, number, number, number];

function opsOf(
  graph: OnnxGraph,
  weights: ReadonlyMap<string, JobTensor>,
  { norm_num_groups: groups, norm_eps: eps }: JobConfig,
): Ops<Value> {
  const stored = (name: string, shape?: number[]) => {
    const { data, shape: own } = weights.get(name)!;
    return graph.constant(shape ? `${name} [${shape}]` : name, shape ?? own, data);
  };
  const shapeOf = (shape: readonly number[]) => graph.constant(`[${shape}]`, [shape.length], shape);
  const reshaped = (x: Value, shape: number[]) =>
    graph.node("Reshape", [x.name, shapeOf(shape)], shape);
  const pair = (type: string, a: Value, b: string) => graph.node(type, [a.name, b], a.shape);
  /** x Wᵀ + b of tokens [N, S, C] */
  const project = (x: Value, name: string) => {
    const { data, shape } = weights.get(`${name}.weight`)!;
    const transposed = graph.constant(`${name}.weight transposed`, shape, transpose(data, shape));
    const product = graph.node("MatMul", [x.name, transposed], x.shape);
    return pair("Add", product, stored(`${name}.bias`));
  };
  const ops: Ops<Value> = {
    share: (x) => x,
    has: (name) => weights.has(name),
    conv(x, name, stride = 1) {
      const [out = 0, , kernel = 1] = weights.get(`${name}.weight`)!.shape;
      const [N, , H, W] = x.shape as Four;
      const pad = kernel === 3 ? 1 : 0;
      const inputs = [x.name, stored(`${name}.weight`), stored(`${name}.bias`)];
      return graph.node("Conv", inputs, [N, out, H / stride, W / stride], {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
      });
    },
    norm(x, name) {
      const [N, C, H, W] = x.shape as Four;
      const grouped = reshaped(x, [N, groups, (C / groups) * H * W]);
      const ones = graph.constant("ones", [groups], new Float32Array(groups).fill(1));
      const zeros = graph.constant("zeros", [groups], new Float32Array(groups));
      const inputs = [grouped.name, ones, zeros];
      const attributes = { epsilon: { float: eps } };
      const normal = graph.node("InstanceNormalization", inputs, grouped.shape, attributes);
      const back = reshaped(normal, [N, C, H, W]);
      const scaled = pair("Mul", back, stored(`${name}.weight`, [C, 1, 1]));
      return pair("Add", scaled, stored(`${name}.bias`, [C, 1, 1]));
    },
    normSilu: (x, name) => ops.silu(ops.norm(x, name)),
    silu: (x) => pair("Mul", x, graph.node("Sigmoid", [x.name], x.shape).name),
    linear(x, name) {
      const [rows = 0] = x.shape;
      const [out = 0] = weights.get(`${name}.weight`)!.shape;
      const inputs = [x.name, stored(`${name}.weight`), stored(`${name}.bias`)];
      return graph.node("Gemm", inputs, [rows, out], { transB: 1 });
    },
    addRows(x, rows) {
      const [N = 0, C = 0] = rows.shape;
      return pair("Add", x, reshaped(rows, [N, C, 1, 1]).name);
    },
    add: (a, b) => pair("Add", a, b.name),
    attend(x, name) {
      const [N, C, H, W] = x.shape as Four;
      const swap = (y: Value, shape: number[]) =>
        graph.node("Transpose", [y.name], shape, { perm: [0, 2, 1] });
      const tokens = swap(reshaped(x, [N, C, H * W]), [N, H * W, C]);
      const [q, k, v] = ["to_q", "to_k", "to_v"].map((role) =>
        project(tokens, `${name}.${role}`),
      ) as [Value, Value, Value];
      const scale = graph.constant(`1/√${C}`, [1], Float32Array.of(1 / Math.sqrt(C)));
      const keys = swap(k, [N, C, H * W]);
      const scores = graph.node(
        "MatMul",
        [pair("Mul", q, scale).name, keys.name],
        [N, H * W, H * W],
      );
      const probabilities = graph.node("Softmax", [scores.name], scores.shape, { axis: -1 });
      const y = graph.node("MatMul", [probabilities.name, v.name], tokens.shape);
      const out = project(y, `${name}.to_out.0`);
      return reshaped(swap(out, [N, C, H * W]), [N, C, H, W]);
    },
    concat(a, b) {
      const [N, C, H, W] = a.shape as Four;
      return graph.node("Concat", [a.name, b.name], [N, C + b.shape[1]!, H, W], { axis: 1 });
    },
    upsample(x) {
      const [N, C, H, W] = x.shape as Four;
      const scales = graph.constant("scales", [4], Float32Array.of(1, 1, 2, 2));
      return graph.node("Resize", [x.name, "", scales], [N, C, 2 * H, 2 * W], {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      });
    },
  };
  return ops;
}

function transpose(data: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array {
  return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}
