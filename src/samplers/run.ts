// One sampling on the GPU: its buffers, its program, and the steps it has run.
//
// A step needs nothing from the CPU: rows, times and random counters are picked on the GPU, by the
// state's step.
import { Forward } from "../autograd/forward.ts";
import { DeviceError, OptionError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Misfit } from "../graph/fits.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { homeOf, ResidentBuffer, readTensor, type Tensor, writeTensor } from "../graph/tensor.ts";
import { initialState, STATE_SHAPE } from "../kernels/diffusion.ts";
import { advance, blend, packRows, ROW_FIELDS, reverseStep } from "../kernels/reverse_step.ts";
import { ClassLabels, nullClass, TimeTable } from "../nn/conditions.ts";
import { halfWeights, type NetworkDtype } from "../nn/half_weights.ts";
import type { Network } from "../nn/layers.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";
import { isGuided } from "./guidance.ts";
import type { Plan } from "./plan.ts";
import type { ImageShape, SampleOptions } from "./request.ts";
import { repeated, startValues } from "./start.ts";
import { type View, Views } from "./views.ts";

export interface RunParts {
  plan: Plan;
  shape: ImageShape;
  options: SampleOptions;
}

/** Everything a step reads or writes. */
interface RunTensors extends Record<View, Tensor> {
  /** what the network is given: x, with guidance twice */
  batch: Tensor;
  state: Tensor;
  rows: Tensor;
  known: Tensor | undefined;
  mask: Tensor | undefined;
  goal: Tensor | undefined;
}

interface RunResources {
  program: Program;
  buffers: readonly ResidentBuffer[];
  tensors: RunTensors;
}

export class SamplingRun {
  readonly #model: DiffusionModel;
  readonly #resources: RunResources;
  readonly #views: Views;
  #isDisposed = false;

  private constructor(model: DiffusionModel, resources: RunResources) {
    this.#model = model;
    this.#resources = resources;
    this.#views = new Views(model.gpu, resources.tensors);
  }

  /** @throws OptionError, ShapeError for options that do not fit; DeviceError */
  static async create(model: DiffusionModel, parts: RunParts): Promise<SamplingRun> {
    const { gpu } = model;
    const { plan, shape, options } = parts;
    const images = new ResidentBuffer("sample.images");
    const constants = new ResidentBuffer("sample.constants");
    const progress = new ResidentBuffer("sample.state");
    const tensors = residents({ images, constants, progress }, parts);
    const { batch } = tensors;
    const N = batch.shape[0]!;
    const times = new TimeTable(model, constants, plan.rows.length);
    const labels = new ClassLabels(model, constants, N);
    const start = startValues(plan, shape, options); // before anything is allocated
    const classes = labelsOf(model, parts);

    const graph = new Graph(gpu.target);
    graph.phase = "sampler";
    const time = times.inputs(graph, tensors.state, N);
    const weights = options.weights ?? model.weights;
    const half = halfWeights(gpu, weights, dtypeOf(options));
    const network = { weights, half: half && { weights: half } };
    record(graph, model, {
      ...parts,
      network,
      tensors,
      time: { ...time, classLabels: labels.tensor },
    });
    const buffers = [images, constants, progress, ...(half ? [half.buffer] : [])];
    const program = await Program.compile(gpu, graph, {
      ...{ label: "sample", signal: options.signal },
      cure: (misfit) => fewerImages(options.count, misfit),
    });
    const run = new SamplingRun(model, { program, buffers, tensors });
    try {
      await half?.fill(gpu);
      times.write(plan.rows.map(({ timestep }) => timestep));
      labels.write(classes);
      fill(gpu, parts, tensors, start);
      return run;
    } catch (error) {
      run.dispose();
      throw error;
    }
  }

  /** Queues the next row; within a budget of ms a submission, runs it piece by piece. */
  async step(frameBudgetMs?: number): Promise<void> {
    this.#requireAlive();
    const { program } = this.#resources;
    if (frameBudgetMs === undefined) program.run();
    else await program.runWithin(frameBudgetMs);
  }

