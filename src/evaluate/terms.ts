// The loop that evaluates terms of the bound: any list of (image, timestep), a batch a replay.
//
// Several timesteps share a batch of the network. Where noise is drawn it is a function of (seed,
// image, timestep), so that a term does not depend on which others are asked for.
import { Forward } from "../autograd/forward.ts";
import { OptionError, ShapeError } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { type BoundRow, boundOptions, boundRows, isLearnedVariance } from "../diffusion/bound.ts";
import type { DiffusionTables } from "../diffusion/schedule.ts";
import { parseSchedulerConfig, tablesOf } from "../diffusion/scheduler_config.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import {
  BOUND_RESULTS,
  BOUND_ROW_FIELDS,
  boundTerms,
  packBoundRows,
  rowNormals,
} from "../kernels/bound.ts";
import {
  initialState,
  LEVEL_FIELDS,
  packLevels,
  qSampleGiven,
  STATE_SHAPE,
} from "../kernels/diffusion.ts";
import { Conditions } from "../nn/conditions.ts";
import { requireImages } from "../nn/evaluate.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";
import type { Weights } from "../nn/weights.ts";

/** Which term: of which image, at which timestep of x_t, 0 … T−1. */
export interface TermPlace {
  readonly image: number;
  readonly timestep: number;
}

export interface TermsOptions {
  /** [C, H, W] of an image */
  shape: readonly [number, number, number];
  /** the terms wanted; those of one image next to one another are the fastest */
  places: readonly TermPlace[];
  /** x_0 of an image in [−1, 1], [C, H, W] */
  x0(image: number): Float32Array;
  /** ε of the i-th place, [C, H, W]; default: drawn on the GPU from the seed */
  noise?: ((i: number) => Float32Array) | undefined;
  /** of the noise; default 0 */
  seed?: number | bigint | undefined;
  /** class of an image, for a class-conditional model */
  classLabel?: ((image: number) => number) | undefined;
  /** clip x̂_0; default the scheduler's `clip_sample` */
  clips?: boolean | undefined;
  /** rows of the network's batch; default 32 */
  batch?: number | undefined;
  /** the weights to use: the model's own, or their average */
  weights?: Weights | undefined;
  signal?: AbortSignal | undefined;
}

export interface BoundTerm extends TermPlace {
  /** L_T of the image, bits/dim */
  prior: number;
  /** L_0 at timestep 0, the KL of L_{t−1} at t > 0; bits/dim */
  bitsPerDim: number;
  /** mean over c, h, w of (x_0 − x̂_0)², images in [−1, 1] */
  squaredError: number;
}

/** The terms of one batch. */
export interface TermsBatch {
  done: number;
  of: number;
  terms: BoundTerm[];
}

/**
 * Evaluates terms of the variational bound; yields after every batch.
 *
 * @throws ShapeError for images that do not fit the model; OptionError for timesteps out of range,
 *         labels, and schedulers without a bound; DeviceError; the signal's reason when aborted
 * @see DDPM (arXiv:2006.11239) eq. 5
 */
export async function* evaluateTerms(
  model: DiffusionModel,
  options: TermsOptions,
): AsyncGenerator<TermsBatch, void, void> {
  const { places, signal, batch = 32 } = options;
  signal?.throwIfAborted();
  model.requireAlive();
  const process = processOf(model, options);
  const size = Math.max(1, Math.min(batch, places.length));
  const run = await TermsRun.create(model, { ...process, batch: size, options });
  try {
    for (let first = 0; first < places.length; first += size) {
      signal?.throwIfAborted();
      const count = Math.min(size, places.length - first);
      const terms = await run.batch(first, count);
      yield { done: first + count, of: places.length, terms };
    }
  } finally {
    run.dispose();
  }
}

interface Process {
  tables: DiffusionTables;
  rows: BoundRow[];
}

/** The model's forward process and the rows of its bound, all checked. */
function processOf(model: DiffusionModel, { shape, places, clips }: TermsOptions): Process {
  requireImages("evaluate", [1, ...shape], model.config.in_channels);
  const config = parseSchedulerConfig(model.scheduler);
  const tables = tablesOf(config);
  const bound = boundOptions(config, clips);
  const [C, out] = [model.config.in_channels, model.config.out_channels];
  const wanted = isLearnedVariance(bound.variance) ? [2 * C] : [C, 2 * C];
  if (!wanted.includes(out)) {
    throw new ShapeError(
      "shape/channels",
      `evaluate: with variance_type ${bound.variance} the network must have ` +
        `${wanted.join(" or ")} out_channels for ${C} in_channels, got ${out}.`,
      "Learned variances are a second half of the output's channels.",
    );
  }
  requireTimesteps(places, tables.steps);
  return { tables, rows: boundRows(tables, bound) };
}

function requireTimesteps(places: readonly TermPlace[], T: number): void {
  const wrong = places.find(({ timestep: t }) => !(Number.isInteger(t) && t >= 0 && t < T));
  if (!wrong) return;
  throw new OptionError(
    "option/timestep",
    `evaluate: a timestep must be a whole number in 0 … ${T - 1}, got ${wrong.timestep}.`,
    "Timesteps count from 0, as the model's do; 0 is L_0.",
  );
}

interface RunParts extends Process {
  batch: number;
  options: TermsOptions;
}

