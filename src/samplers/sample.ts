// Sampling: a plan run on the GPU, one replay of a recorded program a row.
//
// The loop yields after every row; whoever reads it decides whether to draw, wait or stop. Nothing is
// read back unless a frame is asked for its images.
import { Tape } from "../autograd/tape.ts";
import { OptionError } from "../core/errors.ts";
import { requireShape, type Shape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { parseSchedulerConfig } from "../diffusion/scheduler_config.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, readTensor, type Tensor, writeTensor } from "../graph/tensor.ts";
import { initialState, normals, STATE_SHAPE, STREAMS } from "../kernels/diffusion.ts";
import { affine } from "../kernels/elementwise.ts";
import { advance, packRows, ROW_FIELDS, reverseStep } from "../kernels/reverse_step.ts";
import { Conditions } from "../nn/conditions.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";
import type { Weights } from "../nn/weights.ts";
import type { Plan, SamplerName } from "./plan.ts";
import { samplerOf, samplingPlan } from "./sampler.ts";

export interface SampleOptions {
  /** images to make, ≥ 1 */
  count: number;
  /** steps of the sampler; default 50 */
  steps?: number | undefined;
  /** default: what the model's scheduler names, else ddpm */
  sampler?: SamplerName | undefined;
  /** DDIM: 0 deterministic … 1 as noisy as DDPM */
  eta?: number | undefined;
  /** image n is a function of (seed, n) and the options, whatever the count */
  seed?: number | bigint | undefined;
  /** x_T, [count, C, H, W], instead of noise from the seed */
  initialNoise?: { shape: Shape; data: Float32Array } | undefined;
  /** class of each image, [count], for a class-conditional model */
  classLabels?: ArrayLike<number> | undefined;
  /** height and width; default the model's sample_size */
  size?: readonly [height: number, width: number] | undefined;
  /** the weights to use: the model's own, or their average */
  weights?: Weights | undefined;
  signal?: AbortSignal | undefined;
}

/** [count, C, H, W] */
export type ImageShape = readonly [number, number, number, number];

/** The state after one row. Read it before the loop goes on. */
export interface SampleFrame {
  /** rows done, 1 … of */
  readonly step: number;
  readonly of: number;
  /** what the network was asked at */
  readonly timestep: number;
  readonly shape: ImageShape;
  /** x after the row, [count, C, H, W], read back from the GPU; in [−1, 1] at the end */
  images(): Promise<Float32Array<ArrayBuffer>>;
  /** x̂_0 of the row: what the network takes the image to be */
  x0Hat(): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * Samples images; yields after every step of the sampler.
 *
 * @throws OptionError for options out of range, ShapeError for noise that does not fit, DeviceError;
 *         the signal's reason when it is aborted
 * @see DDPM (arXiv:2006.11239) Algorithm 2; the other samplers in ./sampler.ts
 */
export async function* sample(
  model: DiffusionModel,
  options: SampleOptions,
): AsyncGenerator<SampleFrame, void, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  model.requireAlive();
  const shape = sampleShape(model, options);
  const { steps = 50, eta } = options;
  const config = parseSchedulerConfig(model.scheduler);
  const sampler = options.sampler ?? samplerOf(model.scheduler);
  const plan = samplingPlan(sampler, config, { steps, eta });
  const run = await SamplingRun.create(model, { plan, shape, options });
  try {
    for (const [i, row] of plan.rows.entries()) {
      signal?.throwIfAborted();
      run.step(i);
      await model.gpu.device.queue.onSubmittedWorkDone(); // paces the queue; proves nothing
      model.gpu.check();
      yield {
        step: i + 1,
        of: plan.rows.length,
        timestep: row.timestep,
        shape,
        images: () => run.read("x"),
        x0Hat: () => run.read("x0Hat"),
      };
    }
  } finally {
    run.dispose();
  }
}

interface RunParts {
  plan: Plan;
  shape: ImageShape;
  options: SampleOptions;
}

interface RunResources {
  program: Program;
  buffers: readonly ResidentBuffer[];
  conditions: Conditions;
  x: Tensor;
  x0Hat: Tensor;
}

/** The buffers and the program of one sampling. */
class SamplingRun {
  readonly #gpu: Gpu;
  readonly #plan: Plan;
  readonly #labels: ArrayLike<number> | undefined;
  readonly #resources: RunResources;

  private constructor(gpu: Gpu, { plan, options }: RunParts, resources: RunResources) {
    this.#gpu = gpu;
    this.#plan = plan;
    this.#labels = options.classLabels;
    this.#resources = resources;
  }

  static async create(model: DiffusionModel, parts: RunParts): Promise<SamplingRun> {
    const { gpu, config } = model;
    const { plan, shape, options } = parts;
    const images = new ResidentBuffer("sample.images");
    const constants = new ResidentBuffer("sample.constants");
    const progress = new ResidentBuffer("sample.state");
    const [x, x0Hat] = [images.add(shape, "x"), images.add(shape, "x0Hat")];
    const state = progress.add(STATE_SHAPE, "state", "u32");
    const rows = constants.add([plan.rows.length, ROW_FIELDS.length], "rows");
    const conditions = new Conditions(model, constants, shape[0]);

    const graph = new Graph(gpu.target);
    graph.phase = "sampler";
    const network = { tape: new Tape(graph), weights: options.weights ?? model.weights };
    const output = unet(network, config, { sample: x, ...conditions.inputs });
    reverseStep(graph, { state, rows, x, x0Previous: x0Hat, output });
    advance(graph, { state });
    const program = await Program.compile(gpu, graph, { label: "sample" });

    writeTensor(gpu, rows, packRows(plan));
    writeTensor(gpu, state, initialState(options.seed ?? 0));
    const start = { x, state, scale: plan.initialScale };
    if (options.initialNoise) writeNoise(gpu, start, options.initialNoise.data);
    else await drawNoise(gpu, start);
    const buffers = [images, constants, progress];
    return new SamplingRun(gpu, parts, { program, buffers, conditions, x, x0Hat });
  }

  /** Queues row i. */
  step(i: number): void {
    const { conditions, program, x } = this.#resources;
    const timesteps = new Float64Array(x.shape[0]!).fill(this.#plan.rows[i]!.timestep);
    conditions.write(timesteps, this.#labels);
    program.run();
  }

  async read(name: "x" | "x0Hat"): Promise<Float32Array<ArrayBuffer>> {
    const tensor = this.#resources[name];
    return (await readTensor(this.#gpu, tensor)).slice(0, sizeOf(tensor.shape));
  }

  dispose(): void {
    this.#resources.program.dispose();
    for (const buffer of this.#resources.buffers) buffer.destroy(this.#gpu);
  }
}

interface Start {
  x: Tensor;
  state: Tensor;
  /** standard deviation of x_T */
  scale: number;
}

function writeNoise(gpu: Gpu, { x, scale }: Start, noise: Float32Array): void {
  writeTensor(gpu, x, scale === 1 ? Float32Array.from(noise) : noise.map((z) => z * scale));
}

/** x ← scale · N(0, I) from the seed. */
async function drawNoise(gpu: Gpu, { x, state, scale }: Start): Promise<void> {
  const graph = new Graph(gpu.target);
  const z = normals(graph, { state }, { shape: x.shape, stream: STREAMS.initialNoise, scale });
  affine(graph, { x: z }, { a: 1 }, x);
  const program = await Program.compile(gpu, graph, { label: "sample.noise" });
  program.run();
  program.dispose();
}

function sampleShape({ config }: DiffusionModel, options: SampleOptions): ImageShape {
  const { count, size, initialNoise } = options;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new OptionError(
      "option/count",
      `sample: count must be a whole number above 0, got ${count}.`,
      "Ask for one image or more.",
    );
  }
  const C = config.in_channels;
  if (initialNoise) {
    const [, , H = 0, W = 0] = initialNoise.shape;
    requireShape("sample", "the initial noise", initialNoise.shape, [count, C, H, W]);
    return [count, C, H, W];
  }
  const sides = size ?? config.sample_size;
  if (sides === null) {
    throw new OptionError(
      "option/size",
      "sample: this model's config.json has no sample_size.",
      "Say the size of the images, or give the initial noise.",
    );
  }
  const [H, W] = typeof sides === "number" ? [sides, sides] : sides;
  return [count, C, H, W];
}
