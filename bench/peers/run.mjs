// The peer table: ours and other engines on one job, in turns, in one headless Chromium.
//
//   node bench/peers/run.mjs [--engines jax-js,tfjs-webgl,tfjs-webgpu:1] [--rounds 3] [--json FILE]
//
// A peer is checked first: every loss must be PyTorch's to 1e-4, else none of its times is told.
// Then rounds: ours, a peer, ours, the next peer …; a ratio is a peer's time over ours just before.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printTable, reportOf } from "./report.mjs";

const OURS = "wgsl-diffusion";
const PEERS = ["jax-js", "tfjs-webgl", "tfjs-webgpu"];
const PACKAGES = ["@jax-js/jax", "@tensorflow/tfjs", "@tensorflow/tfjs-backend-webgpu"];
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
  const ours = await checked(OURS);
  const others = [];
  for (const { name, rounds } of peers) {
    const peer = await checked(name);
    if (peer) others.push({ peer, rounds });
  }
  if (!ours) return;
  const most = Math.max(0, ...others.map(({ rounds }) => rounds));
  const pairs = [];
  for (let round = 0; round < most; round++) {
    for (const { peer, rounds } of others) {
      if (round >= rounds) continue;
      for (const kind of ["train", "denoise"]) {
        const [base, time] = [await timed(ours, kind), await timed(peer, kind)];
        pairs.push({ kind, engine: peer.name, base: base.ms, time: time.ms });
      }
    }
    printTable(
      await written(
        ours,
        others.map(({ peer }) => peer),
        pairs,
      ),
    );
  }
}

/** Drops the engines that have come to disagree, and writes what the others took. */
async function written(ours, peers, pairs) {
  if (!agrees(ours)) throw new Error(`${OURS}: a loss is wrong, nothing can be compared`);
  const engines = [ours, ...peers.filter(agrees)];
  const adapter = await ours.page.evaluate(() => window.peer.adapter());
  const report = reportOf({ engines, pairs, baseline: OURS, adapter, versions: await versions() });
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
  return report;
}

/** An engine after its first steps; undefined where it cannot run or a loss is wrong. */
async function checked(name) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`${name}: ${error}`));
  await page.goto(`${server.resolvedUrls.local[0]}page.html?engine=${name}`);
  await page.waitForFunction(() => window.peer !== undefined);
  const engine = { name, page, losses: [], steps: { train: [], denoise: [] }, first: undefined };
  try {
    await warm(engine);
  } catch (error) {
    console.error(`${name}: ${error.message.split("\n")[0]}`);
    return dropped(engine);
  }
  console.log(
    `${name}: first step ${Math.round(engine.first.ms)} ms, losses ${engine.losses.join(", ")}`,
  );
  return agrees(engine) ? engine : dropped(engine);
}

async function dropped({ page }) {
  process.exitCode = 1;
  await page.close();
  return undefined;
}

async function warm(engine) {
  engine.first = await engine.page.evaluate(() => window.peer.first());
  engine.losses.push(engine.first.loss);
  await timed(engine, "train");
  await timed(engine, "denoise");
  engine.steps = { train: [], denoise: [] };
}

async function timed(engine, kind) {
  await engine.page.bringToFront();
  const step = await engine.page.evaluate((name) => window.peer[name](), kind);
  if (kind === "train") engine.losses.push(step.loss);
  engine.steps[kind].push(step);
  return step;
}

function agrees({ name, losses }) {
  return losses.slice(0, expected.length).every((loss, i) => {
    const difference = Math.abs(loss / expected[i] - 1);
    if (difference < TOLERANCE) return true;
    console.error(
      `${name}: loss ${i} is ${loss}, PyTorch's is ${expected[i]}: no time of it is told`,
    );
    return false;
  });
}

async function serve() {
  const started = await createServer({
    root: fileURLToPath(here),
    configFile: false,
    logLevel: "warn",
    appType: "mpa",
    optimizeDeps: { noDiscovery: true, include: PACKAGES },
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
