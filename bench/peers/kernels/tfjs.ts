// Single kernels in TensorFlow.js, on its webgpu or its webgl back end; gradients by its tape, those of
// a convolution by the library's own kernels, which its tape would run after the forward one.
import * as tf from "@tensorflow/tfjs";
import { type Backend, groupNorm, openBackend } from "../engines/tfjs.ts";
import { type KernelEngine, type KernelJob, type KernelName, NORM } from "./cases.ts";
import { fromLayout, type Layout, toLayout } from "./layout.ts";

type Tensors = Record<string, tf.Tensor>;

const LAYOUT: Layout = { images: [0, 2, 3, 1], filters: [2, 3, 1, 0], tokens: [0, 2, 1] };

const PLACE = { strides: 1, pad: 1, dataFormat: "NHWC" as const };

const conv = (x: tf.Tensor, weight: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, PLACE.strides, PLACE.pad);

function normSilu(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const h = groupNorm(x, { weight, bias }, NORM);
  return h.mul(h.sigmoid());
}

function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const scores = tf.matMul(q.mul(1 / Math.sqrt(q.shape[2]!)), k, false, true);
  return tf.matMul(tf.softmax(scores), v);
}

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;

/** y, and the gradients under their names; y comes from the same tape. */
function withGradients(f: Function, inputs: tf.Tensor[], dy: tf.Tensor, names: string[]): Tensors {
  let y: tf.Tensor | undefined;
  const remembering: Function = (...given) => {
    const value = f(...given);
    y = tf.keep(value.clone()); // the tape frees its own
    return value;
  };
  const gradients = tf.grads(remembering)(inputs, dy);
  return {
    y: y!,
    ...Object.fromEntries(names.map((name, i): [string, tf.Tensor] => [name, gradients[i]!])),
  };
}

const KERNELS: Record<KernelName, (inputs: Tensors) => Tensors> = {
  "conv64/forward": ({ x, weight }) => ({ y: conv(x!, weight!) }),
  "conv64/backward_input": ({ x, weight, dy }) => ({
    dx: tf
      .engine()
      .runKernel(
        tf.Conv2DBackpropInput,
        { dy: dy!, filter: weight! },
        { ...PLACE, inputShape: x!.shape },
      ) as tf.Tensor,
  }),
  "conv64/backward_weight": ({ x, weight, dy }) => ({
    dweight: tf
      .engine()
      .runKernel(
        tf.Conv2DBackpropFilter,
        { x: x!, dy: dy! },
        { ...PLACE, filterShape: weight!.shape },
      ) as tf.Tensor,
  }),
  "groupnorm-silu/forward": ({ x, weight, bias }) => ({ y: normSilu(x!, weight!, bias!) }),
  "groupnorm-silu/gradients": ({ x, weight, bias, dy }) =>
    withGradients(normSilu as Function, [x!, weight!, bias!], dy!, ["dx", "dweight", "dbias"]),
  "attention/forward": ({ q, k, v }) => ({ y: attention(q!, k!, v!) }),
  "attention/gradients": ({ q, k, v, dy }) =>
    withGradients(attention as Function, [q!, k!, v!], dy!, ["dq", "dk", "dv"]),
};

export async function openKernels(backend: Backend): Promise<KernelEngine> {
  await openBackend(backend);
  return { prepare: (job) => prepare(backend, job) };
}

async function prepare(backend: Backend, { name, inputs, expected }: KernelJob) {
  await tf.setBackend(backend);
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([input, tensor]): [string, tf.Tensor] => {
      const { shape, data } = toLayout(input, tensor, LAYOUT);
      return [input, tf.tensor(data, shape)];
    }),
  );
  const once = () => tf.tidy(() => KERNELS[name](tensors));
  return {
    async outputs() {
      await tf.setBackend(backend);
      const values: Record<string, Float32Array> = {};
      for (const [output, tensor] of Object.entries(once())) {
        const data = Float32Array.from(await tensor.data());
        values[output] = fromLayout(output, data, expected[output]!, LAYOUT);
        tensor.dispose();
      }
      return values;
    },
    async run(times: number) {
      await tf.setBackend(backend);
      let last: Tensors = {};
      for (let i = 0; i < times; i++) {
        tf.dispose(last);
        last = once();
      }
      await finished(last);
      tf.dispose(last);
    },
    dispose: () => tf.dispose(tensors),
  };
}

/** The library has no wait but to read: a single value, behind all else in the queue. */
async function finished(outputs: Tensors): Promise<void> {
  const last = Object.values(outputs).at(-1);
  if (!last) return;
  const value = tf.tidy(() => last.flatten().slice(0, 1));
  await value.data();
  value.dispose();
}
