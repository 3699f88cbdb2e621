// The job on which engines are compared: one training step and one denoising step, answers first.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import {
  DiffusionModel,
  nodeGpu,
  readBytesIfAny,
  readSafetensors,
  sample,
  Trainer,
  toFloat32,
  toNumbers,
} from "../dist/node.js";

const { values: options } = parseArgs({
  options: {
    steps: { type: "string", default: "8" },
    json: { type: "string" },
    profile: { type: "boolean", default: false },
  },
});

const TOLERANCE = 1e-4; // relative, of the losses
const job = new URL("peers/job/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", job), "utf8"));
const count = Number(options.steps);

const gpu = await nodeGpu();
const model = await DiffusionModel.load(gpu, (path) => readBytesIfAny(new URL(path, job)), "job");
const batch = readSafetensors(
  new Uint8Array(readFileSync(new URL("batch.safetensors", job))),
  "batch",
);
const floats = (name) => toFloat32(batch.tensors.get(name), name);
const given = {
  x0: floats("x0"),
  noise: floats("noise"),
  timestep: toNumbers(batch.tensors.get("timestep"), "timestep"),
};

const results = [];
const shape = batch.tensors.get("x0").shape;
const batches = Array.from({ length: count + 1 }, () => given);
const compiling = performance.now();
const trainer = await Trainer.create(
  model,
  { batches, shape },
  {
    learningRate: 2e-4,
    clip: 0,
    ema: 0,
    emaWarmup: false,
  },
);
const losses = [];
const times = [];
let last = performance.now();
for (let i = 0; i <= count; i++) {
  for await (const { loss } of trainer.run({ steps: 1 })) losses.push(loss);
  const now = performance.now();
  times.push(now - last);
  if (i === 0) results.push(timing("peer-job/first-train-step", [now - compiling], checkLosses()));
  last = now;
}
results.push(timing("peer-job/train", times.slice(1), checkLosses()));

const denoising = [];
last = performance.now();
for await (const frame of sample(model, { count: 8, steps: count + 1, sampler: "ddpm" })) {
  const now = performance.now();
  if (frame.step > 1) denoising.push(now - last);
  last = now;
}
results.push(timing("peer-job/denoise", denoising, {}));

const { version } = createRequire(import.meta.url)("../package.json");
const report = {
  schema: 1,
  adapter: { description: gpu.info.description, architecture: gpu.info.architecture },
  versions: { "wgsl-diffusion": version, node: process.version },
  plan: trainer.report,
  results,
};
for (const { name, median_ms, mad_ms, n } of results) {
  console.log(`${name}: ${median_ms.toFixed(0)} ms ± ${mad_ms.toFixed(0)}, n = ${n}`);
}
if (options.profile) await printProfile();
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
process.exit(0);

function checkLosses() {
  losses.forEach((loss, i) => {
    const golden = expected.losses_float64[i];
    if (golden === undefined || Math.abs(loss / golden - 1) < TOLERANCE) return;
    console.error(`wrong: loss ${i} is ${loss}, PyTorch's is ${golden}; no time is reported`);
    process.exit(1);
  });
  return { losses: losses.slice(0, 8) };
}

function timing(name, values, check) {
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const median_ms = median(values);
  return {
    suite: "peers",
    name,
    engine: "wgsl-diffusion",
    median_ms,
    mad_ms: median(values.map((ms) => Math.abs(ms - median_ms))),
    min_ms: Math.min(...values),
    n: values.length,
    check,
  };
}

async function printProfile() {
  const ns = await trainer.program.profile();
  const byLabel = new Map();
  trainer.program.dispatches.forEach(({ label, flops }, i) => {
    const row = byLabel.get(label) ?? { ms: 0, flops: 0, n: 0 };
    byLabel.set(label, { ms: row.ms + ns[i] / 1e6, flops: row.flops + flops, n: row.n + 1 });
  });
  const rows = [...byLabel].sort(([, a], [, b]) => b.ms - a.ms);
  for (const [label, { ms, flops, n }] of rows.slice(0, 20)) {
    console.log(
      `${label.padEnd(36)} ${ms.toFixed(1)} ms in ${n}, ${(flops / ms / 1e6).toFixed(1)} GFLOP/s`,
    );
  }
}
