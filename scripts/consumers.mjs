// The package as others use it: `npm run consumers`. The tarball is installed in a new folder outside
// this one, beside the bundlers of tests/consumers/package.json, and each builds the same page, which
// is then opened in headless Chromium and samples, on its own device and in a worker. TypeScript 5.9,
// 6 and 7 check a program against the types. Needs a registry; takes some minutes. Names limit it:
// `npm run consumers -- webpack`.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { consumers } from "./package/consumers.mjs";
import { packed } from "./package/tarball.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wgsl-diffusion-consumers-"));
const asked = process.argv.slice(2);
const run = promisify(execFile);

const { filename } = packed(root, folder);
cpSync(join(root, "tests/consumers"), folder, { recursive: true });
await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder });
const tarball = join(folder, filename);
await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", tarball], {
  cwd: folder,
});

let isWell = true;
for (const { name, check } of consumers(folder)) {
  if (asked.length > 0 && !asked.some((word) => name.includes(word))) continue;
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  try {
    console.log(`${name}: ${await check()} (${seconds()} s)`);
  } catch (error) {
    isWell = false;
    console.error(
      `${name}: FAILED (${seconds()} s)\n${error.stdout ?? ""}${error.stderr ?? ""}${error}`,
    );
  }
}
rmSync(folder, { recursive: true, force: true });
process.exit(isWell ? 0 : 1);
