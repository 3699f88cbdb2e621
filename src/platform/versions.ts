// Versions, for reports: a number without them cannot be believed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const readVersion = (file: string | URL): string => JSON.parse(readFileSync(file, "utf8")).version;

/** The version of an installed package. */
export const versionOf = (name: string): string =>
  readVersion(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** This package's, Node's and the platform's. */
export const ownVersions = (): Record<string, string> => ({
  "wgsl-diffusion": readVersion(new URL("../../package.json", import.meta.url)),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
});

/** The checkout's commit, with "+" where files differ from it; null outside of a checkout. */
export function commitOf(): string | null {
  const cwd = new URL("../../", import.meta.url);
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    const isChanged = git("status", "--porcelain", "--untracked-files=no").trim() !== "";
    return git("rev-parse", "HEAD").trim() + (isChanged ? "+" : "");
  } catch {
    return null;
  }
}
