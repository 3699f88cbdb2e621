// `bench`: times kernels, training, denoising, memory and start-up, in Node or in headless Chromium.
// Every answer is checked before its time counts. `bench diff` compares two results.
import { Command, InvalidArgumentError } from "commander";
import { type BenchResult, DEFAULT_SUITES, SUITES, type SuiteName } from "../bench/result.ts";
import { type BenchReport, runSuites } from "../bench/suites.ts";
import type { Choices } from "../device/gpu.ts";
import { readBytesIfAny, writeBytes } from "../platform/files.ts";
import { openGpu } from "../platform/node_gpu.ts";
import { runInPage } from "../platform/page_server.ts";
import { commitOf, ownVersions, versionOf } from "../platform/versions.ts";
import { benchDiffCommand } from "./bench_diff.ts";
import { PEERS, runPeers } from "./bench_peers.ts";
import { commandGpu, positiveInteger } from "./console.ts";
import { tunedChoices, tunedOption } from "./tuned.ts";

interface Options {
  suite: (SuiteName | typeof PEERS)[];
  browser?: boolean;
  samples: number;
  tuned?: string | true;
  json?: string | true;
}

/** The schema of the JSON: bench/schema.json. */
const SCHEMA = 1;

const NAMES = [...SUITES, PEERS] as const;

interface HostReport extends BenchReport {
  driver: string;
  flags: readonly string[];
  versions: Record<string, string>;
}

const JOB = new URL("../../bench/peers/job/", import.meta.url);
const MODULES = new URL("../", import.meta.url);

export const benchCommand = (): Command =>
  new Command("bench")
    .description("Time kernels, training and denoising steps, start-up; answers are checked first.")
    .enablePositionalOptions()
    .option("--suite <names>", `of ${NAMES.join(", ")}, with commas between`, suitesOption, [
      ...DEFAULT_SUITES,
    ])
    .option("--browser", "in headless Chromium instead of Node")
    .addOption(tunedOption().conflicts("browser"))
    .option("--samples <n>", "of each measurement", positiveInteger, 7)
    .option("--json [file]", "write the results to a file, or print them as one JSON object")
    .addCommand(benchDiffCommand())
    .action(run);

async function run({ suite, browser, samples, tuned, json }: Options): Promise<void> {
  const own = suite.filter((name) => name !== PEERS);
  if (own.length === 0) return runPeers(json); // it writes the same schema
  const options = { suites: own, samples, choices: await choicesFor(tuned) };
  const host = await (browser ? inBrowser(options) : inNode(options));
  const { adapter, driver, versions, flags, results } = host;
  const report = {
    schema: SCHEMA,
    date: new Date().toISOString(),
    commit: commitOf(),
    adapter: { ...adapter, driver },
    versions,
    flags,
    results,
  };
  if (typeof json === "string") await writeBytes(json, `${JSON.stringify(report, null, 1)}\n`);
  if (json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${linesOf(report).join("\n")}\n`);
}

async function choicesFor(tuned: Options["tuned"]): Promise<Choices> {
  if (!tuned) return {};
  const { gpu } = await commandGpu();
  const choices = await tunedChoices(gpu, tuned);
  gpu.dispose();
  return choices;
}

type RunOptions = Parameters<typeof runSuites>[0];

async function inNode(options: RunOptions): Promise<HostReport> {
  const { gpu, driver, reason, flags } = await openGpu();
  const report = await runSuites(options, (name) => readBytesIfAny(new URL(name, JOB)), gpu);
  const versions = { ...ownVersions(), webgpu: versionOf("webgpu") };
  const all = [...process.execArgv, ...flags];
  return { ...report, driver: `${driver}: ${reason}`, flags: all, versions };
}

async function inBrowser(options: RunOptions): Promise<HostReport> {
  const { value, version, reason, flags } = await runInPage<BenchReport>({
    modules: MODULES,
    folders: { job: JOB },
    expression: `import("/bench/suites.js")
      .then((it) => it.runSuitesInPage(${JSON.stringify(options)}, "/job/"))`,
  });
  const versions = { ...ownVersions(), chromium: version };
  return { ...value, driver: `chromium: ${reason}`, flags, versions };
}

function linesOf({
  adapter,
  results,
}: {
  adapter: HostReport["adapter"] & { driver: string };
  results: readonly BenchResult[];
}): string[] {
  const { vendor, architecture, device, description, driver } = adapter;
  const name = description || [vendor, architecture, device].filter(Boolean).join(" ");
  return [
    `${name} (${driver})`,
    ...results.map(({ suite, name, median_ms, mad_ms, min_ms, n, bytes }) => {
      const times = `${median_ms.toFixed(1)} ± ${mad_ms.toFixed(1)} ms, least ${min_ms.toFixed(1)}`;
      const memory = bytes === undefined ? "" : `, ${(bytes / 2 ** 20).toFixed(2)} MiB`;
      return `${suite.padEnd(8)} ${name.padEnd(28)} ${times}, n = ${n}${memory}`;
    }),
  ];
}

function suitesOption(text: string): Options["suite"] {
  const suites = text.split(",").map((name) => {
    const suite = NAMES.find((known) => known === name);
    if (suite) return suite;
    throw new InvalidArgumentError(`It must be of ${NAMES.join(", ")}.`);
  });
  if (!suites.includes(PEERS) || suites.length === 1) return suites;
  throw new InvalidArgumentError(
    `${PEERS} is run alone: it takes turns with ours in its own page.`,
  );
}
