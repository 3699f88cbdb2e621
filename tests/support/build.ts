// Before all tests: `npm run build`, for those that run the command line as a user does.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function setup(): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  for (const args of [[compiler, "-p", "tsconfig.build.json"], ["scripts/dist.mjs"]]) {
    execFileSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  }
}