interface RunTensors {
  x0: Tensor;
  /** given noise, or none */
  noise: Tensor | undefined;
  places: Tensor;
  timesteps: Tensor;
  rows: Tensor;
}

/** The buffers and the program of one evaluation. */
class TermsRun {
  readonly #gpu: Gpu;
  readonly #parts: RunParts;
  readonly #tensors: RunTensors;
  readonly #conditions: Conditions;
  readonly #program: Program;
  readonly #buffer: ResidentBuffer;
  readonly #results: Tensor;

  private constructor(gpu: Gpu, parts: RunParts, made: Made) {
    this.#gpu = gpu;
    this.#parts = parts;
    this.#tensors = made.tensors;
    this.#conditions = made.conditions;
    this.#program = made.program;
    this.#buffer = made.buffer;
    this.#results = made.results;
  }

  static async create(model: DiffusionModel, parts: RunParts): Promise<TermsRun> {
    const { gpu, config } = model;
    const { tables, batch, options } = parts;
    const shape: Shape = [batch, ...options.shape];
    const buffer = new ResidentBuffer("evaluate.inputs");
    const tensors: RunTensors = {
      x0: buffer.add(shape, "x0"),
      noise: options.noise && buffer.add(shape, "noise"),
      places: buffer.add([batch, 2], "places", "u32"),
      timesteps: buffer.add([batch], "timesteps", "u32"),
      rows: buffer.add([batch, BOUND_ROW_FIELDS.length], "rows"),
    };
    const levels = buffer.add([tables.steps, LEVEL_FIELDS.length], "levels");
    const state = buffer.add(STATE_SHAPE, "state", "u32");
    const conditions = new Conditions(model, buffer, batch);

    const graph = new Graph(gpu.target);
    const { x0, places, timesteps, rows } = tensors;
    const noise = tensors.noise ?? rowNormals(graph, { state, places }, { shape });
    const { xt } = qSampleGiven(graph, { x0, noise, timesteps, levels });
    const network = { tape: new Forward(graph), weights: options.weights ?? model.weights };
    const output = unet(network, config, { sample: xt, ...conditions.inputs });
    const alphaBarT = tables.alphaBars.at(-1) ?? 0;
    const results = boundTerms(graph, { x0, noise, output, rows }, { alphaBarT });
    const first = initialState(options.seed ?? 0);
    const { signal } = options;
    const program = await Program.compile(gpu, graph, {
      ...{ label: "evaluate", keep: [results], signal },
    });

    writeTensor(gpu, levels, packLevels(tables.alphaBars, { target: "epsilon" }));
    writeTensor(gpu, state, first);
    return new TermsRun(gpu, parts, { tensors, conditions, program, buffer, results });
  }

  /** The terms of `count` places from `first` on; rows past them repeat the last. */
  async batch(first: number, count: number): Promise<BoundTerm[]> {
    const { batch, options, rows } = this.#parts;
    const indices = Array.from({ length: batch }, (_, n) => first + Math.min(n, count - 1));
    const places = indices.map((i) => options.places[i]!);
    const times = places.map(({ timestep }) => timestep);
    const { noise } = options;
    const tensors = this.#tensors;
    this.#write(
      tensors.x0,
      places.map(({ image }) => options.x0(image)),
    );
    if (tensors.noise && noise) this.#write(tensors.noise, indices.map(noise));
    const where = places.flatMap(({ image, timestep }) => [image, timestep]);
    writeTensor(this.#gpu, tensors.places, Uint32Array.from(where));
    writeTensor(this.#gpu, tensors.timesteps, Uint32Array.from(times));
    const table = packBoundRows(times.map((t) => rows[t]!));
    writeTensor(this.#gpu, tensors.rows, table);
    const { classLabel } = options;
    this.#conditions.write(times, classLabel && places.map(({ image }) => classLabel(image)));
    this.#program.run();

    const results = await this.#program.read(this.#results);
    const columns = Object.keys(BOUND_RESULTS).length;
    return places.slice(0, count).map((place, n) => ({
      ...place,
      prior: results[columns * n + BOUND_RESULTS.prior]!,
      bitsPerDim: results[columns * n + BOUND_RESULTS.term]!,
      squaredError: results[columns * n + BOUND_RESULTS.squaredError]!,
    }));
  }

  /** Writes one image a row. */
  #write(tensor: Tensor, images: readonly Float32Array[]): void {
    const values = new Float32Array(sizeOf(tensor.shape));
    const size = values.length / images.length;
    for (const [n, image] of images.entries()) {
      if (image.length !== size) throw wrongSize(tensor, image.length, size);
      values.set(image, n * size);
    }
    writeTensor(this.#gpu, tensor, values);
  }

  dispose(): void {
    this.#program.dispose();
    this.#buffer.destroy(this.#gpu);
  }
}

interface Made {
  tensors: RunTensors;
  conditions: Conditions;
  program: Program;
  buffer: ResidentBuffer;
  results: Tensor;
}

function wrongSize({ label, shape }: Tensor, got: number, size: number): ShapeError {
  return new ShapeError(
    "shape/image",
    `evaluate: ${label} of one image must be ${size} numbers ${showShape(shape.slice(1))}, got ${got}.`,
    "Give [C, H, W], row-major.",
  );
}
