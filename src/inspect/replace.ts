// Editing a kernel while a program runs: a changed source is held to the self-test's answers, timed
// against the original, and used from then on.
import { DeviceError, OptionError } from "../core/errors.ts";
import { median } from "../core/statistics.ts";
import { Gpu, PLAIN_TARGET } from "../device/gpu.ts";
import { replacementOf } from "../device/replacement.ts";
import type { ShaderFamily } from "../device/shader.ts";
import { readingOf } from "../device/shader_reading.ts";
import { Graph } from "../graph/graph.ts";
import { timedPasses } from "../graph/measuring.ts";
import { Program } from "../graph/program.ts";
import { FAMILIES, variantsOf } from "./families.ts";
import { type SelfTestResult, selfTest } from "./self_test.ts";

/** A source for one of the shaders. */
export interface ReplacementSource {
  /** of shaders/<shader>.wgsl */
  shader: string;
  wgsl: string;
}

/** The dispatches of one label, with either source. */
export interface ReplacedTime {
  /** family.entry */
  label: string;
  dispatches: number;
  /** medians, of all of them together */
  original_ms: number;
  replaced_ms: number;
}

/** Every shader that a self-test launches, on this device or with plain variants: by its name. */
export function shaderFamilies(gpu: Gpu): Map<string, ShaderFamily> {
  const targets = [gpu.target, PLAIN_TARGET];
  const variants = FAMILIES.flatMap((one) => targets.flatMap((target) => variantsOf(one, target)));
  const families = variants.map(({ family }) => family);
  const entriesOf = (family: ShaderFamily) => Object.keys(readingOf(family).entries).length;
  families.sort((a, b) => entriesOf(a) - entriesOf(b)); // launchers may hold a part: the whole comes last
  return new Map(families.map((family) => [family.name, family]));
}

/** The family that a source makes. @throws OptionError option/replacement */
export function replacementFamily(gpu: Gpu, { shader, wgsl }: ReplacementSource): ShaderFamily {
  const families = shaderFamilies(gpu);
  const original = families.get(shader);
  if (original) return replacementOf(original, wgsl);
  throw new OptionError(
    "option/replacement",
    `replacement: there is no shader ${shader}.wgsl.`,
    `There are ${[...families.keys()].sort().join(", ")}.`,
  );
}

/**
 * Runs the self-tests that launch a shader, with another source for it: those of this device, and those
 * of the plain variants.
 *
 * @returns their results; nothing is replaced yet
 */
export async function testReplacement(gpu: Gpu, family: ShaderFamily): Promise<SelfTestResult[]> {
  const plain = await Gpu.open({ device: gpu.device, plain: true });
  const results: SelfTestResult[] = [];
  for (const device of [gpu, plain]) {
    const families = FAMILIES.filter((one) =>
      variantsOf(one, device.target).some((variant) => variant.family.name === family.name),
    );
    results.push(...(await selfTest(device, { families, sources: { [family.name]: family } })));
  }
  plain.dispose();
  return results;
}

/** @throws DeviceError device/self-test where a result is wrong: such a source is not used */
export function requireReplacement(family: ShaderFamily, results: readonly SelfTestResult[]): void {
  const wrong = results.find(({ ok }) => !ok);
  if (!wrong) return;
  const found =
    wrong.message ??
    `error ${wrong.error?.toPrecision(3) ?? "no number"} of ${wrong.bound} allowed`;
  throw new DeviceError(
    "device/self-test",
    `replacement: ${family.name}.wgsl computes ${wrong.family} wrong: ${found}.`,
    "The original stays in use.",
  );
}

/**
 * Times a program's dispatches of a shader with its own source and with another, in turns.
 *
 * @param program  made with the original; it is run, and so is another of the same dispatches
 * @param runs     of which medians are taken
 * @throws DeviceError device/feature without timestamp-query
 */
export async function timeReplacement(
  gpu: Gpu,
  program: Program,
  { family, runs }: { family: ShaderFamily; runs: number },
): Promise<ReplacedTime[]> {
  const graph = new Graph(gpu.target);
  for (const dispatch of program.dispatches) {
    const isReplaced = dispatch.variant.family.name === family.name;
    const variant = isReplaced ? { ...dispatch.variant, family } : dispatch.variant;
    graph.dispatches.push({ ...dispatch, variant });
  }
  const other = await Program.compile(gpu, graph, { label: "replaced" });
  try {
    const [before, after]: [Float64Array[], Float64Array[]] = [[], []];
    for (let run = 0; run <= runs; run++) {
      before.push(await timedPasses(program));
      after.push(await timedPasses(other));
    }
    return timesOf(program, family.name, [before.slice(1), after.slice(1)]); // the first warms up
  } finally {
    other.dispose();
  }
}

function timesOf(
  { dispatches }: Program,
  shader: string,
  [before, after]: readonly [Float64Array[], Float64Array[]],
): ReplacedTime[] {
  const places = new Map<string, number[]>();
  for (const [i, { label, variant }] of dispatches.entries()) {
    if (variant.family.name === shader) places.set(label, [...(places.get(label) ?? []), i]);
  }
  const sum = (runs: Float64Array[], indices: number[]) =>
    median(runs.map((run) => indices.reduce((all, i) => all + run[i]!, 0))) / 1e6;
  return [...places].map(([label, indices]) => ({
    label,
    dispatches: indices.length,
    original_ms: sum(before, indices),
    replaced_ms: sum(after, indices),
  }));
}
