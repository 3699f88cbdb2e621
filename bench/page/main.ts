// The benchmarks of `wgsl-diffusion bench`, by a click, on whatever GPU the browser has; the JSON of
// bench/schema.json to download. Not a second implementation: the suites are those of src/bench.
import packageUrl from "../../package.json?url";
import {
  type BenchResult,
  DEFAULT_SUITES,
  SUITES,
  type SuiteName,
} from "../../src/bench/result.ts";
import { type BenchReport, runSuites } from "../../src/bench/suites.ts";
import batchUrl from "../peers/job/batch.safetensors?url";
import configUrl from "../peers/job/config.json?url";
import weightsUrl from "../peers/job/diffusion_pytorch_model.safetensors?url";
import expectedUrl from "../peers/job/expected.json?url";

const SCHEMA = 1; // as in src/cli/bench.ts

const JOB: Record<string, string> = {
  "batch.safetensors": batchUrl,
  "config.json": configUrl,
  "diffusion_pytorch_model.safetensors": weightsUrl,
  "expected.json": expectedUrl,
};

/** A file of the peer job. */
async function readJob(name: string): Promise<Uint8Array | undefined> {
  const url = JOB[name];
  if (url === undefined) return undefined;
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} #${id}`);
}

const form = element("options", HTMLFormElement);
const suites = element("suites", HTMLDivElement);
const samples = element("samples", HTMLInputElement);
const runButton = element("run", HTMLButtonElement);
const download = element("download", HTMLAnchorElement);
const status = element("status", HTMLParagraphElement);
const results = element("results", HTMLTableElement);

for (const name of SUITES) {
  const box = Object.assign(document.createElement("input"), {
    type: "checkbox",
    name,
    checked: DEFAULT_SUITES.includes(name),
  });
  const label = document.createElement("label");
  label.append(box, ` ${name}`);
  suites.append(label);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void run();
});

async function run(): Promise<void> {
  document.body.dataset.phase = "running";
  runButton.disabled = true;
  download.hidden = true;
  results.tBodies[0]!.replaceChildren();
  try {
    await offer(await runAll());
    document.body.dataset.phase = "done";
  } catch (error) {
    status.textContent = error instanceof Error ? error.message : String(error);
    document.body.dataset.phase = "failed";
  }
  runButton.disabled = false;
}

/** The suites that are ticked, one after the other, so that the table fills as they end. */
async function runAll(): Promise<BenchReport> {
  const boxes = [...suites.querySelectorAll("input")];
  const asked = SUITES.filter((name) => boxes.some((box) => box.checked && box.name === name));
  const all: BenchResult[] = [];
  let adapter: BenchReport["adapter"] = {
    vendor: "",
    architecture: "",
    device: "",
    description: "",
  };
  for (const [i, suite] of asked.entries()) {
    status.textContent = `Running ${suite}, ${i + 1} of ${asked.length}. Leave this page in front.`;
    const report = await runSuite(suite);
    adapter = report.adapter;
    all.push(...report.results);
    for (const result of report.results) addRow(result);
  }
  return { adapter, results: all };
}

const runSuite = (suite: SuiteName): Promise<BenchReport> =>
  runSuites({ suites: [suite], samples: samples.valueAsNumber }, readJob);

function addRow({ suite, name, median_ms, mad_ms, min_ms, n }: BenchResult): void {
  const row = results.tBodies[0]!.insertRow();
  const cells = [
    suite,
    name,
    median_ms.toFixed(2),
    mad_ms.toFixed(2),
    min_ms.toFixed(2),
    String(n),
  ];
  for (const text of cells) row.insertCell().textContent = text;
  results.hidden = false;
}

/** Shows what was measured on, and puts the file behind the link. */
async function offer({ adapter, results }: BenchReport): Promise<void> {
  const { version } = await (await fetch(packageUrl)).json();
  const report = {
    schema: SCHEMA,
    date: new Date().toISOString(),
    commit: null,
    adapter: { ...adapter, driver: "a browser, by a click" },
    versions: { "wgsl-diffusion": String(version), browser: navigator.userAgent },
    flags: [],
    results,
  };
  const name = adapter.description || `${adapter.vendor} ${adapter.architecture}`.trim() || "GPU";
  const blob = new Blob([`${JSON.stringify(report, null, 1)}\n`], { type: "application/json" });
  URL.revokeObjectURL(download.href);
  download.href = URL.createObjectURL(blob);
  download.download = `wgsl-diffusion-${name.replace(/\W+/g, "-").toLowerCase()}.json`;
  download.hidden = false;
  status.textContent = `Done, on ${name}: ${results.length} measurements.`;
}
