// Ours and other engines on one job, in turns.
//
//   node bench/peers/run.mjs [--job peer-job|kernels] [--host chromium|node]
//                            [--engines jax-js,tfjs-webgl,tfjs-webgpu:1] [--rounds 3] [--json FILE]
//
// A job (./jobs) opens endpoints (./endpoint.ts) in a host (./hosts) and yields what it has so far. A
// ratio is a peer's time over ours just before it. No time is told of an engine that is wrong.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { openChromium } from "./hosts/chromium.mjs";
import { openNode } from "./hosts/node.mjs";
import { kernelsJob } from "./jobs/kernels.mjs";
import { peerJob } from "./jobs/peer_job.mjs";
import { printTable } from "./report.mjs";

const OURS = "wgsl-diffusion";
const PACKAGES = [
  "@jax-js/jax",
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-backend-webgpu",
  "onnxruntime-web",
];
const PEERS = ["jax-js", "tfjs-webgl", "tfjs-webgpu", "ort-webgpu"];
const JOBS = { "peer-job": peerJob, kernels: kernelsJob };
const HOSTS = { chromium: openChromium, node: openNode };

/** WebGL is a page's, and the single kernels are not written in ONNX. */
const without = { kernels: ["ort-webgpu"], node: ["tfjs-webgl"] };

const here = new URL("./", import.meta.url);
const root = new URL("../../", import.meta.url);
const { values: options } = parseArgs({
  options: {
    job: { type: "string", default: "peer-job" },
    host: { type: "string", default: "chromium" },
    engines: { type: "string" },
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
  },
});
const job = one("job", JOBS);
const openHost = one("host", HOSTS);
const peers = asked(options);
requireInstalled();

const host = await openHost(PACKAGES);
const versions = { ...packageVersions(), ...host.version, node: process.version };
try {
  for await (const found of job(host, OURS, peers)) {
    const report = { schema: 1, date: new Date().toISOString().slice(0, 10), ...found };
    const { adapter, results, ratios, ...head } = report;
    const whole = { ...head, adapter, versions, results, ratios };
    if (options.json) writeFileSync(options.json, `${JSON.stringify(whole, null, 1)}\n`);
    printTable(options.job, whole);
  }
} finally {
  await host.close();
}

function one(option, known) {
  const value = known[options[option]];
  if (value) return value;
  return usage(`--${option}: ${Object.keys(known).join(" or ")}, got ${options[option]}`);
}

/** `NAME` or `NAME:ROUNDS`, by commas. */
function asked({ engines, rounds, job, host }) {
  const missing = [...(without[job] ?? []), ...(without[host] ?? [])];
  const known = PEERS.filter((name) => !missing.includes(name));
  return (engines?.split(",") ?? known).map((entry) => {
    const [name, own = rounds] = entry.split(":");
    const count = Number(own);
    if (known.includes(name) && Number.isInteger(count) && count > 0)
      return { name, rounds: count };
    return usage(`--engines: ${known.join(", ")}, each with :ROUNDS if need be, got ${entry}`);
  });
}

function requireInstalled() {
  const missing = [
    ["bench/peers/node_modules", "npm ci --prefix bench/peers"],
    ["dist/index.js", "npm run build"],
  ].filter(([path]) => !existsSync(new URL(path, root)));
  if (missing.length > 0)
    usage(missing.map(([path, cure]) => `${path} is missing: run \`${cure}\``).join("\n"));
}

function usage(message) {
  console.error(message);
  return process.exit(2);
}

function packageVersions() {
  const require = createRequire(here);
  const versionOf = (file) => JSON.parse(readFileSync(new URL(file, here), "utf8")).version;
  return {
    [OURS]: require("../../package.json").version,
    ...Object.fromEntries(
      PACKAGES.map((name) => [name, versionOf(`node_modules/${name}/package.json`)]),
    ),
  };
}
