// Runs a KernelInfo's samples on a device and says how they went. Needs no test framework.
//
//   value, gradient  |kernel − twin| / (factor · ε · Σ|terms|) of every element, at most 1; where it is
//                    stored as float16, over 2⁻¹⁰ |twin| + 2⁻²⁴ more: WGSL rounds a store to either
//                    neighbour, which are 2⁻¹⁰ |twin| apart at most, or 2⁻²⁴ among subnormal halves
//   adjoint          <J u, v> = <u, J' v>: J by central differences of the float64 twin's forward
//                    pass, J' v the kernel's gradients of v = dy; independent of the backward twin
//   repeats          the second run has the bits of the first
//   poison           outputs start as NaN, and a NaN is infinitely wrong
import { float16Bits, float16Value } from "../../../src/core/float16.ts";
import { type Gpu, PLAIN_TARGET, type Target } from "../../../src/device/gpu.ts";
import { keyOf, type MapDtype } from "../../../src/device/shader.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { mapNames } from "../../../src/graph/maps.ts";
import { mapArray, type NdArray } from "../../reference/ndarray.ts";
import { inner, scattered } from "../../reference/scattered.ts";
import { evaluateOn, type Input, residents } from "../../support/evaluate.ts";
import type { Expected, KernelInfo, Sample } from "./record.ts";

export interface SampleResult {
  /** the worst error as a part of what is allowed; ∞ for what is not a number */
  worst: number;
  /** what it was the worst of */
  output: string;
  /** sentences; none where all is well */
  faults: string[];
}

/** A GPU of which nothing is known. */
export const TILES_TARGET: Target = { ...PLAIN_TARGET, tiles: true, fuses: true };

const EPSILON = 2 ** -24;
const LEAST = 2 ** -126; // subnormal numbers may flush

/** What a store of `value` as float16 may add to its error. */
const storing = (value: number, isHalf: boolean): number =>
  isHalf ? Math.abs(value) * 2 ** -10 + 2 ** -24 : 0;

/** |actual − expected| over what is allowed, of the worst element. */
export function errorPart(
  actual: NdArray,
  { expected, bound }: Expected,
  { factor, isHalf = false }: { factor: number; isHalf?: boolean },
): number {
  if (`${actual.shape}` !== `${expected.shape}`) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (const [i, value] of expected.data.entries()) {
    const rounding = Math.max(factor * EPSILON * bound.data[i]!, LEAST);
    const allowed = rounding + storing(value, isHalf);
    const part = Math.abs(actual.data[i]! - value) / allowed;
    worst = Math.max(worst, Number.isNaN(part) ? Number.POSITIVE_INFINITY : part);
  }
  return worst;
}

export interface RunOptions {
  gpu: Gpu;
  /** what launchers choose their variants by; default the device's own */
  target?: Target | undefined;
  /** of the sample's maps; default float32 */
  dtype?: MapDtype;
}

/** Runs one sample with the variants that launchers choose for `target`. */
export async function runSample(
  { dtype = "f32", ...device }: RunOptions,
  { tolerance: { factor } }: KernelInfo,
  sample: Sample,
): Promise<SampleResult> {
  const inputs = dtype === "f16" ? halved(sample) : sample.inputs;
  const { outputs, unstable, halves } = await evaluateOn(device, inputs, sample.launch);
  const expected = sample.expected(inputs);
  const faults = unstable.map((output) => `${output}: a second run gave other bits`);
  let [worst, output] = [0, ""];
  for (const [name, of] of Object.entries(expected)) {
    const actual = outputs[name];
    const allowed = { factor, isHalf: halves.includes(name) };
    const part = actual ? errorPart(actual, of, allowed) : Number.POSITIVE_INFINITY;
    if (!(part <= 1)) faults.push(`${name}: ${part.toPrecision(3)} times the error allowed`);
    if (part > worst) [worst, output] = [part, name];
  }
  faults.push(...adjointFault({ ...sample, inputs }, outputs, { expected, factor, halves }));
  return { worst, output, faults };
}

/** The inputs of a sample that are maps, in its plain variants. */
export const mapInputs = ({ inputs, launch }: Sample): string[] =>
  mapNames(residents(inputs).tensors, launch);

