// `bench`: times kernels, a training step and a denoising step, in Node or in headless Chromium.
// Every answer is checked before its time counts.
import { Command, InvalidArgumentError } from "commander";
import { SUITES, type SuiteName } from "../bench/result.ts";
import { type BenchReport, runSuites } from "../bench/suites.ts";
import { readBytesIfAny, writeBytes } from "../platform/files.ts";
import { openGpu } from "../platform/node_gpu.ts";
import { runInPage } from "../platform/page_server.ts";
import { ownVersions, versionOf } from "../platform/versions.ts";
import { positiveInteger } from "./console.ts";

interface Options {
  suite: SuiteName[];
  browser?: boolean;
  samples: number;
  json?: string | true;
}

/** The schema of the JSON; see bench/README.md. */
const SCHEMA = 1;

interface HostReport extends BenchReport {
  driver: string;
  versions: Record<string, string>;
}

const JOB = new URL("../../bench/peers/job/", import.meta.url);
const MODULES = new URL("../", import.meta.url);

export const benchCommand = (): Command =>
  new Command("bench")
    .description("Time kernels, a training step and a denoising step; answers are checked first.")
    .option("--suite <names>", `of ${SUITES.join(", ")}, with commas between`, suitesOption, [
      ...SUITES,
    ])
    .option("--browser", "in headless Chromium instead of Node")
    .option("--samples <n>", "of each measurement", positiveInteger, 7)
    .option("--json [file]", "write the results to a file, or print them as one JSON object")
    .action(run);

async function run({ suite: suites, browser, samples, json }: Options): Promise<void> {
  const options = { suites, samples };
  const { adapter, driver, versions, results } = await (browser
    ? inBrowser(options)
    : inNode(options));
  const report = { schema: SCHEMA, adapter: { ...adapter, driver }, versions, results };
  if (typeof json === "string") await writeBytes(json, `${JSON.stringify(report, null, 1)}\n`);
  if (json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${linesOf(report).join("\n")}\n`);
}

type RunOptions = Parameters<typeof runSuites>[0];

async function inNode(options: RunOptions): Promise<HostReport> {
  const { gpu, driver, reason } = await openGpu();
  const report = await runSuites(options, (name) => readBytesIfAny(new URL(name, JOB)), gpu);
  const versions = { ...ownVersions(), webgpu: versionOf("webgpu") };
  return { ...report, driver: `${driver}: ${reason}`, versions };
}

async function inBrowser(options: RunOptions): Promise<HostReport> {
  const { value, version, reason } = await runInPage<BenchReport>({
    modules: MODULES,
    folders: { job: JOB },
    expression: `import("/bench/suites.js")
      .then((it) => it.runSuitesInPage(${JSON.stringify(options)}, "/job/"))`,
  });
  const versions = { ...ownVersions(), chromium: version };
  return { ...value, driver: `chromium: ${reason}`, versions };
}

function linesOf({
  adapter,
  results,
}: Pick<HostReport, "adapter" | "results"> & {
  adapter: { driver: string };
}): string[] {
  const { vendor, architecture, device, description, driver } = adapter;
  const name = description || [vendor, architecture, device].filter(Boolean).join(" ");
  return [
    `${name} (${driver})`,
    ...results.map(({ suite, name, median_ms, mad_ms, min_ms, n }) => {
      const times = `${median_ms.toFixed(1)} ± ${mad_ms.toFixed(1)} ms, least ${min_ms.toFixed(1)}`;
      return `${suite.padEnd(8)} ${name.padEnd(28)} ${times}, n = ${n}`;
    }),
  ];
}

function suitesOption(text: string): SuiteName[] {
  return text.split(",").map((name) => {
    const suite = SUITES.find((known) => known === name);
    if (suite) return suite;
    throw new InvalidArgumentError(`It must be of ${SUITES.join(", ")}.`);
  });
}
