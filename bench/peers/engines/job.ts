// The job of bench/peers/job as plain arrays, and what an engine must do with it.
//
// The numbers that every engine is given are made here, in float64: coefficients of x_t, features of
// t, the ancestral update. The network itself is each library's own: ops in its file, order in unet.ts.

export interface JobConfig {
  block_out_channels: number[];
  down_block_types: string[];
  up_block_types: string[];
  layers_per_block: number;
  norm_num_groups: number;
  norm_eps: number;
}

export interface JobTensor {
  shape: number[];
  data: Float32Array<ArrayBuffer>;
}

export interface Job {
  config: JobConfig;
  /** by diffusers' names; convolutions [out, in, kh, kw], linear layers [out, in] */
  weights: Map<string, JobTensor>;
  /** [8, 1, 32, 32] */
  x0: JobTensor;
  noise: JobTensor;
  timesteps: number[];
  /** the file of that name in the job's folder */
  read: ReadFile;
}

export type ReadFile = (path: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

export interface Engine {
  /** false: trainStep only evaluates the loss */
  readonly trains?: false;
  /** One step of Adam on the batch; the loss before it. Ends when the GPU is done. */
  trainStep(): Promise<number>;
  /** One ancestral step of 8 images at t = 500. Ends when the GPU is done. */
  denoiseStep(): Promise<void>;
}

export const ADAM = { learningRate: 2e-4, beta1: 0.9, beta2: 0.999, eps: 1e-8 };

export async function loadJob(read: ReadFile): Promise<Job> {
  const bytes = async (path: string) => {
    const found = await read(path);
    if (!found) throw new Error(`job/${path}: there is no such file`);
    return found;
  };
  const config: JobConfig = JSON.parse(new TextDecoder().decode(await bytes("config.json")));
  const weights = readTensors(await bytes("diffusion_pytorch_model.safetensors"));
  const batch = readTensors(await bytes("batch.safetensors"));
  const [x0, noise, timestep] = [batch.get("x0"), batch.get("noise"), batch.get("timestep")];
  if (!x0 || !noise || !timestep) throw new Error("batch: x0, noise and timestep must be there");
  return { config, weights, x0, noise, timesteps: [...timestep.data], read };
}

/** The tensors of a safetensors file; int64 become float32. */
function readTensors(file: Uint8Array<ArrayBuffer>): Map<string, JobTensor> {
  const size = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> =
    JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size)));
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return new Map(
    entries.map(([name, { dtype, shape, data_offsets }]) => {
      const stored = file.buffer.slice(8 + size + data_offsets[0], 8 + size + data_offsets[1]);
      if (dtype === "F32") return [name, { shape, data: new Float32Array(stored) }];
      if (dtype !== "I64") throw new Error(`${name}: dtype must be F32 or I64, got ${dtype}`);
      return [name, { shape, data: Float32Array.from(new BigInt64Array(stored), Number) }];
    }),
  );
}

const BETAS = Array.from({ length: 1000 }, (_, t) => 1e-4 + (t * (0.02 - 1e-4)) / 999);

/** ᾱ_t = Π (1 − β_s), s ≤ t. */
const alphaBar = (t: number): number =>
  BETAS.slice(0, t + 1).reduce((a, beta) => a * (1 - beta), 1);

/** √ᾱ_t and √(1 − ᾱ_t), a row each: x_t = signal · x_0 + noise · ε. */
export const levelsOf = (timesteps: number[]) => ({
  signal: Float32Array.from(timesteps, (t) => Math.sqrt(alphaBar(t))),
  noise: Float32Array.from(timesteps, (t) => Math.sqrt(1 - alphaBar(t))),
});

/** [cos, sin](t · 10000^(−i / half)), a row of `channels` each. */
export function timeFeatures(timesteps: number[], channels: number): Float32Array<ArrayBuffer> {
  const half = channels / 2;
  const rows = timesteps.map((t) => {
    const angles = Array.from({ length: half }, (_, i) => t * 10000 ** (-i / half));
    return [...angles.map(Math.cos), ...angles.map(Math.sin)];
  });
  return Float32Array.from(rows.flat());
}

export const DENOISED_AT = 500;

/** x' = fromX · x + fromX0 · clip((x − noise · ε̂) / signal) + sigma · z. */
export function ancestralStep(t = DENOISED_AT) {
  const [now, before, beta] = [alphaBar(t), alphaBar(t - 1), BETAS[t] ?? 0];
  return {
    signal: Math.sqrt(now),
    noise: Math.sqrt(1 - now),
    fromX: (Math.sqrt(1 - beta) * (1 - before)) / (1 - now),
    fromX0: (Math.sqrt(before) * beta) / (1 - now),
    sigma: Math.sqrt((beta * (1 - before)) / (1 - now)),
  };
}
