// The derivation on the GPU: trajectories x_0 … x_T drawn step by step, each with the log densities
// of all its factors. src/diffusion/derivation.ts makes the lines of them.
import { requireShape, type Shape, shape4, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import {
  derivationSteps,
  fixedLogVariance,
  type StepSums,
  type TrajectoryFactors,
  trajectoryFactors,
} from "../diffusion/derivation.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, readTensor, type Tensor, writeTensor } from "../graph/tensor.ts";
import { BOUND_STREAMS } from "../kernels/bound.ts";
import {
  DERIVATION_STEP_FIELDS,
  DERIVATION_SUMS,
  derivationSums,
  packDerivationSteps,
  walk,
} from "../kernels/derivation.ts";
import { initialState, normals, STATE_SHAPE } from "../kernels/diffusion.ts";
import { affine } from "../kernels/elementwise.ts";
import { advance } from "../kernels/reverse_step.ts";
import type { AttachedDenoiser, Denoiser } from "./denoiser.ts";

export interface TrajectoryOptions {
  /** [N, C, H, W]: one trajectory an image; repeat an image for several of it */
  x0: { shape: Shape; data: Float32Array };
  denoiser: Denoiser;
  /** z of every step, [T, N, C, H, W]; default: drawn on the GPU from the seed */
  noise?: { shape: Shape; data: Float32Array } | undefined;
  /** default 0 */
  seed?: number | bigint | undefined;
  signal?: AbortSignal | undefined;
}

/** The trajectories after one step. Read it before the loop goes on. */
export interface TrajectoryRecord {
  /** the paper's, 1 … of */
  t: number;
  of: number;
  /** x_t [N, C, H, W] */
  xt(): Promise<Float32Array<ArrayBuffer>>;
  /** one a trajectory, with the last record */
  factors?: TrajectoryFactors[];
}

/**
 * Draws trajectories x_t = √α_t x_{t−1} + √β_t z, and evaluates every factor of q and p_θ on them.
 *
 * @throws ShapeError for x0 or noise that do not fit; OptionError for a learned variance;
 *         DeviceError; the signal's reason when aborted
 * @see DDPM (arXiv:2006.11239) eq. 2 and appendix A
 */
export async function* drawTrajectories(
  gpu: Gpu,
  options: TrajectoryOptions,
): AsyncGenerator<TrajectoryRecord, void, void> {
  const { x0, denoiser, noise, signal } = options;
  const T = denoiser.tables.steps;
  shape4("derivation", x0.shape);
  fixedLogVariance(denoiser.tables, denoiser.variance); // refuses learned ones
  if (noise) requireShape("derivation", "noise", noise.shape, [T, ...x0.shape]);
  signal?.throwIfAborted();
  const run = await TrajectoryRun.create(gpu, options);
  try {
    for (let t = 0; t < T; t++) {
      signal?.throwIfAborted();
      run.step(t);
      await gpu.idle(); // paces the queue
      const record = { t: t + 1, of: T, xt: () => run.xt() };
      yield t + 1 < T ? record : { ...record, factors: await run.factors() };
    }
  } finally {
    run.dispose();
  }
}

interface RunTensors {
  /** x_{t−1}, and after the step x_t */
  previous: Tensor;
  /** given noise, or none */
  z: Tensor | undefined;
  results: Tensor;
}

interface RunParts {
  tensors: RunTensors;
  denoiser: AttachedDenoiser;
  program: Program;
  buffers: readonly ResidentBuffer[];
}

/** The buffers and the program of one set of trajectories. */
class TrajectoryRun {
  readonly #gpu: Gpu;
  readonly #options: TrajectoryOptions;
  readonly #parts: RunParts;

  private constructor(gpu: Gpu, options: TrajectoryOptions, parts: RunParts) {
    this.#gpu = gpu;
    this.#options = options;
    this.#parts = parts;
  }

  static async create(gpu: Gpu, options: TrajectoryOptions): Promise<TrajectoryRun> {
    const { denoiser, seed = 0 } = options;
    const { shape, data } = options.x0;
    const T = denoiser.tables.steps;
    // a dispatch may not read and write the same buffer
    const buffer = (name: string) => new ResidentBuffer(`derivation.${name}`);
    const [constants, moving] = [buffer("constants"), buffer("moving")];
    const [progress, sums] = [buffer("state"), buffer("sums")];
    const x0 = constants.add(shape, "x0");
    const steps = constants.add([T, DERIVATION_STEP_FIELDS.length], "steps");
    const z = options.noise && constants.add(shape, "z");
    const attached = denoiser.attach(constants, shape);
    const previous = moving.add(shape, "previous");
    const state = progress.add(STATE_SHAPE, "state", "u32");
    const results = sums.add([T, shape[0]!, DERIVATION_SUMS.length], "results");

    const graph = new Graph(gpu.target);
    const stream = BOUND_STREAMS.trajectory;
    const drawn = z ?? normals(graph, { state }, { shape, stream });
    const xt = walk(graph, { state, steps, previous, z: drawn });
    const output = attached.record(graph, xt);
    derivationSums(graph, { state, steps, x0, previous, xt, output, results });
    affine(graph, { x: xt }, { a: 1 }, previous);
    advance(graph, { state });
    const [clean, first] = [Float32Array.from(data), initialState(seed)];
    const { signal } = options;
    const program = await Program.compile(gpu, graph, { label: "derivation", signal });

    writeTensor(gpu, x0, clean);
    writeTensor(gpu, previous, clean);
    writeTensor(gpu, steps, packDerivationSteps(derivationSteps(denoiser.tables, denoiser)));
    writeTensor(gpu, state, first);
    const buffers = [constants, moving, progress, sums];
    const tensors = { previous, z, results };
    return new TrajectoryRun(gpu, options, { tensors, denoiser: attached, program, buffers });
  }

  /** Queues the step to the paper's x_{t+1}. */
  step(t: number): void {
    const { tensors, denoiser, program } = this.#parts;
    const { noise, x0 } = this.#options;
    if (tensors.z && noise) {
      const size = sizeOf(x0.shape);
      const given = Float32Array.from(noise.data.subarray(t * size, (t + 1) * size));
      writeTensor(this.#gpu, tensors.z, given);
    }
    denoiser.write(this.#gpu, t);
    program.run();
  }

  async xt(): Promise<Float32Array<ArrayBuffer>> {
    const { shape } = this.#options.x0;
    return (await readTensor(this.#gpu, this.#parts.tensors.previous)).slice(0, sizeOf(shape));
  }

  async factors(): Promise<TrajectoryFactors[]> {
    const { tables, variance } = this.#options.denoiser;
    const { shape } = this.#options.x0;
    const values = await readTensor(this.#gpu, this.#parts.tensors.results);
    const N = shape[0]!;
    const sumsOf = (t: number, n: number): StepSums => {
      const at = DERIVATION_SUMS.length * (t * N + n);
      const sum = (name: (typeof DERIVATION_SUMS)[number]) =>
        values[at + DERIVATION_SUMS.indexOf(name)]!;
      return {
        step: sum("step"),
        posterior: sum("posterior"),
        jump: sum("jump"),
        model: sum("model"),
        means: sum("means"),
        xt: sum("xt"),
        x0: sum("x0"),
      };
    };
    return Array.from({ length: N }, (_, n) => {
      const sums = Array.from({ length: tables.steps }, (_, t) => sumsOf(t, n));
      return trajectoryFactors(tables, sums, { dimensions: sizeOf(shape) / N, variance });
    });
  }

  dispose(): void {
    this.#parts.program.dispose();
    for (const buffer of this.#parts.buffers) buffer.destroy(this.#gpu);
  }
}
