// Section 4: the bound of the model, image by image; each image is an estimate of its own, so that the
// chart is there after the first and settles with the others.
import { type BoundReport, type Dataset, type DiffusionModel, dataBound } from "../../src/index.ts";
import { noClass } from "./process.ts";

export interface BoundPoint {
  /** the paper's t: the geometric middle of the interval */
  t: number;
  /** mean of the terms of the interval, bits/dim */
  bitsPerDim: number;
}

export interface Totals {
  mean: number;
  standardError: number;
}

export interface RunningBound {
  images: number;
  /** L_0 first, then L_{t−1} */
  points: BoundPoint[];
  prior: Totals;
  kl: Totals;
  distortion: Totals;
  total: Totals;
  isEstimate: boolean;
  steps: number;
  timesteps: number;
}

export interface BoundAsked {
  data: Dataset;
  images: number;
  /** of each image */
  timesteps: number;
  batch: number;
  signal: AbortSignal;
}

export interface BoundProgress {
  done: number;
  of: number;
  /** after each image */
  bound?: RunningBound;
}

/** @throws as dataBound does */
export async function* runningBound(
  model: DiffusionModel,
  { data, images, timesteps, batch, signal }: BoundAsked,
): AsyncGenerator<BoundProgress, void, void> {
  const { shape } = data;
  const size = shape[0] * shape[1] * shape[2];
  const reports: BoundReport[] = [];
  const none = noClass(model);
  const classLabels = none === undefined ? undefined : [none];
  for (let n = 0; n < images; n++) {
    const pixels = data.pixels.subarray(n * size, (n + 1) * size);
    // every image is the first of its call: its seed tells its noise from the others'
    const asked = { pixels, shape, images: 1, timesteps, batch, seed: n, classLabels, signal };
    for await (const { done, of, report } of dataBound(model, asked)) {
      if (report) reports.push(report);
      const progress = { done: n * of + done, of: images * of };
      yield report ? { ...progress, bound: averaged(reports) } : progress;
    }
  }
}

function averaged(reports: readonly BoundReport[]): RunningBound {
  const [first] = reports;
  if (!first) throw new Error("there must be a report");
  const of = (name: "prior" | "kl" | "distortion" | "total") =>
    totals(reports.map((report) => report[name].mean));
  const points = first.terms.map(({ from, to }, k) => {
    const sums = reports.map(({ terms }) => terms[k]!.bitsPerDim.mean);
    const { mean } = totals(sums);
    return { t: Math.sqrt((from + 1) * (to + 1)), bitsPerDim: mean / (to - from + 1) };
  });
  const { isEstimate, trainTimesteps: steps, timesteps } = first;
  const sums = { prior: of("prior"), kl: of("kl"), distortion: of("distortion") };
  return {
    images: reports.length,
    points,
    ...sums,
    total: of("total"),
    isEstimate,
    steps,
    timesteps,
  };
}

/** Mean over images, and its standard error. */
function totals(values: readonly number[]): Totals {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const variance = squares / Math.max(1, values.length - 1);
  return { mean, standardError: Math.sqrt(variance / values.length) };
}
