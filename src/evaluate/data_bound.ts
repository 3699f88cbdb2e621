// The bound of a model on a data set: its terms by timestep, their sum, rate and distortion.
import { OptionError } from "../core/errors.ts";
import { parseSchedulerConfig, tablesOf } from "../diffusion/scheduler_config.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { drawnTimesteps, lengthOf, type Stratum, strataOf } from "./strata.ts";
import { type BoundTerm, evaluateTerms, type TermsOptions } from "./terms.ts";

export interface DataBoundOptions
  extends Pick<TermsOptions, "seed" | "clips" | "batch" | "weights" | "signal"> {
  /** bytes 0 … 255 [count, C, H, W]; x_0 = byte / 127.5 − 1 */
  pixels: Uint8Array;
  /** [C, H, W] */
  shape: readonly [number, number, number];
  /** the first so many images; default all */
  images?: number | undefined;
  /** timesteps to evaluate of each image: default all, exactly; else an estimate, see `strataOf` */
  timesteps?: number | undefined;
  /** class of each image, for a class-conditional model */
  classLabels?: ArrayLike<number> | undefined;
}

/** A mean over images, and the standard error of that mean (0 for one image). */
export interface Mean {
  mean: number;
  standardError: number;
}

/** The terms of an interval of timesteps: of one timestep, where all were evaluated. */
export interface TermSummary extends Stratum {
  /** sum of the interval's terms, bits/dim: L_0 for timestep 0 */
  bitsPerDim: Mean;
  /** √ mean (x_0 − x̂_0)² on the scale 0 … 255 */
  rmse: number;
}

/** All in bits/dim but the RMSE, which is on the scale 0 … 255. */
export interface BoundReport {
  images: number;
  /** of the model, T */
  trainTimesteps: number;
  /** evaluated of each image */
  timesteps: number;
  /** true where not all timesteps were evaluated: rate and total are unbiased estimates then */
  isEstimate: boolean;
  /** L_T */
  prior: Mean;
  /** L_0 */
  distortion: Mean;
  /** Σ L_{t−1}, t = 1 … T−1 */
  kl: Mean;
  /** L_T + Σ L_{t−1} */
  rate: Mean;
  /** rate + distortion */
  total: Mean;
  /** of x̂_0 at timestep 0 */
  rmse: number;
  terms: TermSummary[];
}

export interface DataBoundRecord {
  /** terms done, of all that there are */
  done: number;
  of: number;
  /** with the last record */
  report?: BoundReport;
}

/**
 * The bound of a model on images; yields after every batch, and the report with the last.
 *
 *   rate L_1 + … + L_T, distortion L_0, both with x_t drawn from (seed, image, t)
 *
 * @throws OptionError, ShapeError as `evaluateTerms` and `strataOf` do
 * @see DDPM (arXiv:2006.11239) §4.3
 */
export async function* dataBound(
  model: DiffusionModel,
  options: DataBoundOptions,
): AsyncGenerator<DataBoundRecord, void, void> {
  const { pixels, shape, seed = 0, classLabels } = options;
  const images = imagesOf(options);
  const T = tablesOf(parseSchedulerConfig(model.scheduler)).steps;
  const strata = strataOf(T, options.timesteps ?? T);
  const places = Array.from({ length: images }, (_, image) =>
    drawnTimesteps(strata, { seed, image }).map((timestep) => ({ image, timestep })),
  ).flat();

  const sums = new Sums(images, strata);
  const size = pixelsOf(shape);
  const batches = evaluateTerms(model, {
    ...options,
    places,
    x0: (image) => Float32Array.from(pixels.subarray(image * size, (image + 1) * size), toUnit),
    classLabel: classLabels && ((image) => classLabels[image]!),
  });
  for await (const { done, of, terms } of batches) {
    for (const [i, term] of terms.entries()) {
      sums.add((done - terms.length + i) % strata.length, term);
    }
    yield done < of ? { done, of } : { done, of, report: sums.report(T) };
  }
}

const toUnit = (byte: number) => byte / 127.5 - 1;
const pixelsOf = ([C, H, W]: readonly [number, number, number]) => C * H * W;

function imagesOf({ pixels, shape, images }: DataBoundOptions): number {
  const most = Math.floor(pixels.length / pixelsOf(shape));
  const count = images ?? most;
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new OptionError(
    "option/count",
    `evaluate: images must be a whole number in 1 … ${most}, got ${count}.`,
    "The data set has no more.",
  );
}

/** Sums over images, in float64. */
class Sums {
  readonly #strata: readonly Stratum[];
  readonly #perStratum: { bits: Moments; squares: number }[];
  /** L_T, L_0 and Σ KL of each image */
  readonly #prior: Float64Array;
  readonly #decoder: Float64Array;
  readonly #kl: Float64Array;

  constructor(images: number, strata: readonly Stratum[]) {
    this.#strata = strata;
    this.#perStratum = strata.map(() => ({ bits: new Moments(), squares: 0 }));
    this.#prior = new Float64Array(images);
    this.#decoder = new Float64Array(images);
    this.#kl = new Float64Array(images);
  }

  add(k: number, { image, prior, bitsPerDim, squaredError }: BoundTerm): void {
    const sum = lengthOf(this.#strata[k]!) * bitsPerDim;
    const { bits } = this.#perStratum[k]!;
    bits.add(sum);
    this.#perStratum[k]!.squares += squaredError;
    this.#prior[image] = prior;
    if (k === 0) this.#decoder[image] = sum;
    else this.#kl[image]! += sum;
  }

  report(T: number): BoundReport {
    const images = this.#prior.length;
    const [prior, decoder, kl] = [this.#prior, this.#decoder, this.#kl];
    const rate = kl.map((value, n) => value + prior[n]!);
    const total = rate.map((value, n) => value + decoder[n]!);
    const terms = this.#strata.map((stratum, k) => {
      const { bits, squares } = this.#perStratum[k]!;
      return { ...stratum, bitsPerDim: bits.mean(), rmse: 127.5 * Math.sqrt(squares / images) };
    });
    return {
      images,
      trainTimesteps: T,
      timesteps: terms.length,
      isEstimate: terms.length < T,
      prior: meanOf(prior),
      distortion: meanOf(decoder),
      kl: meanOf(kl),
      rate: meanOf(rate),
      total: meanOf(total),
      rmse: terms[0]!.rmse,
      terms,
    };
  }
}

/** Mean and variance of numbers that come one by one [Welford 1962]. */
class Moments {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#count++;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
  }

  mean(): Mean {
    const variance = this.#count > 1 ? this.#squares / (this.#count - 1) : 0;
    return { mean: this.#mean, standardError: Math.sqrt(variance / this.#count) };
  }
}

function meanOf(values: Float64Array): Mean {
  const moments = new Moments();
  for (const value of values) moments.add(value);
  return moments.mean();
}
