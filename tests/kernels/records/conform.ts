// Runs a KernelInfo's samples on a device and says how they went. Needs no test framework.
//
//   value, gradient  |kernel − twin| / (factor · ε · Σ|terms|) of every element, at most 1
//   adjoint          <J u, v> = <u, J' v>: J by central differences of the float64 twin's forward
//                    pass, J' v the kernel's gradients of v = dy; independent of the backward twin
//   repeats          the second run has the bits of the first
//   poison           outputs start as NaN, and a NaN is infinitely wrong
import { type Gpu, PLAIN_TARGET, type Target } from "../../../src/device/gpu.ts";
import { keyOf } from "../../../src/device/shader.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { mapArray, type NdArray } from "../../reference/ndarray.ts";
import { inner, scattered } from "../../reference/scattered.ts";
import { evaluateOn, residents } from "../../support/evaluate.ts";
import type { Expected, KernelInfo, Sample } from "./record.ts";

export interface SampleResult {
  /** the worst error as a part of what is allowed; ∞ for what is not a number */
  worst: number;
  /** what it was the worst of */
  output: string;
  /** sentences; none where all is well */
  faults: string[];
}

const EPSILON = 2 ** -24;
const LEAST = 2 ** -126; // subnormal numbers may flush

/** |actual − expected| over what is allowed, of the worst element. */
export function errorPart(actual: NdArray, { expected, bound }: Expected, factor: number): number {
  if (`${actual.shape}` !== `${expected.shape}`) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (const [i, value] of expected.data.entries()) {
    const allowed = Math.max(factor * EPSILON * bound.data[i]!, LEAST);
    const part = Math.abs(actual.data[i]! - value) / allowed;
    worst = Math.max(worst, Number.isNaN(part) ? Number.POSITIVE_INFINITY : part);
  }
  return worst;
}

/** Runs one sample with the variants that launchers choose for `target`. */
export async function runSample(
  device: { gpu: Gpu; target?: Target | undefined },
  { tolerance: { factor } }: KernelInfo,
  sample: Sample,
): Promise<SampleResult> {
  const { outputs, unstable } = await evaluateOn(device, sample.inputs, sample.launch);
  const expected = sample.expected();
  const faults = unstable.map((output) => `${output}: a second run gave other bits`);
  let [worst, output] = [0, ""];
  for (const [name, of] of Object.entries(expected)) {
    const actual = outputs[name];
    const part = actual ? errorPart(actual, of, factor) : Number.POSITIVE_INFINITY;
    if (!(part <= 1)) faults.push(`${name}: ${part.toPrecision(3)} times the error allowed`);
    if (part > worst) [worst, output] = [part, name];
  }
  faults.push(...adjointFault(sample, outputs, { expected, factor }));
  return { worst, output, faults };
}

/** Central differences of the twin at h: h² f‴/6 and 1e-16 / h, both well below this part. */
const DIFFERENCES = { h: 1e-4, rtol: 1e-6 };

function adjointFault(
  { inputs, forward }: Sample,
  outputs: Record<string, NdArray>,
  { expected, factor }: { expected: Record<string, Expected>; factor: number },
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

/** The targets on which a sample launches different things: a device's own, and the plain one. */
export function targetsOf(gpu: Gpu, sample: Sample): Target[] {
  const known = new Set<string>();
  return [gpu.target, { ...gpu.target, subgroupSize: 0 }, PLAIN_TARGET].filter((target) => {
    const launches = launchesOf(sample, target);
    return !known.has(launches) && known.add(launches);
  });
}

/** What a sample records for a target, as text. */
function launchesOf({ inputs, launch }: Sample, target: Target): string {
  const { dispatches } = dryRun({ inputs, launch }, target);
  return dispatches.map(({ variant, workgroups }) => keyOf(variant) + workgroups).join();
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

export const nameOf = ({ subgroupSize, software }: Target): string =>
  software ? `${software}, subgroups of ${subgroupSize || "any size"}` : "any device";
