// Every command's help can be printed: defaults of any type too.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const COMMANDS = [
  ...["train", "sample", "evaluate", "forward", "gradients"],
  ...["export", "plan", "inspect", "tune", "bench", "doctor"],
];

test("each command prints its help, and those with a seed its default", async () => {
  const helps = await Promise.all(
    COMMANDS.map(async (command) => {
      const { stdout } = await promisify(execFile)(process.execPath, [main, command, "--help"]);
      return stdout;
    }),
  );
  for (const [i, help] of helps.entries()) {
    expect(help).toContain(`Usage: wgsl-diffusion ${COMMANDS[i]} [options]`);
    if (help.includes("--seed <n>")) expect(help).toMatch(/--seed <n>.{0,200}?\(default: 0\)/s);
  }
});
