// A GPU for tests: the one of the environment variable WGSL_DIFFUSION_ADAPTER, else SwiftShader.
//
// evaluate() runs a few launchers on given arrays (./evaluate.ts); both its runs must agree bit for bit.
import { expect } from "vitest";
import { Gpu, type Target } from "../../src/device/gpu.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { TILES_TARGET } from "../kernels/records/conform.ts";
import type { NdArray } from "../reference/ndarray.ts";
import { type Build, evaluateOn, type Input } from "./evaluate.ts";

export type { Input } from "./evaluate.ts";

let opened: Promise<Gpu> | undefined;

/** Where the tests' adapters come from. */
export async function testAdapters(): Promise<GPU> {
  const adapter = process.env.WGSL_DIFFUSION_ADAPTER ? {} : { adapter: "swiftshader" as const };
  return (await openGpu(adapter)).gpu;
}

/** The tests' device, shared by a file's tests. */
export function testGpu(): Promise<Gpu> {
  opened ??= testAdapters().then((gpu) => Gpu.open({ gpu }));
  return opened;
}

let openedForTiles: Promise<Gpu> | undefined;

/** Another that takes its kernels as a GPU does: on tiles, which read through norms. */
export function tilesGpu(): Promise<Gpu> {
  openedForTiles ??= testAdapters()
    .then((gpu) => Gpu.open({ gpu }))
    .then((gpu) => Object.defineProperty(gpu, "target", { get: () => TILES_TARGET }));
  return openedForTiles;
}

/**
 * Uploads the inputs, records what `build` launches, runs it twice, and reads what it returns.
 *
 * @param inputs  by name; undefined ones are left out
 * @param build   from tensors of the same names to the tensors to read
 * @param target  what variants are chosen by; default the device's own
 */
export async function evaluate<In extends Record<string, Input | undefined>, Out extends string>(
  inputs: In,
  build: Build<In, Out>,
  target?: Target,
): Promise<Record<Out, NdArray>> {
  const device = { gpu: await testGpu(), target };
  const { outputs, unstable } = await evaluateOn(device, inputs, build);
  expect(unstable, "results whose two runs differ in a bit").toEqual([]);
  return outputs;
}

/** Float32's ε; a kernel's error may be 8 of these times Σ|terms|. */
export const EPSILON = 2 ** -24;

/** |actual − expected| ≤ 8 · 2⁻²⁴ · bound, element by element; says the worst. */
export function expectWithin(
  what: string,
  actual: NdArray,
  { expected, bound, factor = 8 }: { expected: NdArray; bound: NdArray; factor?: number },
): void {
  expect(actual.shape, what).toEqual(expected.shape);
  let worst = 0;
  expected.data.forEach((value, i) => {
    const allowed = Math.max(EPSILON * bound.data[i]!, 2 ** -126); // subnormals may flush
    worst = Math.max(worst, Math.abs(actual.data[i]! - value) / allowed);
    if (Number.isNaN(actual.data[i]!)) worst = Number.NaN;
  });
  expect(worst, `${what}: worst error in units of ε Σ|terms|`).toBeLessThanOrEqual(factor);
}
