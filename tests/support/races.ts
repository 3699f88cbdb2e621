// Races and barriers: a dispatch interpreted invocation by invocation, with wgsl_reflect's detectRaces.
//
// It knows float32 and u32 buffers, and no subgroups. Buffers hold zeros: which addresses a kernel of
// ours touches does not depend on values, but on indices, which are 0 then.
import { type Gpu, PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { entryOf, keyOf, specialise, type Variant } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import type { Dispatch } from "../../src/graph/graph.ts";
import { bytesOf } from "../../src/graph/tensor.ts";
import { dryRun, runSample, TILES_TARGET } from "../kernels/records/conform.ts";
import type { KernelInfo, Sample } from "../kernels/records/record.ts";
import { detectRaces } from "./interpreter.ts";

const BARRIER = /workgroupBarrier\(\);/g;

export interface Candidate {
  info: KernelInfo;
  sample: Sample;
  dispatch: Dispatch;
}

/** A kernel with workgroup memory, and dispatches of it in samples, small ones first. */
export interface SharedKernel {
  name: string;
  variant: Variant;
  candidates: Candidate[];
}

/** These do not touch a kernel's barriers. */
const BESIDE = ["ACTIVATION", "BOXED", "NORMED", "MOMENTS", "COLUMNS", "IMAGES"];

function nameOf({ family, entry, constants }: Variant): string {
  const beside = "COLUMNS" in constants ? [...BESIDE, "ROWS"] : BESIDE; // a tile's shape
  const cut = Object.fromEntries(
    Object.entries(constants).filter(([name]) => !beside.includes(name)),
  );
  const values = Object.entries(cut).map(([name, value]) => `${name} ${value}`);
  return `${family.name}.${entry}${values.length > 0 ? ` (${values.join(", ")})` : ""}`;
}

/** With workgroup memory; where a kernel makes moments or not, the one that does: it passes all barriers. */
const isShared = (variant: Variant): boolean =>
  variant.constants.MOMENTS !== 0 &&
  !entryOf(variant).subgroups &&
  specialise(variant).includes("var<workgroup>");

export function sharedKernels(
  records: readonly KernelInfo[],
  targets: readonly Target[],
): SharedKernel[] {
  const kernels = new Map<string, SharedKernel>();
  for (const info of records) {
    for (const sample of info.samples()) {
      const dispatches = targets.flatMap((target) => dryRun(sample, target).dispatches);
      for (const dispatch of dispatches) {
        const { variant } = dispatch;
        if (!isShared(variant)) continue;
        const name = nameOf(variant);
        const kernel = kernels.get(name) ?? { name, variant, candidates: [] };
        kernel.candidates.push({ info, sample, dispatch });
        kernels.set(name, kernel);
      }
    }
  }
  for (const { candidates } of kernels.values()) candidates.sort((a, b) => workOf(a) - workOf(b));
  return [...kernels.values()];
}

const workOf = ({ dispatch: { bytes, workgroups } }: Candidate) =>
  bytes + 4096 * workgroups[0] * workgroups[1] * workgroups[2];

/** How many words of memory, between two barriers, a workgroup of a dispatch has a race on. */
export function racesOf({ dispatch }: Candidate, code = specialise(dispatch.variant)): number {
  const group: Record<string, unknown> = {};
  for (const { binding, tensor } of dispatch.tensors) {
    const words = bytesOf(tensor) / 4;
    group[binding] = tensor.dtype === "u32" ? new Uint32Array(words) : new Float32Array(words);
  }
  for (const { binding, data } of dispatch.uniforms)
    group[binding] = { uniform: new Uint8Array(data) };
  const { entry } = dispatch.variant;
  const { races, errors } = detectRaces(code, entry, [1, 1, 1], { 0: group });
  if (errors.length > 0) throw new Error(`${nameOf(dispatch.variant)}: ${errors[0]}`);
  return races.length;
}

export const barriersOf = (variant: Variant): number =>
  [...specialise(variant).matchAll(BARRIER)].length;

/** WGSL without its n-th barrier; lines stay. */
export function withoutBarrier(code: string, n: number): string {
  let count = 0;
  return code.replace(BARRIER, (barrier) => (count++ === n ? "" : barrier));
}

/** The line a barrier is in. */
export function lineOf(variant: Variant, n: number): number {
  const code = specialise(variant);
  const place = [...code.matchAll(BARRIER)][n]!.index;
  return code.slice(0, place).split("\n").length;
}

/** Whether a sample's values are wrong without that barrier, on this device. */
export async function isWrongWithout(
  gpu: Gpu,
  { info, sample, dispatch }: Candidate,
  n: number,
): Promise<boolean> {
  const key = keyOf(dispatch.variant);
  const launch: Sample["launch"] = (graph, tensors) => {
    const outputs = sample.launch(graph, tensors);
    for (const [i, one] of graph.dispatches.entries()) {
      if (keyOf(one.variant) !== key) continue;
      graph.dispatches[i] = { ...one, variant: mutated(one.variant, n) };
    }
    return outputs;
  };
  const { software } = gpu.target;
  const targets: Target[] = [{ subgroupSize: 0, software }, PLAIN_TARGET, TILES_TARGET];
  const launches = (target: Target) =>
    dryRun(sample, target).dispatches.some(({ variant }) => keyOf(variant) === key);
  const target = targets.find(launches)!;
  const { faults } = await runSample({ gpu, target }, info, { ...sample, launch });
  return faults.length > 0;
}

/** The variant whose reached chunks lack the n-th barrier; a name of its own, for the cache. */
function mutated(variant: Variant, n: number): Variant {
  const reached = new Set(entryOf(variant).chunks);
  let count = 0;
  const text = readingOf(variant.family).chunks.map((chunk, i) => {
    if (!reached.has(i)) return chunk;
    return chunk.replace(BARRIER, (barrier) => (count++ === n ? "" : barrier));
  });
  const name = `${variant.family.name}_without_${n}`;
  return { ...variant, family: { ...variant.family, name, text } };
}
