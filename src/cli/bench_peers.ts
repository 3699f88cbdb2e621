// `bench --suite peers`: hands over to bench/peers, which a checkout may have installed.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DeviceError } from "../core/errors.ts";
import { exists } from "../platform/files.ts";

export const PEERS = "peers";

const FOLDER = new URL("../../bench/peers/", import.meta.url);

/**
 * Runs the comparison of engines with all that it prints.
 *
 * @param json  a file for its results; true has no place there, for it prints a table
 * @throws DeviceError bench/no-peers where the other engines are not installed, bench/peers where it
 *         fails
 */
export async function runPeers(json: string | true | undefined, folder = FOLDER): Promise<void> {
  if (!(await exists(fileURLToPath(new URL("node_modules/", folder))))) {
    throw new DeviceError(
      "bench/no-peers",
      "bench: the other engines are not installed: they are no part of this package.",
      "In a checkout run `npm ci --prefix bench/peers && npm run build`, then this again.",
    );
  }
  const script = fileURLToPath(new URL("run.mjs", folder));
  const args = typeof json === "string" ? ["--json", json] : [];
  const child = spawn(process.execPath, [script, ...args], { stdio: "inherit" });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code === 0) return;
  throw new DeviceError(
    "bench/peers",
    `bench: the comparison of engines ended with exit code ${code}.`,
    "What it printed says which engine failed, or was wrong.",
  );
}
