// `doctor`: what the GPU is, and whether every kernel family computes what it should on it, in Node
// or in headless Chromium. The page loads the compiled modules as they lie: they need no bundler.
import { Command } from "commander";
import { DeviceError } from "../core/errors.ts";
import { type DeviceReport, openDeviceReport } from "../inspect/device_report.ts";
import type { ReplacementSource } from "../inspect/replace.ts";
import type { SelfTestResult } from "../inspect/self_test.ts";
import { openGpu } from "../platform/node_gpu.ts";
import { runInPage } from "../platform/page_server.ts";
import { ownVersions, versionOf } from "../platform/versions.ts";
import { printResult, subgroupMatrixOption } from "./console.ts";
import { readShader } from "./inputs.ts";

interface Options {
  browser?: boolean;
  replace?: string;
  subgroupMatrix?: boolean;
  json?: boolean;
}

/** What a report tests beside the kernels that a device gets anyway. */
interface Tested {
  /** a shader's source in the place of its own */
  replacement?: ReplacementSource | undefined;
  /** kernels on matrix units; default false */
  onUnits?: boolean | undefined;
}

/** A device's report with what only its host knows. */
export interface DoctorReport extends Omit<DeviceReport, "adapter"> {
  /** the driver or browser behind WebGPU, and why it is the one */
  adapter: DeviceReport["adapter"] & { driver: string; reason: string };
  versions: Record<string, string>;
}

export const doctorCommand = (): Command =>
  new Command("doctor")
    .description("Describe the GPU, and test every kernel family on it.")
    .option("--browser", "in headless Chromium instead of Node")
    .option(
      "--replace <file>",
      "a shader's WGSL to test in the place of its own, by the file's name",
    )
    .addOption(subgroupMatrixOption())
    .option("--json", "print one JSON object")
    .action(run);

async function run({ browser = false, replace, subgroupMatrix, json }: Options): Promise<void> {
  const replacement = replace === undefined ? undefined : await readShader(replace);
  const tested = { replacement, onUnits: subgroupMatrix };
  const report = browser ? await browserReport(MODULES, tested) : await nodeReport(tested);
  printResult(json, report, linesOf(report));
  requireOk(report);
}

/** @throws DeviceError device/self-test, which names the families that are wrong */
export function requireOk({ ok, selfTest }: Pick<DoctorReport, "ok" | "selfTest">): void {
  if (ok) return;
  const wrong = selfTest.filter((result) => !result.ok).map(nameOf);
  throw new DeviceError(
    "device/self-test",
    `doctor: ${wrong.length} of ${selfTest.length} kernel families are wrong on this device: ${wrong.join(", ")}.`,
    "Do not trust its results: update the GPU's driver or the browser, or use another adapter.",
  );
}

const nameOf = ({ family, dtype }: SelfTestResult) =>
  dtype === "f16" ? `${family} (f16)` : family;

async function nodeReport({ replacement, onUnits }: Tested): Promise<DoctorReport> {
  const { gpu, driver, reason } = await openGpu();
  const report = await openDeviceReport(gpu, replacement, onUnits);
  const { adapter, features, limits, target, ...tested } = report;
  const versions = { ...ownVersions(), webgpu: versionOf("webgpu") };
  return { adapter: { ...adapter, driver, reason }, features, limits, target, versions, ...tested };
}

const MODULES = new URL("../", import.meta.url);

/**
 * The report of headless Chromium.
 *
 * @param modules  folder of the compiled modules, which the page loads
 * @throws DeviceError device/no-browser, device/no-puppeteer, or what the page throws
 */
export async function browserReport(
  modules = MODULES,
  { replacement, onUnits = false }: Tested = {},
): Promise<DoctorReport> {
  const given = replacement ? JSON.stringify(replacement) : "undefined";
  const expression = `import("/inspect/device_report.js")
    .then((it) => it.openDeviceReport(undefined, ${given}, ${onUnits}))`;
  const { value, reason, version } = await runInPage<DeviceReport>({ modules, expression });
  const { adapter, features, limits, target, ...tested } = value;
  const host = { driver: "chromium", reason };
  const versions = { ...ownVersions(), chromium: version };
  return { adapter: { ...adapter, ...host }, features, limits, target, versions, ...tested };
}

const PLAIN_NOTE =
  "PLAIN: the tuned variants are wrong on this device, the plain ones right; Gpu.open({ selfTest }) uses those.";

/** The report for people. */
export function linesOf(report: DoctorReport): string[] {
  const { adapter, features, limits, target, versions, selfTest } = report;
  const { vendor, architecture, device, description, driver, reason } = adapter;
  const name = description || [vendor, architecture, device].filter(Boolean).join(" ");
  const known = (record: object) => Object.entries(record).map(([key, value]) => `${key} ${value}`);
  const lanes = target.subgroupSize === 0 ? "of no fixed size" : `${target.subgroupSize} lanes`;
  const facts = {
    adapter: `${name || "unnamed"} (${driver}: ${reason})`,
    software: target.software ?? (adapter.isFallbackAdapter ? "yes" : "no"),
    subgroups: features.includes("subgroups") ? lanes : "none",
    matrices: target.matrixUnits ?? "none in use: not there, or not asked for (--subgroup-matrix)",
    features: features.join(", "),
    limits: known(limits).join(", "),
    versions: known(versions).join(", "),
  };
  const right = selfTest.filter(({ ok }) => ok).length;
  return [
    ...Object.entries(facts).map(([fact, text]) => `${fact.padEnd(10)} ${text}`),
    "",
    ...selfTest.map(({ family, dtype, plain, ok, error, bound, entryPoints, message }) => {
      const found = error === null ? "no number" : `error ${error.toPrecision(2)} of ${bound}`;
      const word = ok && plain ? "PLAIN" : ok ? "right" : "WRONG";
      const verdict = `${word} ${family.padEnd(19)} ${dtype} ${found.padEnd(17)}`;
      const short = entryPoints.map((label) => label.replace(`${family}.`, ""));
      const isOther = family === "subgroup_matrix" && target.matrixUnits === null;
      const ran = isOther ? `not in use, its cases by ${short.join(", ")}` : short.join(", ");
      return `${verdict} ${message ?? ran}`;
    }),
    "",
    `${right} of ${selfTest.length} kernel families are right; an error is in units of ε Σ|terms|, ε = 2^-24, in f16 2^-11.`,
    ...(selfTest.some(({ ok, plain }) => ok && plain) ? [PLAIN_NOTE] : []),
  ];
}
