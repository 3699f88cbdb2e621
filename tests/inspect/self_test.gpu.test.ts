import { describe, expect, test } from "vitest";
import { Gpu } from "../../src/device/gpu.ts";
import { entryOf, labelOf, type ShaderFamily, type Variant } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import type { SelfTestFamily } from "../../src/inspect/cases/case.ts";
import { deviceReport } from "../../src/inspect/device_report.ts";
import { FAMILIES, variantsOf } from "../../src/inspect/families.ts";
import { shaderFamilies } from "../../src/inspect/replace.ts";
import { type SelfTestResult, selfTest } from "../../src/inspect/self_test.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { testGpu } from "../support/gpu.ts";

/** A device of its own: pipelines of changed sources must not be mistaken for the right ones. */
async function freshGpu(): Promise<Gpu> {
  const adapter = process.env.WGSL_DIFFUSION_ADAPTER ? {} : { adapter: "swiftshader" as const };
  const { gpu } = await openGpu(adapter);
  return Gpu.open({ gpu });
}

const oneFamily = (name: string): SelfTestFamily[] =>
  FAMILIES.filter(({ family }) => family === name);

describe("every kernel family computes here what float64 does", () => {
  test("within 8 ε Σ|terms|, and nothing stays allocated", async () => {
    const gpu = await testGpu();
    const before = gpu.counters.bufferBytes;
    const results = await selfTest(gpu);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.map(({ family }) => family)).toEqual(FAMILIES.map(({ family }) => family));
    for (const { error, bound, entryPoints } of results) {
      expect(error).toBeLessThanOrEqual(bound);
      expect(entryPoints).not.toEqual([]);
    }
    expect(gpu.counters.bufferBytes).toBe(before);
    gpu.check();
  });
});

/** The source of a variant with one fault: its first += is −=, or its first product a sum. */
function withFault(whole: ReadonlyMap<string, ShaderFamily>, variant: Variant): ShaderFamily {
  const family = whole.get(variant.family.name)!;
  const faults = [
    [" += ", " -= "],
    [" * ", " + "],
  ] as const;
  for (const [from, to] of faults) {
    const { chunks } = readingOf(family);
    const place = entryOf(variant).chunks.find((i) => chunks[i]!.includes(from));
    if (place === undefined) continue;
    const changed = chunks[place]!.replace(from, to);
    return { ...family, text: chunks.with(place, changed) };
  }
  throw new Error(`${labelOf(variant)}: has neither a += nor a product`);
}

const isWrong = ({ ok, error, bound, message }: SelfTestResult): boolean =>
  !ok && message === undefined && (error === null || error > bound);

describe("a kernel that is wrong is reported, not thrown", () => {
  test("one operator changed in every family", async () => {
    const gpu = await freshGpu();
    const whole = shaderFamilies(gpu);
    const faults = FAMILIES.map((family) => withFault(whole, variantsOf(family, gpu.target)[0]!));
    const sources = Object.fromEntries(faults.map((source) => [source.name, source]));
    const results = await selfTest(gpu, { sources });
    expect(results.filter((result) => !isWrong(result))).toEqual([]);
    gpu.dispose();
  }, 300_000); // lavapipe compiles slowly what it does not find in Mesa's cache

  test("a source that does not compile, by its line; the others are right", async () => {
    const gpu = await freshGpu();
    const { family } = variantsOf(oneFamily("elementwise")[0]!, gpu.target)[0]!;
    const text = family.text.map((chunk) => chunk.replace("dims.scale);", "dims.skale);"));
    const families = [...oneFamily("elementwise"), ...oneFamily("concat")];
    const [broken, right] = await selfTest(gpu, {
      families,
      sources: { elementwise: { ...family, text } },
    });
    expect(broken).toMatchObject({ family: "elementwise", ok: false, error: null });
    expect(broken!.message).toMatch(/shaders\/elementwise\.wgsl:\d+:\d+ .*skale/);
    expect(right).toMatchObject({ family: "concat", ok: true });
    gpu.check();
    expect(gpu.counters.bufferBytes).toBe(0);
    gpu.dispose();
  });

  test("a device that is lost", async () => {
    const gpu = await freshGpu();
    gpu.device.destroy();
    await gpu.device.lost;
    const results = await selfTest(gpu, { families: oneFamily("concat") });
    expect(results).toMatchObject([{ ok: false, error: null }]);
    expect(results[0]!.message).toMatch(/device was lost/);
  });
});

describe("the report of a device", () => {
  test("is plain data, and lists the limits that Gpu.open asks for", async () => {
    const { gpu: source } = await openGpu(
      process.env.WGSL_DIFFUSION_ADAPTER ? {} : { adapter: "swiftshader" },
    );
    const asked: GPUDeviceDescriptor[] = [];
    const watching = {
      requestAdapter: async (options?: GPURequestAdapterOptions) => {
        const adapter = await source.requestAdapter(options);
        const requestDevice = (descriptor: GPUDeviceDescriptor) => {
          asked.push(descriptor);
          return adapter!.requestDevice(descriptor);
        };
        return { features: adapter!.features, limits: adapter!.limits, requestDevice };
      },
    };
    const gpu = await Gpu.open({ gpu: watching as unknown as GPU });
    const report = await deviceReport(gpu, { families: oneFamily("concat") });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.limits).toEqual(asked[0]!.requiredLimits);
    expect(report.features).toEqual([...gpu.device.features].sort());
    expect(report).toMatchObject({ ok: true, selfTest: [{ family: "concat", ok: true }] });
    expect(report.target.subgroupSize).toBe(gpu.target.subgroupSize);
    gpu.dispose();
  });
});
