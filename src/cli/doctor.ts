// `doctor`: what the GPU is, and whether every kernel family computes what it should on it, in Node
// or in headless Chromium. The page loads the compiled modules as they lie: they need no bundler.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { DeviceError } from "../core/errors.ts";
import { type DeviceReport, openDeviceReport } from "../inspect/device_report.ts";
import { findChromium, launchChromium } from "../platform/chromium.ts";
import { openGpu } from "../platform/node_gpu.ts";
import { printResult } from "./console.ts";

interface Options {
  browser?: boolean;
  json?: boolean;
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
    .option("--json", "print one JSON object")
    .action(run);

async function run({ browser = false, json }: Options): Promise<void> {
  const report = browser ? await browserReport() : await nodeReport();
  printResult(json, report, linesOf(report));
  requireOk(report);
}

/** @throws DeviceError device/self-test, which names the families that are wrong */
export function requireOk({ ok, selfTest }: Pick<DoctorReport, "ok" | "selfTest">): void {
  if (ok) return;
  const wrong = selfTest.filter((result) => !result.ok).map(({ family }) => family);
  throw new DeviceError(
    "device/self-test",
    `doctor: ${wrong.length} of ${selfTest.length} kernel families are wrong on this device: ${wrong.join(", ")}.`,
    "Do not trust its results: update the GPU's driver or the browser, or use another adapter.",
  );
}

async function nodeReport(): Promise<DoctorReport> {
  const { gpu, driver, reason } = await openGpu();
  const { adapter, features, limits, target, ...tested } = await openDeviceReport(gpu);
  const versions = { ...ownVersions(), webgpu: versionOf(packageFile("webgpu")) };
  return { adapter: { ...adapter, driver, reason }, features, limits, target, versions, ...tested };
}

/** What the page gives: a report, or what it threw, for classes do not cross the border. */
type PageResult = { report: DeviceReport } | { code?: string; message: string };

const PAGE_JOB = `import("/inspect/device_report.js")
  .then(({ openDeviceReport }) => openDeviceReport())
  .then((report) => ({ report }), ({ code, message }) => ({ code, message }))
  .then(JSON.stringify)`;

/**
 * The report of headless Chromium.
 *
 * @param modules  folder of the compiled modules, which the page loads
 * @throws DeviceError device/no-browser, device/no-puppeteer, or what the page throws
 */
export async function browserReport(
  modules = new URL("../", import.meta.url),
): Promise<DoctorReport> {
  const { source } = await findChromium();
  const { server, address } = await serveModules(fileURLToPath(modules));
  try {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(address);
      const result: PageResult = JSON.parse((await page.evaluate(PAGE_JOB)) as string);
      if (!("report" in result)) {
        throw new DeviceError(result.code ?? "device/page", result.message, "");
      }
      const { adapter, features, limits, target, ...tested } = result.report;
      const host = { driver: "chromium", reason: `headless, from ${CHROMIUM_FROM[source]}` };
      const versions = { ...ownVersions(), chromium: await browser.version() };
      return { adapter: { ...adapter, ...host }, features, limits, target, versions, ...tested };
    } finally {
      await browser.close();
    }
  } finally {
    server.close();
  }
}

const CHROMIUM_FROM = {
  CHROME_PATH: "CHROME_PATH",
  system: "the system",
  package: "the npm package @sparticuz/chromium",
};

const BLANK_PAGE = `<!doctype html><title>wgsl-diffusion doctor</title><link rel="icon" href="data:,">`;

/** Serves the .js files of a folder, and a blank page, on a free port of this machine alone. */
async function serveModules(folder: string): Promise<{ server: Server; address: string }> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost"); // resolves every ".."
    if (pathname === "/") {
      response.setHeader("content-type", "text/html").end(BLANK_PAGE);
      return;
    }
    const isModule = /^(\/\w+)+\.js$/.test(pathname);
    const text = isModule ? await readFile(folder + pathname).catch(() => undefined) : undefined;
    if (text) response.setHeader("content-type", "text/javascript");
    else response.statusCode = 404;
    response.end(text);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { server, address: `http://127.0.0.1:${port}/` };
}

const ownVersions = () => ({
  "wgsl-diffusion": versionOf(new URL("../../package.json", import.meta.url)),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
});

const packageFile = (name: string): string =>
  createRequire(import.meta.url).resolve(`${name}/package.json`);

const versionOf = (file: string | URL): string => JSON.parse(readFileSync(file, "utf8")).version;

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
    features: features.join(", "),
    limits: known(limits).join(", "),
    versions: known(versions).join(", "),
  };
  const right = selfTest.filter(({ ok }) => ok).length;
  return [
    ...Object.entries(facts).map(([fact, text]) => `${fact.padEnd(10)} ${text}`),
    "",
    ...selfTest.map(({ family, ok, error, bound, entryPoints, message }) => {
      const found = error === null ? "no number" : `error ${error.toPrecision(2)} of ${bound}`;
      const verdict = `${ok ? "right" : "WRONG"} ${family.padEnd(19)} ${found.padEnd(17)}`;
      const short = entryPoints.map((label) => label.replace(`${family}.`, ""));
      return `${verdict} ${message ?? short.join(", ")}`;
    }),
    "",
    `${right} of ${selfTest.length} kernel families are right; an error is in units of ε Σ|terms|, ε = 2^-24.`,
  ];
}