const LARGEST_HALF = 65_504;

/** A sample's inputs with its maps as float16, rounded; none is infinite. */
function halved(sample: Sample): Record<string, Input> {
  const maps = mapInputs(sample);
  const round = (value: number) =>
    float16Value(float16Bits(Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, value))));
  return Object.fromEntries(
    Object.entries(sample.inputs).map(([role, input]): [string, Input] =>
      maps.includes(role) ? [role, { ...mapArray(input, round), dtype: "f16" }] : [role, input],
    ),
  );
}

/** Central differences of the twin at h: h² f‴/6 and 1e-16 / h, both well below this part. */
const DIFFERENCES = { h: 1e-4, rtol: 1e-6 };

interface Allowed {
  expected: Record<string, Expected>;
  factor: number;
  /** outputs that are float16 */
  halves: readonly string[];
}

function adjointFault(
  { inputs, forward }: Sample,
  outputs: Record<string, NdArray>,
  { expected, factor, halves }: Allowed,
): string[] {
  const { dy } = inputs;
  if (!forward || !dy) return [];
  const { h, rtol } = DIFFERENCES;
  const directions: Record<string, NdArray> = {};
  let [right, allowed] = [0, 0];
  for (const [k, [role, x]] of Object.entries(inputs).entries()) {
    const gradient = outputs[`d${role}`];
    const bound = expected[`d${role}`]?.bound;
    if (!gradient || !bound) continue;
    const u = scattered(x.shape, 200 + k);
    directions[role] = u;
    right += inner(u, gradient);
    for (const [i, value] of u.data.entries()) {
      const terms = Math.abs(value) * bound.data[i]!;
      allowed += (factor * EPSILON + rtol) * terms;
      const exact = expected[`d${role}`]!.expected.data[i]!;
      allowed += Math.abs(value) * storing(exact, halves.includes(`d${role}`));
    }
  }
  const moved = (by: number): Record<string, NdArray> =>
    Object.fromEntries(
      Object.entries(inputs).map(([role, x]) => {
        const u = directions[role];
        return [role, u ? mapArray(x, (value, i) => value + by * u.data[i]!) : x];
      }),
    );
  const left = (inner(forward(moved(h)), dy) - inner(forward(moved(-h)), dy)) / (2 * h);
  if (Math.abs(left - right) <= allowed) return [];
  return [`adjoint: <Ju, v> = ${left}, <u, J'v> = ${right}, may differ by ${allowed}`];
}

/**
 * The targets on which a sample launches different things: a device's own and the plain one, each with
 * every candidate of every choice.
 */
export function targetsOf(gpu: Gpu, sample: Sample): Target[] {
  const known = new Set<string>();
  const all = [gpu.target, { ...gpu.target, subgroupSize: 0 }, TILES_TARGET, PLAIN_TARGET];
  const chosen = all.flatMap((target) => withCandidates(sample, target));
  return [...all, ...chosen].filter((target) => {
    const launches = launchesOf(sample, target);
    return !known.has(launches) && known.add(launches);
  });
}

/** A target a rank: every choice takes its candidate of that rank, or its last. */
function withCandidates(sample: Sample, target: Target): Target[] {
  const made = dryRun(sample, target).dispatches.flatMap(({ choice }) => choice ?? []);
  const most = Math.max(1, ...made.map(({ names }) => names.length));
  return Array.from({ length: most - 1 }, (_, i) => {
    const choices = made.map(({ key, names }) => [key, names[Math.min(i + 1, names.length - 1)]!]);
    return { ...target, choices: Object.fromEntries(choices) };
  });
}

/** What a sample records for a target, as text. */
function launchesOf({ inputs, launch }: Sample, target: Target): string {
  const { dispatches } = dryRun({ inputs, launch }, target);
  return dispatches
    .map(({ variant, workgroups, choice }) => keyOf(variant) + workgroups + (choice?.chosen ?? ""))
    .join();
}

/** A sample recorded, and not run. */
export function dryRun(
  { inputs, launch }: Pick<Sample, "inputs" | "launch">,
  target: Target,
): Graph {
  const graph = new Graph(target);
  launch(graph, residents(inputs).tensors);
  return graph;
}
