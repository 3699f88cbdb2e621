// The job in TensorFlow.js, on its webgpu or its webgl back end: NHWC, fused biases, tidy memory.
//
// The library's own Adam. Group norm is not in the library: the moments come from one transposed
// copy, and what they do to x is folded into one factor and one addend a channel.
import * as tf from "@tensorflow/tfjs";
import {
  ADAM,
  ancestralStep,
  DENOISED_AT,
  type Engine,
  type Job,
  type JobConfig,
  type JobTensor,
  levelsOf,
  timeFeatures,
} from "./job.ts";
import { type Ops, unet } from "./unet.ts";

export type Backend = "webgpu" | "webgl";

export async function openBackend(backend: Backend): Promise<void> {
  if (backend === "webgpu") await import("@tensorflow/tfjs-backend-webgpu");
  tf.env().set("SOFTWARE_WEBGL_ENABLED", true); // else WebGL without a GPU is refused
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs: there is no back end ${backend}`);
  await tf.ready();
}

export async function open(job: Job, backend: Backend): Promise<Engine> {
  await openBackend(backend);
  const { config, x0, noise, timesteps } = job;
  const [channels = 0] = config.block_out_channels;
  const count = timesteps.length;
  const params = new Map([...job.weights].map(([name, w]) => [name, variable(name, w)]));
  const levels = levelsOf(timesteps);
  const [clean, epsilon] = [nhwc(x0), nhwc(noise)];
  const signal = tf.tensor4d(levels.signal, [count, 1, 1, 1]);
  const sigma = tf.tensor4d(levels.noise, [count, 1, 1, 1]);
  const time = tf.tensor2d(timeFeatures(timesteps, channels), [count, channels]);
  const at = Array.from({ length: count }, () => DENOISED_AT);
  const timeOfDenoising = tf.tensor2d(timeFeatures(at, channels), [count, channels]);

  const ops = opsOf(params, config);
  const variables = [...params.values()];
  const optimizer = tf.train.adam(ADAM.learningRate, ADAM.beta1, ADAM.beta2, ADAM.eps);
  const lossOf = (): tf.Scalar => {
    const xt = signal.mul(clean).add(sigma.mul(epsilon));
    const predicted = unet<tf.Tensor>(ops, config, { x: xt, time });
    return tf.squaredDifference(predicted, epsilon).mean();
  };
  let x: tf.Tensor = epsilon.clone();
  return {
    async trainStep() {
      const loss = optimizer.minimize(lossOf, true, variables);
      if (!loss) throw new Error("tfjs: minimize gave no loss");
      const [value = Number.NaN] = await loss.data();
      loss.dispose();
      await settled(variables);
      return value;
    },
    async denoiseStep() {
      const next = tf.tidy(() => denoised(x, unet(ops, config, { x, time: timeOfDenoising })));
      x.dispose();
      x = next;
      await x.data();
    },
  };
}

/** Waits for the last parameter's update: the library has no wait but to read. */
async function settled(variables: tf.Variable[]): Promise<void> {
  const last = variables.reduce((a, b) => (a.size <= b.size ? a : b));
  await last.data();
}

function denoised(x: tf.Tensor, predicted: tf.Tensor): tf.Tensor {
  const { signal, noise, fromX, fromX0, sigma } = ancestralStep();
  const x0 = x
    .sub(predicted.mul(noise))
    .mul(1 / signal)
    .clipByValue(-1, 1);
  return x.mul(fromX).add(x0.mul(fromX0)).add(tf.randomNormal(x.shape).mul(sigma));
}

/** [N, C, H, W] as [N, H, W, C]. */
const nhwc = ({ data, shape }: JobTensor) =>
  tf.tidy(() => tf.tensor(data, shape).transpose([0, 2, 3, 1]));

/** Filters as [kh, kw, in, out], linear weights as [in, out]. */
function variable(name: string, { data, shape }: JobTensor): tf.Variable {
  const order = shape.length === 4 ? [2, 3, 1, 0] : [1, 0];
  const value = tf.tidy(() => {
    const stored = tf.tensor(data, shape);
    return shape.length === 1 ? stored : stored.transpose(order);
  });
  return tf.variable(value, true, name);
}

/** γ_c · (x − μ) · r + β_c of [N, H, W, C]. */
export function groupNorm(
  x: tf.Tensor,
  { weight, bias }: { weight: tf.Tensor; bias: tf.Tensor },
  { groups, eps }: { groups: number; eps: number },
): tf.Tensor {
  const [N, H, W, C] = x.shape as [number, number, number, number];
  const each = C / groups;
  const grouped = x.reshape([N, H * W, groups, each]).transpose([0, 2, 1, 3]);
  const { mean, variance } = tf.moments(grouped.reshape([N, groups, H * W * each]), 2, true);
  const scale = variance
    .add(eps)
    .rsqrt()
    .mul(weight.reshape([1, groups, each]));
  const shift = bias.reshape([1, groups, each]).sub(mean.mul(scale));
  return x.mul(scale.reshape([N, 1, 1, C])).add(shift.reshape([N, 1, 1, C]));
}

function opsOf(params: ReadonlyMap<string, tf.Variable>, config: JobConfig): Ops<tf.Tensor> {
  const { norm_num_groups: groups, norm_eps: eps } = config;
  const weight = (name: string) => params.get(`${name}.weight`)!;
  const bias = (name: string) => params.get(`${name}.bias`)!;
  const linear = (x: tf.Tensor, name: string) =>
    tf.fused.matMul({ a: x as tf.Tensor2D, b: weight(name) as tf.Tensor2D, bias: bias(name) });

  const ops: Ops<tf.Tensor> = {
    share: (x) => x,
    has: (name) => params.has(name),
    conv(x, name, strides = 1) {
      const filter = weight(name) as tf.Tensor4D;
      const pad = filter.shape[0] === 3 ? 1 : 0;
      return tf.fused.conv2d({ x: x as tf.Tensor4D, filter, strides, pad, bias: bias(name) });
    },
    norm: (x, name) => groupNorm(x, { weight: weight(name), bias: bias(name) }, { groups, eps }),
    normSilu: (x, name) => ops.silu(ops.norm(x, name)),
    silu: (x) => x.mul(x.sigmoid()),
    linear,
    addRows: (x, rows) => x.add(rows.reshape([rows.shape[0]!, 1, 1, rows.shape[1]!])),
    add: (a, b) => a.add(b),
    attend(x, name) {
      const [N, H, W, C] = x.shape as [number, number, number, number];
      const tokens = x.reshape([N * H * W, C]);
      const [q, k, v] = ["to_q", "to_k", "to_v"].map((role) =>
        linear(tokens, `${name}.${role}`).reshape([N, H * W, C]),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const scores = tf.matMul(q.mul(1 / Math.sqrt(C)), k, false, true);
      const y = tf.matMul(tf.softmax(scores), v).reshape([N * H * W, C]);
      return linear(y, `${name}.to_out.0`).reshape([N, H, W, C]);
    },
    concat: (a, b) => tf.concat([a, b], 3),
    upsample(x) {
      const [, H, W] = x.shape as [number, number, number, number];
      return tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * H, 2 * W]);
    },
  };
  return ops;
}
