import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  browserReport,
  type DoctorReport,
  doctorCommand,
  linesOf,
  requireOk,
} from "../../src/cli/doctor.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { deviceReport } from "../../src/inspect/device_report.ts";
import { FAMILIES } from "../../src/inspect/families.ts";
import { faultyMatmul } from "../inspect/faults.ts";
import { testAdapters } from "../support/gpu.ts";

const families = FAMILIES.map(({ family }) => family);

function expectReport(report: DoctorReport) {
  const { adapter, features, limits, target, versions, selfTest, ok } = report;
  expect(Object.keys(report)).toEqual([
    "adapter",
    "features",
    "limits",
    "target",
    "versions",
    "selfTest",
    "ok",
  ]);
  expect(adapter.vendor).not.toBe("");
  expect(adapter.reason).not.toBe("");
  expect(adapter.software).toBe(target.software);
  expect(features).toEqual([...features].sort());
  expect(limits.maxBufferSize).toBeGreaterThanOrEqual(2 ** 28); // WebGPU's least
  expect(versions).toMatchObject({ "wgsl-diffusion": "0.1.0", node: process.version });
  expect(selfTest.filter((result) => !result.ok)).toEqual([]);
  const tested = selfTest.filter(({ dtype }) => dtype === "f32").map(({ family }) => family);
  expect(tested).toEqual(families);
  expect(ok).toBe(true);
}

describe("doctor, in Node", () => {
  let printed = "";
  beforeEach(() => {
    printed = "";
    vi.stubEnv("WGSL_DIFFUSION_ADAPTER", process.env.WGSL_DIFFUSION_ADAPTER ?? "swiftshader");
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      printed += text;
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  test("--json prints one object: device, versions, one result a kernel family", async () => {
    await doctorCommand().parseAsync(["--json"], { from: "user" });
    expect(printed.trimEnd().split("\n")).toHaveLength(1);
    const report: DoctorReport = JSON.parse(printed);
    expectReport(report);
    expect(report.versions.webgpu).toMatch(/^\d+\.\d+\.\d+$/);
    expect(report.adapter.reason).toBe("asked for");

    const text = linesOf(report).join("\n"); // what is printed without --json
    expect(text).toMatch(/^adapter {4}\S.* \(\w+: asked for\)$/m);
    expect(text).toMatch(/^right concat +f32 error 0\.\d+ of 8 +\w/m);
    if (!report.target.matrixUnits) expect(text).toMatch(/ subgroup_matrix .* not in use, /);
    const count = report.selfTest.length;
    const all = `${count} of ${count} kernel families are right`;
    expect(text).toContain(all);
  });
});

describe("a family that is wrong", () => {
  const result = { entryPoints: [], bound: 8, dtype: "f32" as const, plain: false };
  const right = { ...result, family: "concat", ok: true, error: 0 };

  test("is an error, after the report was printed: the exit code is 1", () => {
    const wrong = { ...result, family: "matmul", ok: false, error: 9000 };
    expect(() => requireOk({ ok: false, selfTest: [right, wrong] })).toThrow(
      "doctor: 1 of 2 kernel families are wrong on this device: matmul. " +
        "Do not trust its results: update the GPU's driver or the browser, or use another adapter.",
    );
  });

  test("is marked, with what kept it from a number", () => {
    const device = {
      vendor: "v",
      architecture: "a",
      device: "",
      description: "",
      driver: "system",
    };
    const message = "shaders/matmul.wgsl:3:1 unresolved value";
    const report: DoctorReport = {
      adapter: { ...device, isFallbackAdapter: true, software: null, reason: "the system's GPU" },
      features: [],
      limits: {
        maxBufferSize: 1,
        maxStorageBufferBindingSize: 1,
        maxStorageBuffersPerShaderStage: 1,
        maxComputeWorkgroupStorageSize: 1,
        maxComputeInvocationsPerWorkgroup: 1,
        maxComputeWorkgroupSizeX: 1,
      },
      target: { subgroupSize: 0, software: null, matrixUnits: null },
      versions: {},
      selfTest: [right, { ...result, family: "matmul", ok: false, error: null, message }],
      ok: false,
    };
    const lines = linesOf(report);
    expect(lines[0]).toBe("adapter    v a (system: the system's GPU)");
    expect(lines).toContain("software   yes");
    expect(lines.join("\n")).toMatch(/WRONG matmul +f32 no number +shaders\/matmul\.wgsl:3:1/);
    expect(lines.at(-1)).toMatch(/^1 of 2 kernel families are right/);
  });

  test("falls back to its plain variant where only the tuned one is wrong, and doctor says so", async () => {
    const gpu = await Gpu.open({ gpu: await testAdapters() });
    const oneFamily = FAMILIES.filter(({ family }) => family === "matmul");
    const sources = { matmul: faultyMatmul() };
    const report = await deviceReport(gpu, { families: oneFamily, sources });
    const isTuned = gpu.target.subgroupSize > 0; // else matmul has no tuned variant here
    expect(report.selfTest).toMatchObject([{ family: "matmul", ok: true, plain: isTuned }]);
    expect(report.ok).toBe(true);
    const host = { ...report.adapter, driver: "test", reason: "asked for" };
    const lines = linesOf({ ...report, adapter: host, versions: {} }).join("\n");
    expect(/^PLAIN matmul/m.test(lines)).toBe(isTuned);
    gpu.dispose();
  });

  test("is none where all are right: there is no error", () => {
    expect(() => requireOk({ ok: true, selfTest: [right] })).not.toThrow();
  });
});

/** Compiles what a page needs, file by file and unchecked, as the build does with checks. */
async function compileModules(into: string): Promise<void> {
  const root = new URL("../../src/", import.meta.url);
  const names = await readdir(root, { recursive: true });
  const wanted = /^(core|device|diffusion|graph|kernels|inspect)\/.*\.ts$/;
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  for (const name of names.filter((each) => wanted.test(each))) {
    const source = await readFile(new URL(name, root), "utf8");
    const file = join(into, name.replace(/\.ts$/, ".js"));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, ts.transpileModule(source, { compilerOptions: options }).outputText);
  }
}

describe("doctor --browser", () => {
  test("the compiled modules give the same report in a page, with no bundler", async () => {
    const folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-doctor-"));
    try {
      await compileModules(folder);
      const report = await browserReport(pathToFileURL(`${folder}/`));
      expectReport(report);
      expect(report.adapter.driver).toBe("chromium");
      expect(report.versions.chromium).toMatch(/\d+\.\d+/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("what the page throws is thrown here", async () => {
    const folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-doctor-"));
    try {
      await mkdir(join(folder, "inspect"));
      const text =
        'export const openDeviceReport = async () => { throw { code: "device/no-adapter", message: "No adapter." }; };';
      await writeFile(join(folder, "inspect", "device_report.js"), text);
      const failing = browserReport(pathToFileURL(`${folder}/`));
      await expect(failing).rejects.toMatchObject({
        name: "DeviceError",
        code: "device/no-adapter",
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
