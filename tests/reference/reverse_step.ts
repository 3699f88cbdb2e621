// The reverse step in float64: one row of a plan applied to a sample, and a whole plan run.
//
// From the definitions of DIFFUSION-FACTS: convert the network's output, clip x̂_0, step, add
// noise. The twin of the reverse-step kernel, and the reader of plans in the samplers' tests.
import type { Plan, PlanRow } from "../../src/samplers/plan.ts";

export interface ReverseStepInput {
  x: Float64Array;
  /** what the network gave for x, first half of the channels */
  output: Float64Array;
  /** what it gave without the class; with guidance alone */
  unconditional?: Float64Array | undefined;
  /** the second half, with learned variances */
  varianceOutput?: Float64Array | undefined;
  /** x̂_0 of the row before; needed where c is not 0 */
  x0HatPrevious?: Float64Array | undefined;
  /** z ~ N(0, I); needed where σ is not 0 */
  noise?: Float64Array | undefined;
}

export interface ReverseStep {
  x: Float64Array;
  x0Hat: Float64Array;
  epsHat: Float64Array;
}

/** x' = a x + b x̂_0 + c x̂_0 previous + d ε̂ + σ z, element by element. */
export function reverseStep(row: PlanRow, input: ReverseStepInput): ReverseStep {
  const { x, unconditional, varianceOutput, x0HatPrevious, noise } = input;
  const output = unconditional
    ? input.output.map((c, i) => unconditional[i]! + row.guidance * (c - unconditional[i]!))
    : input.output;
  const x0Hat = x.map((xi, i) => clamp(row.x0FromX * xi + row.x0FromOutput * output[i]!, row.clip));
  const epsHat = x.map((xi, i) =>
    row.rederiveEps
      ? row.epsOfX * xi + row.epsOfX0 * x0Hat[i]!
      : row.epsFromX * xi + row.epsFromOutput * output[i]!,
  );
  const next = x.map((xi, i) => {
    const mean = row.a * xi + row.b * x0Hat[i]! + row.d * epsHat[i]!;
    const multistep = row.c === 0 ? 0 : row.c * required(x0HatPrevious, "x0HatPrevious")[i]!;
    if (row.sigma === 0) return mean + multistep;
    const spread = row.sigma * deviation(row, varianceOutput, i);
    return mean + multistep + spread * required(noise, "noise")[i]!;
  });
  return { x: next, x0Hat, epsHat };
}

export interface BlendInput {
  /** after the step */
  x: Float64Array;
  known: Float64Array;
  /** 1 where `known` is kept */
  mask: Float64Array;
  /** z of the known part, and of noising again */
  noise: Float64Array;
  again: Float64Array;
}

/** m (√ᾱ x_0 + √(1 − ᾱ) z) + (1 − m) x, then √(ᾱ_j / ᾱ) x + √(1 − ᾱ_j / ᾱ) z'. RePaint, Algorithm 1. */
export function blend(row: PlanRow, { x, known, mask, noise, again }: BlendInput): Float64Array {
  return x.map((xi, i) => {
    const kept = row.knownSignal * known[i]! + row.knownSpread * noise[i]!;
    const mixed = mask[i]! * kept + (1 - mask[i]!) * xi;
    return row.againSignal * mixed + row.againSpread * again[i]!;
  });
}

/** σ of an element over the row's sigma: 1, or exp(½ ln σ²) of a learned variance. */
function deviation(row: PlanRow, output: Float64Array | undefined, i: number): number {
  const { logVarianceMin: min, logVarianceMax: max } = row;
  if (min === undefined || max === undefined) return 1;
  const part = (required(output, "varianceOutput")[i]! + 1) / 2;
  return Math.exp(0.5 * (part * max + (1 - part) * min));
}

export interface Denoised {
  output: Float64Array;
  varianceOutput?: Float64Array;
}

/** Runs a plan: yields x and x̂_0 after every row. `noiseOf(i)` is z of row i. */
export function* runPlan(
  plan: Plan,
  initial: Float64Array,
  denoise: (x: Float64Array, row: PlanRow, i: number) => Denoised,
  noiseOf: (i: number) => Float64Array | undefined = () => undefined,
): Generator<ReverseStep> {
  let x = initial;
  let x0HatPrevious: Float64Array | undefined;
  for (const [i, row] of plan.rows.entries()) {
    const step = reverseStep(row, { x, ...denoise(x, row, i), x0HatPrevious, noise: noiseOf(i) });
    yield step;
    x = step.x;
    x0HatPrevious = step.x0Hat;
  }
}

const clamp = (value: number, limit: number) => Math.min(Math.max(value, -limit), limit);

function required(values: Float64Array | undefined, name: string): Float64Array {
  if (values) return values;
  throw new Error(`reverseStep: this row needs ${name}`);
}
