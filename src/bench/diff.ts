// Two files of benchmarks compared: ratios of medians, each with a confidence interval.
//
//   ratio = median b / median a         > 1: b is slower
//
// Where both hold their samples, the interval is a percentile bootstrap: both sets are drawn anew
// with replacement, 4000 times (Efron 1979, doi:10.1214/aos/1176344552). Where only median and MAD are
// kept, it is the normal one of log ratio, with σ = 1.4826 MAD and 1.2533 σ / √n for a median.
import { philoxUniforms } from "../core/philox.ts";
import { median } from "../core/statistics.ts";

/** Of a record what is compared; files of peers have no samples. */
export interface Measured {
  suite: string;
  name: string;
  engine: string;
  median_ms: number;
  mad_ms: number;
  n: number;
  samples_ms?: readonly number[];
  bytes?: number;
}

export interface BenchFile {
  adapter: Record<string, unknown>;
  versions: Record<string, unknown>;
  commit?: string | null;
  flags?: readonly string[];
  results: readonly Measured[];
}

export interface Ratio {
  suite: string;
  name: string;
  engine: string;
  unit: "ms" | "bytes";
  a: number;
  b: number;
  ratio: number;
  /** 95 %; null with fewer than three samples on a side */
  interval: readonly [number, number] | null;
  /** how the interval was made */
  basis: "samples" | "median and MAD" | "a count" | "too few samples";
  verdict: "same" | "slower" | "faster" | "more" | "less";
}

export interface BenchDiff {
  /** what differs beside the code: adapter, versions, flags */
  differences: string[];
  ratios: Ratio[];
  /** in one file only: suite, name and engine */
  unpaired: string[];
  /** ratios above the factor whose interval lies above 1 */
  regressions: Ratio[];
}

const DRAWS = 4000;
const LEAST = 3; // samples for an interval
const SEED = 13;

/**
 * Compares two files.
 *
 * @param factor  a ratio above it is a regression, if its whole interval is above 1; bytes have none
 */
export function benchDiff(a: BenchFile, b: BenchFile, factor: number): BenchDiff {
  const key = ({ suite, name, engine }: Measured) => `${suite} ${name} ${engine}`;
  const before = new Map(a.results.map((result) => [key(result), result]));
  const pairs = b.results.flatMap((later) => {
    const earlier = before.get(key(later));
    return earlier ? [[earlier, later] as const] : [];
  });
  const paired = new Set(pairs.map(([one]) => key(one)));
  const all = [...a.results, ...b.results].map(key);
  const ratios = pairs.flatMap(([one, two]) => [
    ...(one.bytes !== undefined && two.bytes !== undefined ? [bytesRatio(one, two, factor)] : []),
    timeRatio(one, two, factor),
  ]);
  return {
    differences: differencesOf(a, b),
    ratios,
    unpaired: [...new Set(all.filter((name) => !paired.has(name)))],
    regressions: ratios.filter(({ verdict }) => verdict === "slower" || verdict === "more"),
  };
}

function timeRatio(a: Measured, b: Measured, factor: number): Ratio {
  const { interval, basis } = intervalOf(a, b);
  const ratio = b.median_ms / a.median_ms;
  const isSlower = interval !== null && ratio > factor && interval[0] > 1;
  const isFaster = interval !== null && ratio < 1 / factor && interval[1] < 1;
  const verdict = isSlower ? "slower" : isFaster ? "faster" : "same";
  const { suite, name, engine } = b;
  const values = { a: a.median_ms, b: b.median_ms, ratio };
  return { suite, name, engine, unit: "ms", ...values, interval, basis, verdict };
}

function bytesRatio(a: Measured, b: Measured, factor: number): Ratio {
  const ratio = b.bytes! / a.bytes!; // the caller has looked
  const verdict = ratio > factor ? "more" : ratio < 1 / factor ? "less" : "same";
  const { suite, name, engine } = b;
  const values = { a: a.bytes!, b: b.bytes!, ratio, interval: null };
  return { suite, name, engine, unit: "bytes", ...values, basis: "a count", verdict };
}

function intervalOf(a: Measured, b: Measured): Pick<Ratio, "interval" | "basis"> {
  if (Math.min(a.n, b.n) < LEAST) return { interval: null, basis: "too few samples" };
  if (a.samples_ms && b.samples_ms) {
    return { interval: bootstrap(a.samples_ms, b.samples_ms), basis: "samples" };
  }
  const spread = ({ median_ms, mad_ms, n }: Measured) =>
    (1.2533 * 1.4826 * mad_ms) / median_ms / Math.sqrt(n);
  const reach = Math.exp(1.96 * Math.hypot(spread(a), spread(b)));
  const ratio = b.median_ms / a.median_ms;
  return { interval: [ratio / reach, ratio * reach], basis: "median and MAD" };
}

/** The middle 95 % of the ratios of medians of samples drawn anew; the same at every call. */
function bootstrap(a: readonly number[], b: readonly number[]): readonly [number, number] {
  const places = philoxUniforms(SEED, DRAWS * (a.length + b.length));
  let next = 0;
  const drawn = (samples: readonly number[]) =>
    median(samples.map(() => samples[Math.floor(places[next++]! * samples.length)]!));
  const ratios = Array.from({ length: DRAWS }, () => 1 / (drawn(a) / drawn(b)));
  ratios.sort((x, y) => x - y);
  return [ratios[Math.floor(0.025 * DRAWS)]!, ratios[Math.ceil(0.975 * DRAWS) - 1]!];
}

function differencesOf(a: BenchFile, b: BenchFile): string[] {
  const facts = ({ adapter, versions, flags = [] }: BenchFile): Record<string, unknown> => ({
    ...adapter,
    ...versions,
    flags: flags.join(" "),
  });
  const [before, after] = [facts(a), facts(b)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? "not told"} and ${after[name] ?? "not told"}`);
}
