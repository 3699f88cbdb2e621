// Runs every kernel's record on every WebGPU implementation that this machine has, and writes the
// table of the README and bench/results/conformance.json: `npm run conformance`.
//
// Names limit it to those, the others' results stay: `npm run conformance -- swiftshader deno`; `barriers`
// is the mutation test. Exits with 1 where a kernel is wrong. Deno is not a dependency: it is taken
// from DENO, from `npm install --prefix tests/conformance`, or from the PATH.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createServer } from "vite";
import { barrierTable, between, conformanceTable } from "./conformance_tables.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const RESULTS = join(root, "bench/results/conformance.json");
const LAVAPIPE = "/usr/share/vulkan/icd.d/lvp_icd";

/** By name: a title, and how to run it. */
const IMPLEMENTATIONS = {
  swiftshader: { title: "Dawn, SwiftShader, Node", run: inNode("swiftshader") },
  chromium: { title: "Dawn, SwiftShader, Chromium", run: inChromium },
  lavapipe: { title: "Dawn, lavapipe, Node", run: inNode("lavapipe") },
  deno: { title: "wgpu and naga, lavapipe, Deno", run: inDeno },
};

function inNode(driver) {
  return async (load) => (await load("node")).conformInNode(driver);
}

async function inChromium(load) {
  return (await load("chromium")).conformInChromium();
}

async function inDeno() {
  const icd = [".json", ".x86_64.json", ".aarch64.json"]
    .map((end) => LAVAPIPE + end)
    .find((file) => existsSync(file));
  const env = { ...process.env, ...(icd && { VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd }) };
  const file = join(root, "tests/conformance/deno.ts");
  const options = { env, maxBuffer: 2 ** 26 };
  const flags = ["run", "--allow-all", "--no-check", "--no-config", file];
  const { stdout } = await promisify(execFile)(denoBinary(), flags, options);
  return JSON.parse(stdout);
}

function denoBinary() {
  const folder = join(root, "tests/conformance/node_modules");
  const own = [`@deno/${process.platform}-${process.arch}-glibc/deno`, ".bin/deno"];
  const installed = own.map((name) => join(folder, name)).find((path) => existsSync(path));
  return process.env.DENO ?? installed ?? "deno";
}

async function main(names) {
  const server = await createServer({
    root,
    configFile: false,
    appType: "custom",
    logLevel: "warn",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  });
  const load = (name) => server.ssrLoadModule(`/tests/conformance/${name}.ts`);
  const wants = (name) => names.length === 0 || names.includes(name);
  const results = existsSync(RESULTS)
    ? JSON.parse(readFileSync(RESULTS, "utf8"))
    : { schema: 1, implementations: {}, barriers: [] };
  const date = new Date().toISOString().slice(0, 10);

  for (const [name, { title, run }] of Object.entries(IMPLEMENTATIONS).filter(([n]) => wants(n))) {
    try {
      const result = await run(load);
      results.implementations[name] = { title, date, ...result };
      const faults = [...result.faults, ...result.families.flatMap(({ faults }) => faults)];
      console.log(`${title}: ${faults.length} faults in ${result.seconds} s`);
      for (const fault of faults) console.log(`  ${fault}`);
      if (faults.length > 0) process.exitCode = 1;
    } catch (cause) {
      console.log(`${title}: not run: ${cause.message.split("\n")[0]}`);
    }
    write(results);
  }
  if (wants("barriers")) {
    results.barriers = await (await load("node")).mutateBarriers();
    if (results.barriers.some(({ caughtBy }) => caughtBy === "nothing")) process.exitCode = 1;
    write(results);
  }
  await server.close();
}

function write(results) {
  mkdirSync(join(root, "bench/results"), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  const tables = [
    ["README.md", "conformance", conformanceTable(results)],
    ["tests/README.md", "barriers", barrierTable(results)],
  ];
  for (const [file, marker, table] of tables) {
    const path = join(root, file);
    writeFileSync(path, between(readFileSync(path, "utf8"), marker, table));
  }
}

await main(process.argv.slice(2));
process.exit(); // Dawn would hold the process
