// Runs the command line as a user does, in a folder.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** @param interruptAt  sends Ctrl-C once stderr matches it */
export function runCommand(cwd: string, args: string[], interruptAt?: RegExp): Promise<Outcome> {
  const env = { WGSL_DIFFUSION_ADAPTER: "swiftshader", ...process.env, CI: "1" };
  const child = spawn(process.execPath, [main, ...args], { cwd, env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
    if (interruptAt?.test(err)) child.kill("SIGINT");
  });
  return new Promise((done) => child.on("close", (code) => done({ code, out, err })));
}

export const lastLine = ({ out }: Outcome) => JSON.parse(out.trimEnd().split("\n").at(-1)!);
