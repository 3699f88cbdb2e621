// Editing a kernel: what may take its place, that a wrong one is found, and that a right one is used.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stepReport } from "../../src/bench/step_report.ts";
import { doctorCommand } from "../../src/cli/doctor.ts";
import { reportLines } from "../../src/cli/inspect_tables.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { replacementOf } from "../../src/device/replacement.ts";
import { labelOf } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { FAMILIES } from "../../src/inspect/families.ts";
import {
  replacementFamily,
  requireReplacement,
  shaderFamilies,
  testReplacement,
} from "../../src/inspect/replace.ts";
import { type SelfTestResult, selfTest } from "../../src/inspect/self_test.ts";
import { elementwise } from "../../src/kernels/generated/elementwise.ts";
import { CEILINGS } from "../support/ceilings.ts";
import { testAdapters, testGpu } from "../support/gpu.ts";
import { TINY_UNET } from "../support/tiny_unet.ts";

const sourceOf = (shader: string) =>
  readFileSync(new URL(`../../shaders/${shader}.wgsl`, import.meta.url), "utf8");

const families = shaderFamilies(await testGpu());

describe("a source in the place of a kernel's own", () => {
  test.each([...families])(
    "%s.wgsl may take its own place, and nothing changes",
    (name, family) => {
      const replaced = replacementOf(family, sourceOf(name));
      expect(replaced.name).toBe(family.name);
      expect(readingOf(replaced)).toEqual(readingOf(family));
      expect(replaced.replaces).toBe(family.hash);
      expect(replaced.hash).not.toBe(family.hash);
    },
  );

  test.each([
    ["fn affine(", "fn affin(", "there is no entry point affine"],
    ["const WG:", "const WGS:", "the constants WG are missing"],
    [
      "@binding(0) var<uniform> dims",
      "@binding(9) var<uniform> dims",
      "binding 9 dims (uniform) is none of 0 dims (uniform)",
    ],
    ["scale: f32", "scale: u32", "Dims must hold"],
  ])("without %s is refused", (from, to, message) => {
    const wgsl = sourceOf("elementwise").replace(from, to);
    expect(wgsl).not.toBe(sourceOf("elementwise"));
    expect(() => replacementOf(elementwise, wgsl)).toThrow(
      `replacement of elementwise.wgsl: ${message}`,
    );
  });

  test("of a shader that does not exist is refused, with those that do", async () => {
    const gpu = await testGpu();
    expect(() => replacementFamily(gpu, { shader: "matmol", wgsl: "" })).toThrow(
      /^replacement: there is no shader matmol\.wgsl\. There are activation, /,
    );
  });
});

const WRONG = sourceOf("elementwise").replaceAll(" + ", " - ");

describe("a kernel that was made wrong", () => {
  test("fails the self-test, and is not used", async () => {
    const gpu = await testGpu();
    const family = replacementFamily(gpu, { shader: "elementwise", wgsl: WRONG });
    const results = await testReplacement(gpu, family);
    expect(results.some(({ ok }) => !ok)).toBe(true);
    expect(() => requireReplacement(family, results)).toThrow(
      /^replacement: elementwise\.wgsl computes elementwise wrong: error .* of 8 allowed\. The original stays in use\.$/,
    );
  });

  describe("doctor", () => {
    let folder = "";
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-replace-"));
      vi.stubEnv("WGSL_DIFFUSION_ADAPTER", process.env.WGSL_DIFFUSION_ADAPTER ?? "swiftshader");
      vi.spyOn(process.stdout, "write").mockImplementation(() => true);
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    });

    test("--replace finds it, by the family's name", async () => {
      const file = join(folder, "elementwise.wgsl");
      await writeFile(file, WRONG);
      const running = doctorCommand().parseAsync(["--replace", file], { from: "user" });
      await expect(running).rejects.toMatchObject({
        code: "device/self-test",
        message: expect.stringMatching(
          /^doctor: 1 of \d+ kernel families are wrong .*: elementwise\./,
        ),
      });
    });
  });
});

describe("where a shader has been replaced already", () => {
  const isRight = (results: SelfTestResult[]) => results.map(({ ok }) => ok);

  test("the next source is tested itself, not the one in use", async () => {
    const gpu = await Gpu.open({ gpu: await testAdapters() });
    const familyOf = (wgsl: string) => replacementFamily(gpu, { shader: "elementwise", wgsl });
    const [wrong, right] = [familyOf(WRONG), familyOf(sourceOf("elementwise"))];
    const before = isRight(await testReplacement(gpu, wrong));
    gpu.pipelines.replace(right);
    expect(isRight(await testReplacement(gpu, wrong))).toEqual(before);
    gpu.pipelines.replace(wrong);
    expect(isRight(await testReplacement(gpu, right))).not.toContain(false);
    const families = FAMILIES.filter(({ family }) => family === "elementwise");
    expect(isRight(await selfTest(gpu, { families })), "the one in use").toContain(false);
    gpu.pipelines.replace(right);
    expect(isRight(await selfTest(gpu, { families }))).not.toContain(false);
    gpu.dispose();
  });
});

describe("a kernel that was changed and is right", () => {
  test("is timed against its own, and used for the rest of the run", async () => {
    const gpu = await Gpu.open({ gpu: await testAdapters() });
    const source = sourceOf("elementwise");
    const wgsl = source.replace("const WG: u32", "const UNUSED: u32 = 3u;\n\nconst WG: u32");
    const replacement = { shader: "elementwise", wgsl };
    const modules = vi.spyOn(gpu.device, "createShaderModule");
    const options = { batch: 2, runs: 1, replacement, ceilings: CEILINGS };
    const { graph: _, ...report } = await stepReport(gpu, { config: TINY_UNET }, options);
    const { times, selfTest } = report.replacement!;
    expect(selfTest.every(({ ok }) => ok)).toBe(true);
    expect(times.length).toBeGreaterThan(0);
    for (const { label, original_ms, replaced_ms } of times) {
      expect(label).toMatch(/^elementwise\./);
      expect(original_ms).toBeGreaterThan(0);
      expect(replaced_ms).toBeGreaterThan(0);
    }
    const text = reportLines({ ...report, adapter: "here" }).join("\n");
    expect(text).toContain("elementwise.wgsl is replaced for this run; right in ");

    modules.mockClear();
    const known = gpu.pipelines.size;
    const variant = { family: elementwise, entry: "affine", constants: { WG: 32 } };
    await gpu.pipelines.get(variant);
    expect(gpu.pipelines.size).toBe(known + 1);
    expect(modules.mock.calls[0]![0].label).toBe(labelOf(variant));
    gpu.dispose();
  });
});
