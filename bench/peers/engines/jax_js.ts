// The job in jax-js: one jitted training step, one jitted denoising step, everything NCHW.
//
// Adam is written here: @jax-js/optax is not on npm. Bias corrections come from the host in float64,
// as PyTorch takes them: 1 − 0.999 in float32 is wrong in its fifth digit.
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import {
  ADAM,
  ancestralStep,
  DENOISED_AT,
  type Engine,
  type Job,
  type JobConfig,
  levelsOf,
  timeFeatures,
} from "./job.ts";
import { type Ops, unet } from "./unet.ts";

type Params = Record<string, np.Array>;
type Batch = { x0: np.Array; noise: np.Array; signal: np.Array; sigma: np.Array; time: np.Array };
type State = { params: Params; m: Params; v: Params };

export async function openDevice(): Promise<void> {
  const devices = await init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("jax-js: there is no webgpu device");
  defaultDevice("webgpu");
}

export async function open(job: Job): Promise<Engine> {
  await openDevice();
  const { config, x0, noise, timesteps } = job;
  const [channels = 0] = config.block_out_channels;
  const count = timesteps.length;
  const array = (data: Float32Array<ArrayBuffer>, shape: number[]) => np.array(data, { shape });
  const zeros = () => Object.fromEntries([...job.weights].map(([n, w]) => [n, np.zeros(w.shape)]));
  const levels = levelsOf(timesteps);
  const batch: Batch = {
    x0: array(x0.data, x0.shape),
    noise: array(noise.data, noise.shape),
    signal: array(levels.signal, [count, 1, 1, 1]),
    sigma: array(levels.noise, [count, 1, 1, 1]),
    time: array(timeFeatures(timesteps, channels), [count, channels]),
  };
  const at = Array.from({ length: count }, () => DENOISED_AT);
  const time = array(timeFeatures(at, channels), [count, channels]);
  const params = Object.fromEntries([...job.weights].map(([n, w]) => [n, array(w.data, w.shape)]));
  let state: State = { params, m: zeros(), v: zeros() };
  let x = batch.noise.ref;
  let key = random.key(0);
  let step = 0;

  const train = jit(trainer(config));
  const denoise = jit(denoiser(config));
  return {
    async trainStep() {
      step++;
      const rate = ADAM.learningRate / (1 - ADAM.beta1 ** step);
      const correction = 1 / Math.sqrt(1 - ADAM.beta2 ** step);
      const [next, loss] = train(state, tree.ref(batch), rate, correction);
      state = next;
      const [value = Number.NaN] = await loss.data();
      await blockUntilReady(state);
      return value;
    },
    async denoiseStep() {
      [x, key] = denoise(tree.ref(state.params), x, time.ref, key);
      await blockUntilReady(x);
    },
  };
}

function trainer(config: JobConfig) {
  const lossOf = (params: Params, { x0, noise, signal, sigma, time }: Batch): np.Array => {
    const xt = signal.mul(x0).add(sigma.mul(noise.ref));
    const predicted = unet(opsOf(params, config), config, { x: xt, time });
    return np.square(predicted.sub(noise)).mean();
  };
  return ({ params, m, v }: State, batch: Batch, rate: np.Array, correction: np.Array) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(params), batch);
    const next: State = { params: {}, m: {}, v: {} };
    for (const [name, g] of Object.entries(gradients)) {
      const mean = m[name]!.mul(ADAM.beta1).add(g.ref.mul(1 - ADAM.beta1));
      const square = v[name]!.mul(ADAM.beta2).add(np.square(g).mul(1 - ADAM.beta2));
      const deviation = np.sqrt(square.ref).mul(correction.ref).add(ADAM.eps);
      next.params[name] = params[name]!.sub(mean.ref.mul(rate.ref).div(deviation));
      next.m[name] = mean;
      next.v[name] = square;
    }
    rate.dispose();
    correction.dispose();
    return [next, loss] as [State, np.Array];
  };
}

function denoiser(config: JobConfig) {
  const { signal, noise, fromX, fromX0, sigma } = ancestralStep();
  return (params: Params, x: np.Array, time: np.Array, key: np.Array) => {
    const [nextKey, drawn] = random.split(key);
    const z = random.normal(drawn!, x.shape);
    const predicted = unet(opsOf(params, config), config, { x: x.ref, time });
    const x0 = np.clip(x.ref.sub(predicted.mul(noise)).mul(1 / signal), -1, 1);
    const next = x.mul(fromX).add(x0.mul(fromX0)).add(z.mul(sigma));
    return [next, nextKey] as [np.Array, np.Array];
  };
}

/** γ_c · (x − μ) · r + β_c of [N, C, H, W]; takes its arguments. */
export function groupNorm(
  x: np.Array,
  { weight, bias }: { weight: np.Array; bias: np.Array },
  { groups, eps }: { groups: number; eps: number },
): np.Array {
  const { shape } = x;
  const grouped = x.reshape([shape[0]!, groups, -1]);
  const y = nn.standardize(grouped, -1, { epsilon: eps }).reshape(shape);
  return y.mul(weight.reshape([-1, 1, 1])).add(bias.reshape([-1, 1, 1]));
}

function opsOf(params: Params, { norm_num_groups: groups, norm_eps: eps }: JobConfig) {
  const weight = (name: string) => params[`${name}.weight`]!;
  const bias = (name: string) => params[`${name}.bias`]!;
  const linear = (x: np.Array, name: string) => np.dot(x, weight(name).transpose()).add(bias(name));

  const ops: Ops<np.Array> = {
    share: (x) => x.ref,
    has: (name) => name in params,
    conv(x, name, stride = 1) {
      const w = weight(name);
      const pad = w.shape[2] === 3 ? 1 : 0;
      const padding: [number, number][] = [
        [pad, pad],
        [pad, pad],
      ];
      const y = lax.convGeneralDilated(x, w, [stride, stride], padding);
      return y.add(bias(name).reshape([-1, 1, 1]));
    },
    norm: (x, name) => groupNorm(x, { weight: weight(name), bias: bias(name) }, { groups, eps }),
    normSilu: (x, name) => nn.silu(ops.norm(x, name)),
    silu: (x) => nn.silu(x),
    linear,
    addRows: (x, rows) => x.add(rows.reshape([...rows.shape, 1, 1])),
    add: (a, b) => a.add(b),
    attend(x, name) {
      const [N, C, H, W] = x.shape as [number, number, number, number];
      const tokens = x.reshape([N, C, H * W]).transpose([0, 2, 1]);
      const head = (h: np.Array, role: string) =>
        linear(h, `${name}.${role}`).reshape([N, H * W, 1, C]);
      const [q, k, v] = [head(tokens.ref, "to_q"), head(tokens.ref, "to_k"), head(tokens, "to_v")];
      const y = nn.dotProductAttention(q, k, v).reshape([N, H * W, C]);
      return linear(y, `${name}.to_out.0`).transpose([0, 2, 1]).reshape([N, C, H, W]);
    },
    concat: (a, b) => np.concatenate([a, b], 1),
    upsample: (x) => np.repeat(np.repeat(x, 2, 2), 2, 3),
  };
  return ops;
}
