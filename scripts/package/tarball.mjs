// The package as it would be published, in a folder.
import { execFileSync } from "node:child_process";

/** @returns npm's account: `filename`, `size` and `files` [{ path, size }] */
export function packed(root, folder) {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const told = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" }));
  return Array.isArray(told) ? told[0] : Object.values(told)[0];
}
