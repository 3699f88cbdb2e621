// `inspect`: where the time and the memory of a training step go, kernel by kernel, in Node or in
// headless Chromium. What is printed is made in ./inspect_tables.ts.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { type NumericsReport, numericsReport } from "../bench/numerics_report.ts";
import type { Described, PageSource } from "../bench/page_jobs.ts";
import {
  type StepOptions,
  type StepReport,
  type StepSource,
  stepModel,
  stepReport,
  stepTrainer,
} from "../bench/step_report.ts";
import type { Gpu } from "../device/gpu.ts";
import { graphviz } from "../inspect/graph_dump.ts";
import { memoryMapSvg } from "../inspect/memory_map.ts";
import { rooflineSvg } from "../inspect/roofline.ts";
import { chromeTrace } from "../inspect/trace.ts";
import { readBytes, writeBytes } from "../platform/files.ts";
import { runInPage } from "../platform/page_server.ts";
import { ownVersions } from "../platform/versions.ts";
import { commandGpu, positiveInteger, printResult } from "./console.ts";
import { openFolder, readShader } from "./inputs.ts";
import { reportLines } from "./inspect_tables.ts";
import { numericsLines, requireRight } from "./numerics_tables.ts";
import { staticLines, staticView } from "./static_view.ts";

interface Options {
  model?: string;
  config?: string;
  batch: number;
  runs: number;
  browser?: boolean;
  timestamps: boolean;
  numerics?: boolean;
  static?: boolean;
  replace?: string;
  trace?: string;
  memoryMap?: string;
  roofline?: string;
  dumpGraph?: string;
  json?: boolean;
}

export const inspectCommand = (): Command =>
  new Command("inspect")
    .description("Profile a training step: time, work and memory, kernel by kernel.")
    .option("--model <dir>", "model folder")
    .option("--config <file>", "config.json of a U-Net instead; default: that of train")
    .option("--batch <n>", "images a step", positiveInteger, 8)
    .option("--runs <n>", "of which medians are taken", positiveInteger, 5)
    .option("--browser", "in headless Chromium instead of Node")
    .option("--no-timestamps", "time submissions, as where there are no timestamps")
    .option("--numerics", "instead of times: errors of layers, histograms, what is not finite")
    .option("--static", "instead of times: what each kernel's text says, beside the graph's counts")
    .option("--replace <file>", "a shader's WGSL: tested, timed against its own, and used")
    .option("--trace <file>", "write a Chrome trace: opens in Perfetto")
    .option("--memory-map <file>", "write the memory plan as SVG")
    .option("--roofline <file>", "write the kernels under the device's ceilings as SVG")
    .option("--dump-graph <file>", "write the step's dispatches: Graphviz if FILE.dot, else JSON")
    .option("--json", "print one JSON object")
    .action(run);

async function run(options: Options): Promise<void> {
  if (options.numerics) return runNumerics(options);
  if (options.static) return runStatic(options);
  const { batch, runs, timestamps, replace } = options;
  const method = timestamps ? {} : { method: "submissions" as const };
  const replacement = replace === undefined ? {} : { replacement: await readShader(replace) };
  const asked: StepOptions = { batch, runs, ...method, ...replacement };
  const report = await inPlace<StepReport>(options, {
    node: (gpu, source) => stepReport(gpu, source, asked),
    page: (source) => `it.stepReportInPage(${JSON.stringify(source)}, ${JSON.stringify(asked)})`,
  });
  await writeFiles(options, report);
  const { description: adapter, graph, ...rest } = report;
  const result = { adapter, versions: ownVersions(), ...rest };
  printResult(options.json, result, reportLines(result));
}

async function runNumerics(options: Options): Promise<void> {
  const { batch } = options;
  const { description: adapter, ...rest } = await inPlace<NumericsReport>(options, {
    node: (gpu, source) => numericsReport(gpu, source, { batch }),
    page: (source) => `it.numericsReportInPage(${JSON.stringify(source)}, { batch: ${batch} })`,
  });
  const result = { adapter, versions: ownVersions(), ...rest };
  printResult(options.json, result, numericsLines(result));
  requireRight(result);
}

/** Needs Node: what reads WGSL is no part of the package. */
async function runStatic(options: Options): Promise<void> {
  const { gpu, description: adapter } = await commandGpu();
  const model = await stepModel(gpu, await sourceOf(options));
  const { program } = await stepTrainer(model, options.batch);
  const kernels = await staticView(program.dispatches);
  const result = { adapter, versions: ownVersions(), batch: options.batch, kernels };
  printResult(options.json, result, staticLines(kernels));
}

const MODULES = new URL("../", import.meta.url);

/** A job in this process, or as an expression on src/bench/page_jobs.ts, `it`, in a page. */
interface Job<T> {
  node(gpu: Gpu, source: StepSource): Promise<T>;
  page(source: PageSource): string;
}

async function inPlace<T>(options: Options, { node, page }: Job<T>): Promise<T & Described> {
  const source = await sourceOf(options);
  if (!options.browser) {
    const { gpu, description } = await commandGpu();
    return { description, ...(await node(gpu, source)) };
  }
  const { model: name } = options;
  const folder = name === undefined ? undefined : { name, address: "/model/" };
  const { value, version, reason } = await runInPage<T & Described>({
    modules: MODULES,
    folders: name === undefined ? {} : { model: pathToFileURL(`${resolve(name)}/`) },
    expression: `import("/bench/page_jobs.js").then((it) => ${page({ config: source.config, folder })})`,
  });
  return { ...value, description: `${value.description} (${version}, ${reason})` };
}

async function sourceOf({ model, config }: Options): Promise<StepSource> {
  if (model !== undefined) return { folder: { name: model, read: await openFolder(model) } };
  if (config === undefined) return {};
  return { config: { name: config, text: new TextDecoder().decode(await readBytes(config)) } };
}

/** Writes those files that were asked for. */
async function writeFiles(options: Options, report: StepReport & Described): Promise<void> {
  const { profile, memory, host, graph, description, batch } = report;
  const title = `a training step, batch ${batch}, on ${description}`;
  const makers = {
    trace: () => chromeTrace(profile, memory, host),
    memoryMap: () => memoryMapSvg(memory),
    roofline: () => rooflineSvg(report.roofline, title),
    dumpGraph: (file: string) => (file.endsWith(".dot") ? graphviz(graph) : JSON.stringify(graph)),
  };
  for (const [name, make] of Object.entries(makers)) {
    const file = options[name as keyof typeof makers];
    if (file !== undefined) await writeBytes(file, make(file));
  }
}
