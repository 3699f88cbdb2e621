// The peer table: ours and other engines on one job, in turns, in one headless Chromium.
//
//   node bench/peers/run.mjs [--engines jax-js,tfjs-webgl,tfjs-webgpu:1] [--rounds 3] [--json FILE]
//
// One peer after the other: its first steps, cold; then rounds of ours and the peer in turns. A ratio
// is a peer's time over ours just before it. Every loss must be PyTorch's to 1e-4, first to last, else
// no time of that engine is told.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printTable, reportOf } from "./report.mjs";

const OURS = "wgsl-diffusion";
const PEERS = ["jax-js", "tfjs-webgl", "tfjs-webgpu", "ort-webgpu"];
const PACKAGES = [
  "@jax-js/jax",
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-backend-webgpu",
  "onnxruntime-web",
];
const UNBUNDLED = ["onnxruntime-web"]; // it finds its .wasm beside itself
const TOLERANCE = 1e-4; // relative, of the losses

/** WebGL where there is no GPU, and a page's full speed while another is in front. */
const FLAGS = [
  "--enable-unsafe-swiftshader",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

const here = new URL("./", import.meta.url);
const root = new URL("../../", import.meta.url);
const { values: options } = parseArgs({
  options: {
    engines: { type: "string", default: PEERS.join(",") },
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
  },
});
const peers = asked(options);
requireInstalled();
const { losses_float64: expected } = JSON.parse(
  readFileSync(new URL("job/expected.json", here), "utf8"),
);

const { launchChromium } = await import("../../dist/platform/chromium.js");
const { createServer } = await import("vite");
const server = await serve();
const browser = await launchChromium({ args: FLAGS });
try {
  await main();
} finally {
  await browser.close();
  await server.close();
}

async function main() {
  const ours = await started(OURS);
  if (!ours) return; // started() said why
  const [compared, pairs] = [[ours], []];
  for (const { name, rounds } of peers) {
    const peer = await started(name);
    if (!peer) continue;
    compared.push(peer);
    const trains = await peer.page.evaluate(() => window.peer.trains());
    const kinds = trains ? ["train", "denoise"] : ["denoise"];
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) {
        const [base, time] = [await timed(ours, kind), await timed(peer, kind)];
        pairs.push({ kind, engine: name, base: base.ms, time: time.ms });
      }
    }
    await peer.page.close();
    printTable(await written(compared, pairs));
  }
}

/** An engine after its first, cold steps; undefined where it cannot run or its loss is wrong. */
async function started(name) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`${name}: ${error}`));
  await page.goto(`${server.resolvedUrls.local[0]}page.html?engine=${name}`);
  await page.waitForFunction(() => window.peer !== undefined);
  const engine = { name, page, losses: [], steps: { first: [], train: [], denoise: [] } };
  try {
    const { ms, loss } = await timed(engine, "first");
    console.log(`${name}: first step ${Math.round(ms)} ms, loss ${loss}`);
    await page.evaluate(() => window.peer.denoise());
  } catch (error) {
    console.error(`${name}: ${error.message.split("\n")[0]}`);
    process.exitCode = 1;
    return undefined;
  }
  return agrees(engine) ? engine : undefined;
}

async function timed(engine, kind) {
  await engine.page.bringToFront();
  const step = await engine.page.evaluate((name) => window.peer[name](), kind);
  if (step.loss !== undefined) engine.losses.push(step.loss);
  engine.steps[kind].push(step);
  return step;
}

function agrees({ name, losses }) {
  const known = losses.slice(0, expected.length);
  const wrong = known.findIndex((loss, i) => !(Math.abs(loss / expected[i] - 1) < TOLERANCE));
  if (wrong < 0) return true;
  const values = `loss ${wrong} is ${losses[wrong]}, PyTorch's is ${expected[wrong]}`;
  console.error(`${name}: ${values}: no time of it is told`);
  process.exitCode = 1;
  return false;
}

/** Drops the engines that have come to disagree, and writes what the others took. */
async function written([ours, ...others], pairs) {
  if (!agrees(ours)) throw new Error(`${OURS}: a loss is wrong, nothing can be compared`);
  const engines = [ours, ...others.filter(agrees)];
  const adapter = await ours.page.evaluate(() => window.peer.adapter());
  const report = reportOf({ engines, pairs, baseline: OURS, adapter, versions: await versions() });
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
  return report;
}

async function serve() {
  const started = await createServer({
    root: fileURLToPath(here),
    configFile: false,
    logLevel: "warn",
    appType: "mpa",
    optimizeDeps: {
      noDiscovery: true,
      include: PACKAGES.filter((name) => !UNBUNDLED.includes(name)),
    },
    server: {
      host: "localhost",
      port: 0,
      hmr: false,
      watch: null,
      fs: { allow: [fileURLToPath(root)] },
    },
  });
  await started.listen();
  return started;
}

/** `NAME` or `NAME:ROUNDS`, by commas. */
function asked({ engines, rounds }) {
  return engines.split(",").map((entry) => {
    const [name, own = rounds] = entry.split(":");
    const count = Number(own);
    if (PEERS.includes(name) && Number.isInteger(count) && count > 0)
      return { name, rounds: count };
    console.error(`--engines: ${PEERS.join(", ")}, each with :ROUNDS if need be, got ${entry}`);
    return process.exit(2);
  });
}

function requireInstalled() {
  const missing = [
    ["bench/peers/node_modules", "npm ci --prefix bench/peers"],
    ["dist/index.js", "npm run build"],
  ].filter(([path]) => !existsSync(new URL(path, root)));
  for (const [path, cure] of missing) console.error(`${path} is missing: run \`${cure}\``);
  if (missing.length > 0) process.exit(2);
}

async function versions() {
  const require = createRequire(here);
  const versionOf = (file) => JSON.parse(readFileSync(new URL(file, here), "utf8")).version;
  return {
    [OURS]: require("../../package.json").version,
    ...Object.fromEntries(
      PACKAGES.map((name) => [name, versionOf(`node_modules/${name}/package.json`)]),
    ),
    chromium: await browser.version(),
    node: process.version,
  };
}