  async read(view: View): Promise<Float32Array<ArrayBuffer>> {
    this.#requireAlive();
    const tensor = this.#resources.tensors[view];
    return (await readTensor(this.#model.gpu, tensor)).slice(0, sizeOf(tensor.shape));
  }

  async texture(view: View): Promise<GPUTexture> {
    this.#requireAlive();
    return this.#views.texture(view);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#views.dispose();
    this.#resources.program.dispose();
    for (const buffer of this.#resources.buffers) buffer.destroy(this.#model.gpu);
  }

  /** @throws DeviceError after the loop, or after the model was disposed of */
  #requireAlive(): void {
    this.#model.requireAlive();
    if (!this.#isDisposed) return;
    throw new DeviceError(
      "device/disposed",
      "sample: the loop of this frame has ended, and its images are freed.",
      "Read a frame before the loop goes on.",
    );
  }
}

/** Activations grow with the images: a power of two, for what does not grow with them is not known. */
function fewerImages(count: number, { allowed, needed, fixed }: Misfit): string {
  const most = (count * (allowed - fixed)) / (needed - fixed);
  const fitting = most >= 1 ? 2 ** Math.floor(Math.log2(most)) : 0;
  if (fitting < 1) return "Lower the image size or the channels: a single image does not fit.";
  return `Sample ${fitting} images at once, not ${count}; others of the seed with firstImage.`;
}

interface Homes {
  images: ResidentBuffer;
  constants: ResidentBuffer;
  progress: ResidentBuffer;
}

function residents(homes: Homes, { plan, shape, options }: RunParts): RunTensors {
  const { images, constants, progress } = homes;
  const [N, ...rest] = shape;
  const batch = images.add([isGuided(plan) ? 2 * N : N, ...rest], "x");
  const added = (wanted: unknown, label: string) =>
    wanted === undefined ? undefined : constants.add(shape, label);
  return {
    batch,
    x: { label: "x", shape, dtype: "f32", home: homeOf(batch) }, // its first half
    x0Hat: images.add(shape, "x0Hat"),
    epsHat: images.add(shape, "epsHat"),
    state: progress.add(STATE_SHAPE, "state", "u32"),
    rows: constants.add([plan.rows.length, ROW_FIELDS.length], "rows"),
    known: added(options.inpaint, "known"),
    mask: added(options.inpaint, "mask"),
    goal: added(options.steer, "goal"),
  };
}

/** Steering goes down small gradients, which float16 would lose without a loss scale. */
function dtypeOf({ dtype, steer }: SampleOptions): NetworkDtype | undefined {
  if (dtype !== "float16" || !steer) return dtype;
  throw new OptionError(
    "option/combination",
    "sample: steer needs dtype float32, got float16.",
    "Leave dtype out.",
  );
}

interface Recorded extends RunParts {
  network: Omit<Network, "tape">;
  tensors: RunTensors;
  time: { time: Tensor; inverseTime: Tensor | undefined; classLabels: Tensor | undefined };
}

/** Appends a step: the network, the way down the loss, the reverse step, what is kept. */
function record(graph: Graph, model: DiffusionModel, parts: Recorded): void {
  const { options, tensors, time, network } = parts;
  const { batch, state, rows, known, mask, goal, x0Hat, epsHat } = tensors;
  const steered = goal && options.steer?.begin(graph, batch);
  const tape = steered?.tape ?? new Forward(graph);
  const output = unet({ ...network, tape }, model.config, { sample: batch, ...time });
  if (goal) steered?.differentiate({ state, rows, output, goal });
  reverseStep(graph, { state, rows, x: batch, x0Previous: x0Hat, epsHat, output });
  steered?.descend();
  if (known && mask) blend(graph, { state, rows, x: batch, known, mask });
  advance(graph, { state });
}

/** The labels of the network's batch: with guidance those asked for, then as many of none. */
function labelsOf(model: DiffusionModel, { plan, options }: RunParts) {
  const { classLabels, count } = options;
  if (!classLabels || !isGuided(plan)) return classLabels;
  const none = new Array<number>(count).fill(nullClass(model.config));
  return [...Array.from(classLabels), ...none];
}

/** Queues what a run starts from. */
function fill(
  gpu: Gpu,
  { plan, shape, options }: RunParts,
  { batch, state, rows, known, mask, goal }: RunTensors,
  start: Float32Array<ArrayBuffer>,
): void {
  const { inpaint, steer, seed = 0, firstImage = 0 } = options;
  writeTensor(gpu, rows, packRows(plan));
  writeTensor(gpu, state, initialState(seed, { firstImage }));
  writeTensor(gpu, batch, start);
  if (isGuided(plan)) writeTensor(gpu, batch, start, start.byteLength);
  if (inpaint && known && mask) {
    writeTensor(gpu, known, repeated(inpaint.image, shape));
    writeTensor(gpu, mask, repeated(inpaint.mask, shape));
  }
  const target = steer?.target;
  if (target && goal) writeTensor(gpu, goal, repeated(target, shape));
}
