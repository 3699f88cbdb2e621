// Where the time of the peers' training step goes, on the software adapters: bench/results/software-steps.json
// from `inspect --json`, for the tables of scripts/tables.mjs. `npm run steps`; quiet machines alone.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const COMMAND = ["dist/cli/main.js", "inspect", "--model", "bench/peers/job", "--json"];

const HOSTS = [
  { host: "Node, SwiftShader", adapter: "swiftshader", args: [] },
  { host: "Node, lavapipe", adapter: "lavapipe", args: [] },
  { host: "Chromium, SwiftShader", adapter: "auto", args: ["--browser"] },
];

const steps = HOSTS.map(({ host, adapter, args }) => {
  const report = inspected(adapter, args);
  console.log(host);
  if (args.length > 0) return stepOf(host, report);
  const { kernels } = inspected(adapter, ["--static"]);
  return stepOf(host, report, kernels);
});
const date = new Date().toISOString();
const file = `${root}bench/results/software-steps.json`;
writeFileSync(file, `${JSON.stringify({ schema: 1, date, steps }, null, 1)}\n`);

function inspected(adapter, args) {
  const env = { ...process.env, WGSL_DIFFUSION_ADAPTER: adapter };
  const options = { cwd: root, env, encoding: "utf8", maxBuffer: 2 ** 28 };
  const printed = execFileSync(process.execPath, [...COMMAND, ...args], options);
  return JSON.parse(printed.trim().split("\n").at(-1));
}

/** What the tables need of a report, and of what the kernels' text says where it was read. */
function stepOf(host, report, kernels) {
  const { adapter, versions, parameters, batch, host: times, profile, roofline } = report;
  const { wall_ms, gpu_ms, method, dispatches, runs } = profile;
  const { ceilings, costliest } = roofline;
  const step = { wall_ms, gpu_ms, method, runs, dispatches: dispatches.length, ...times };
  const read = costliest.map((dispatch) => ({ ...dispatch, ...textOf(dispatch, kernels) }));
  return { host, adapter, versions, parameters, batch, ...step, ceilings, costliest: read };
}

/** Operations an access of memory, of the pipeline of that label that has most dispatches. */
function textOf({ label }, kernels = []) {
  const [most] = kernels
    .filter((kernel) => kernel.label === label)
    .sort((a, b) => b.dispatches - a.dispatches);
  if (!most || most.operations.memory === 0) return {};
  const { arithmetic, special, memory } = most.operations;
  return { operations_an_access: (arithmetic + special) / memory };
}
