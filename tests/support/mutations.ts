// The mutation test of barriers: each workgroupBarrier is removed in turn, and must be missed by
// detectRaces or by the values. Needs no test framework: `npm run conformance` makes a table of it.
import { type Gpu, PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { specialise } from "../../src/device/shader.ts";
import { TILES_TARGET } from "../kernels/records/conform.ts";
import type { KernelInfo } from "../kernels/records/record.ts";
import {
  barriersOf,
  type Candidate,
  isWrongWithout,
  lineOf,
  racesOf,
  type SharedKernel,
  sharedKernels,
  withoutBarrier,
} from "./races.ts";

/** How workgroup memory is used does not depend on subgroups: any device, a GPU, a software adapter. */
const TARGETS: Target[] = [PLAIN_TARGET, TILES_TARGET, { subgroupSize: 0, software: "llvmpipe" }];

export const kernelsWithBarriers = (records: readonly KernelInfo[]): SharedKernel[] =>
  sharedKernels(records, TARGETS);

/** The smallest dispatch: quick to interpret. */
export const smallest = ({ candidates }: SharedKernel): Candidate => candidates[0]!;

/** One whose loops turn more than once. */
const middling = ({ candidates }: SharedKernel): Candidate =>
  candidates[Math.floor(candidates.length / 2)]!;

export interface Mutation {
  kernel: string;
  shader: string;
  /** the one that was removed: the n-th of those in the kernel's text */
  barrier: number;
  line: number;
  caughtBy: "detectRaces" | "values" | "nothing";
  /** words of memory with a race */
  races: number;
}

export async function mutationsOf(
  kernel: SharedKernel,
  gpu: () => Promise<Gpu>,
): Promise<Mutation[]> {
  const { name, variant } = kernel;
  const found: Mutation[] = [];
  for (let n = 0; n < barriersOf(variant); n++) {
    const where = { shader: `${variant.family.name}.wgsl`, line: lineOf(variant, n) };
    const place = { kernel: name, barrier: n + 1, ...where };
    const races = racesOf(smallest(kernel), withoutBarrier(specialise(variant), n));
    if (races > 0) {
      found.push({ ...place, caughtBy: "detectRaces", races });
      continue;
    }
    const isWrong = await isWrongWithout(await gpu(), middling(kernel), n);
    found.push({ ...place, caughtBy: isWrong ? "values" : "nothing", races });
  }
  return found;
}
