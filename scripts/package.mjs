// What the package must be before anyone installs it, from the tarball that would be published:
// `npm run package`. Each line says what was found; the exit code is 1 where one is wrong.
//
// A new door is one entry in package.json's `exports`: every check here walks them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packed } from "./package/tarball.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const doors = Object.keys(manifest.exports).filter((door) => door !== "./package.json");
const folder = mkdtempSync(join(tmpdir(), "wgsl-diffusion-package-"));

/** Runs a program of node_modules/.bin. @returns what it printed */
const tool = (name, ...args) =>
  execFileSync(join(root, "node_modules/.bin", name), args, { cwd: root, encoding: "utf8" });

/** Every file that is published; nothing but what was compiled, the shaders, data and documents. */
function contents() {
  const { files } = packed(root, folder);
  const allowed = /^(dist|shaders|data)\/|^(package\.json|LICENSE|[A-Z-]+\.md)$/;
  const strange = files.filter(({ path }) => !allowed.test(path) || /\.(test|map)\b/.test(path));
  if (strange.length > 0) throw new Error(strange.map(({ path }) => path).join(", "));
  return `${files.length} files`;
}

/** In bare Node: under 50 ms a door, no global added or changed. */
function imports() {
  const lines = doors.map((door) => {
    const file = join(root, manifest.exports[door].node);
    const script = join(root, "scripts/package/import_door.mjs");
    const told = execFileSync(process.execPath, [script, file], { encoding: "utf8" });
    return `${door} ${told.trim()}`;
  });
  return lines.join(", ");
}

function scripts() {
  const { dependencies, scripts: own } = manifest;
  const install = ["preinstall", "install", "postinstall"].filter((name) => own[name]);
  if (install.length > 0) throw new Error(`runs at install: ${install}`);
  return `none at install; ${Object.keys(dependencies).length} runtime dependencies`;
}

const CHECKS = {
  contents,
  "install scripts": scripts,
  imports,
  publint: () => tool("publint", "run", "--strict", ".").split("\n").at(-2) || "no complaint",
  attw: () => {
    tool("attw", join(folder, `${manifest.name}-${manifest.version}.tgz`), "--profile", "esm-only");
    return "types resolve in Node and in bundlers";
  },
  knip: () => tool("knip", "--no-progress") || "nothing unused, nothing unlisted",
  sizes: () =>
    JSON.parse(tool("size-limit", "--json"))
      .map(({ name, size }) => `${name} ${(size / 1000).toFixed(1)} kB`)
      .join("; "),
};

let isWell = true;
for (const [name, check] of Object.entries(CHECKS)) {
  const started = performance.now();
  try {
    const found = check();
    console.log(`${name}: ${found} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    isWell = false;
    console.error(`${name}: FAILED\n${error.stdout ?? ""}${error.stderr ?? ""}${error.message}`);
  }
}
rmSync(folder, { recursive: true });
process.exitCode = isWell ? 0 : 1;
