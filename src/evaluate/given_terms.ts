// Terms of the bound on tensors that are given, noise and all: for checking against other code.
import { OptionError, ShapeError } from "../core/errors.ts";
import { requireShape, type Shape, sizeOf } from "../core/shape.ts";
import { requireImages } from "../nn/evaluate.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { evaluateTerms } from "./terms.ts";

export interface GivenTerms {
  /** [N, C, H, W], in [−1, 1] */
  x0: { shape: Shape; data: Float32Array };
  /** [K], whole numbers in 0 … T−1 */
  timestep: ArrayLike<number>;
  /** [K, N, C, H, W] */
  noise: { shape: Shape; data: Float32Array };
  /** [N], for a class-conditional model */
  classLabels?: ArrayLike<number> | undefined;
  /** clip x̂_0; default the scheduler's `clip_sample` */
  clips?: boolean | undefined;
  batch?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What is known after a batch, in bits/dim, a number an image; NaN where nothing is known yet. */
export interface GivenTermsRecord {
  done: number;
  of: number;
  /** L_T [N] */
  prior: number[];
  /** one a timestep, in the order given: L_0 at 0, else the KL of L_{t−1} */
  terms: { timestep: number; bitsPerDim: number[] }[];
}

/**
 * The terms at given timesteps with given noise, x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε. The last record
 * that is yielded, with done = of, has them all.
 *
 * @throws ShapeError, OptionError for inputs that do not fit; DeviceError
 */
export async function* givenTerms(
  model: DiffusionModel,
  given: GivenTerms,
): AsyncGenerator<GivenTermsRecord, void, void> {
  const { x0, noise, timestep, classLabels, clips, batch, signal } = given;
  const [N, K] = [requireGiven(model, given), timestep.length];
  const [, C = 0, H = 0, W = 0] = x0.shape;
  const size = C * H * W;
  const of = ({ data }: { data: Float32Array }, i: number) =>
    data.subarray(i * size, (i + 1) * size);
  const places = Array.from({ length: K * N }, (_, i) => {
    return { image: i % N, timestep: timestep[Math.floor(i / N)]! };
  });

  const terms = Array.from(timestep, (t) => {
    return { timestep: t, bitsPerDim: new Array<number>(N).fill(Number.NaN) };
  });
  const prior = new Array<number>(N).fill(Number.NaN);
  const batches = evaluateTerms(model, {
    shape: [C, H, W],
    places,
    x0: (image) => of(x0, image),
    noise: (i) => of(noise, i),
    classLabel: classLabels && ((image) => classLabels[image]!),
    clips,
    batch,
    signal,
  });
  let done = 0;
  for await (const record of batches) {
    for (const [k, term] of record.terms.entries()) {
      prior[term.image] = term.prior;
      terms[Math.floor((done + k) / N)]!.bitsPerDim[term.image] = term.bitsPerDim;
    }
    done = record.done;
    yield { done, of: record.of, prior, terms };
  }
}

/** N. @throws ShapeError, OptionError */
function requireGiven(model: DiffusionModel, given: GivenTerms): number {
  const { x0, noise, timestep, classLabels } = given;
  const N = requireImages("evaluate", x0.shape, model.config.in_channels);
  if (sizeOf(x0.shape) === 0) {
    throw new ShapeError(
      "shape/image",
      `evaluate: images must not be empty, got x0 [${x0.shape.join(", ")}].`,
      "Give [N, C, H, W], all above 0.",
    );
  }
  if (timestep.length === 0) {
    throw new OptionError(
      "option/timestep",
      "evaluate: timestep is empty.",
      "Give one timestep or more, counted from 0.",
    );
  }
  requireShape("evaluate", "noise", noise.shape, [timestep.length, ...x0.shape]);
  if (classLabels && classLabels.length !== N) {
    requireShape("evaluate", "class_labels", [classLabels.length], [N]);
  }
  return N;
}
