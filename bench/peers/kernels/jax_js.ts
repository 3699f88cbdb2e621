// Single kernels in jax-js: each one jitted function, gradients by its vjp.
import {
  blockUntilReady,
  getWebGPUDevice,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  vjp,
} from "@jax-js/jax";
import { groupNorm, openDevice } from "../engines/jax_js.ts";
import { type KernelEngine, type KernelJob, type KernelName, NORM } from "./cases.ts";
import { fromLayout, type Layout, toLayout } from "./layout.ts";

type Arrays = Record<string, np.Array>;

/** Its attention has tokens first; a head's axis comes in the kernel. */
const LAYOUT: Layout = { images: [0, 1, 2, 3], filters: [0, 1, 2, 3], tokens: [0, 2, 1] };

const ONE: [number, number] = [1, 1];

const conv = (x: np.Array, weight: np.Array) =>
  lax.convGeneralDilated(x, weight, [1, 1], [ONE, ONE]);

const normSilu = (x: np.Array, weight: np.Array, bias: np.Array) =>
  nn.silu(groupNorm(x, { weight, bias }, NORM));

function attention(q: np.Array, k: np.Array, v: np.Array): np.Array {
  const [N, S, C] = q.shape as [number, number, number];
  const head = (rows: np.Array) => rows.reshape([N, S, 1, C]);
  return nn.dotProductAttention(head(q), head(k), head(v)).reshape([N, S, C]);
}

const KERNELS: Record<KernelName, (inputs: Arrays) => Arrays> = {
  "conv64/forward": ({ x, weight }) => ({ y: conv(x!, weight!) }),
  "conv64/backward_input": ({ x, weight, dy }) => {
    const [y, back] = vjp((input: np.Array) => conv(input, weight!.ref), [x!]);
    const [dx] = back(dy!);
    y.dispose();
    weight!.dispose();
    return { dx: dx as np.Array };
  },
  "conv64/backward_weight": ({ x, weight, dy }) => {
    const [y, back] = vjp((filter: np.Array) => conv(x!.ref, filter), [weight!]);
    const [dweight] = back(dy!);
    y.dispose();
    x!.dispose();
    return { dweight: dweight as np.Array };
  },
  "groupnorm-silu/forward": ({ x, weight, bias }) => ({ y: normSilu(x!, weight!, bias!) }),
  "groupnorm-silu/gradients": ({ x, weight, bias, dy }) => {
    const [y, back] = vjp(normSilu, [x!, weight!, bias!]);
    const [dx, dweight, dbias] = back(dy!) as np.Array[];
    return { y, dx: dx!, dweight: dweight!, dbias: dbias! };
  },
  "attention/forward": ({ q, k, v }) => ({ y: attention(q!, k!, v!) }),
  "attention/gradients": ({ q, k, v, dy }) => {
    const [y, back] = vjp(attention, [q!, k!, v!]);
    const [dq, dk, dv] = back(dy!) as np.Array[];
    return { y, dq: dq!, dk: dk!, dv: dv! };
  },
};

export async function openKernels(): Promise<KernelEngine> {
  await openDevice();
  const device = getWebGPUDevice();
  return { prepare: (job) => prepare(device, job) };
}

async function prepare(device: GPUDevice, { name, inputs, expected }: KernelJob) {
  const arrays = Object.fromEntries(
    Object.entries(inputs).map(([input, tensor]) => {
      const { shape, data } = toLayout(input, tensor, LAYOUT);
      return [input, np.array(data, { shape })];
    }),
  );
  await blockUntilReady(arrays);
  const kernel = jit(KERNELS[name]);
  const once = () => kernel(tree.ref(arrays));
  return {
    async outputs() {
      const values: Record<string, Float32Array> = {};
      for (const [output, array] of Object.entries(once())) {
        const data = Float32Array.from(await array.data());
        values[output] = fromLayout(output, data, expected[output]!, LAYOUT);
      }
      return values;
    },
    async run(times: number) {
      const results = Array.from({ length: times }, once);
      await blockUntilReady(results);
      await device.queue.onSubmittedWorkDone();
      tree.dispose(results);
    },
    dispose() {
      kernel.dispose();
      tree.dispose(arrays);
    },
  };
}
