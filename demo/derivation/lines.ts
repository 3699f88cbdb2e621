// Section 3: trajectories drawn on the GPU now, and lines (17) to (22) of them, term by term.
import {
  bayesResiduals,
  DERIVATION_LINES,
  type DerivationLine,
  type DiffusionModel,
  derivationLines,
  drawTrajectories,
  type LineTerm,
  lineSum,
  type TrajectoryFactors,
} from "../../src/index.ts";
import { shortened } from "./process.ts";
import { SHAPE } from "./subject.ts";

export interface DrawOptions {
  /** of the process, 2 … T */
  steps: number;
  /** trajectories of the image */
  count: number;
  seed: number;
  x0: Float32Array;
  signal: AbortSignal;
  /** x_t of the first trajectory, now and then */
  onStep(step: { t: number; of: number; xt: Float32Array | undefined }): void;
}

const PICTURES = 40; // of x_t, in a whole trajectory

/**
 * @returns  the factors of every trajectory
 * @throws   as drawTrajectories does
 */
export async function draw(
  model: DiffusionModel,
  { steps, count, seed, x0, signal, onStep }: DrawOptions,
): Promise<TrajectoryFactors[]> {
  const data = new Float32Array(count * x0.length);
  for (let n = 0; n < count; n++) data.set(x0, n * x0.length);
  const denoiser = shortened(model, steps);
  const asked = { x0: { shape: [count, ...SHAPE], data }, denoiser, seed, signal };
  const every = Math.max(1, Math.floor(denoiser.tables.steps / PICTURES));
  for await (const record of drawTrajectories(model.gpu, asked)) {
    const { t, of, factors } = record;
    const isShown = t % every === 0 || t === of;
    const xt = isShown ? (await record.xt()).subarray(0, x0.length) : undefined;
    onStep({ t, of, xt });
    if (factors) return factors;
  }
  throw new Error("drawTrajectories gave no factors");
}

/** The terms of one line that have one name. */
export interface TermGroup {
  formula: string;
  /** by t, rising */
  terms: LineTerm[];
  sum: number;
}

export interface LineReport {
  line: DerivationLine;
  groups: TermGroup[];
  /** nats, on the first trajectory */
  sum: number;
  /** sum − sum of the line before; 0 for the first */
  residual: number;
  /** over trajectories, nats */
  mean: number;
  standardError: number;
}

export interface TrajectoryReport {
  lines: LineReport[];
  /** max |ln q(x_{t−1}|x_t,x_0) + ln q(x_t|x_0) − ln q(x_t|x_{t−1}) − ln q(x_{t−1}|x_0)|, nats */
  bayes: number;
  steps: number;
}

export function reportOf(trajectories: readonly TrajectoryFactors[]): TrajectoryReport {
  const [first] = trajectories;
  if (!first) throw new Error("there must be a trajectory");
  const ofFirst = derivationLines(first);
  const sums = trajectories.map((factors) => {
    const lines = derivationLines(factors);
    return DERIVATION_LINES.map((line) => lineSum(lines[line]));
  });
  const lines = DERIVATION_LINES.map((line, k) => {
    const sum = sums[0]![k]!;
    const residual = k === 0 ? 0 : sum - sums[0]![k - 1]!;
    return { line, groups: grouped(ofFirst[line]), sum, residual, ...spread(sums, k) };
  });
  const bayes = Math.max(
    ...trajectories.flatMap((one) => Array.from(bayesResiduals(one), Math.abs)),
  );
  return { lines, bayes, steps: first.logPStep.length };
}

function spread(sums: readonly number[][], k: number): { mean: number; standardError: number } {
  const values = sums.map((row) => row[k]!);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const variance = squares / Math.max(1, values.length - 1);
  return { mean, standardError: Math.sqrt(variance / values.length) };
}

function grouped(terms: readonly LineTerm[]): TermGroup[] {
  const groups = new Map<string, TermGroup>();
  for (const term of terms) {
    const group = groups.get(term.formula) ?? { formula: term.formula, terms: [], sum: 0 };
    group.terms.push(term);
    group.sum += term.value;
    groups.set(term.formula, group);
  }
  return [...groups.values()];
}
