// A Python with PyTorch, diffusers and accelerate of one version each, made once in a cache folder.
//
// WGSL_DIFFUSION_PYTHON names an interpreter that has them already. Nothing of it is needed by the
// package or its tests.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const PACKAGES = [
  "torch==2.15.0",
  "diffusers==0.42.1",
  "accelerate==1.15.0",
  "safetensors==0.8.0",
  "numpy==2.4.6",
];
const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");

/** Path of the interpreter; made at the first call, which fetches about 1 GB. */
export function pythonWithDiffusers() {
  const given = process.env.WGSL_DIFFUSION_PYTHON;
  if (given) return given;
  const folder = join(CACHE, "wgsl-diffusion", "interchange");
  const python = join(folder, "bin", "python");
  const done = join(folder, "packages.txt");
  if (existsSync(done)) return python;
  mkdirSync(folder, { recursive: true });
  const run = (file, args) => execFileSync(file, args, { stdio: ["ignore", "inherit", "inherit"] });
  run("python3", ["-m", "venv", folder]);
  run(python, ["-m", "pip", "install", "--disable-pip-version-check", ...PACKAGES]);
  writeFileSync(done, `${PACKAGES.join("\n")}\n`);
  return python;
}
