// The documents' code: every block of every document is of a kind that is run here, or, where it needs
// a GPU, by readme.gpu.test.ts. Commands are looked up, for a test cannot run `npm test`.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseState } from "../src/train/training_state.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const listed = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" });
const documents = listed.split("\n").filter((path) => path && existsSync(join(root, path)));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const { scripts, bin } = JSON.parse(read("package.json"));

const blocks = documents.flatMap((path) =>
  [...read(path).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind = "", code = ""], i) => ({
    name: `${path}, block ${i + 1} (${kind || "no kind"})`,
    path,
    kind,
    code,
  })),
);

/** What a command needs is here: a script of package.json, a command of ours, a file of Python. */
function requireCommand(command: string): void {
  const [program = "", ...words] = command.trim().split(/\s+/);
  const ours = (name: string | undefined) => existsSync(join(root, `src/cli/${name}.ts`));
  const python = words.find((word) => word.endsWith(".py"));
  const checks: Record<string, () => boolean> = {
    npm: () =>
      ["ci", "install", ...Object.keys(scripts)].includes(words[words[0] === "run" ? 1 : 0]!),
    node: () => words[0] === bin["wgsl-diffusion"] && ours(words[1]),
    "wgsl-diffusion": () => ours(words[0]),
    torchrun: () => python !== undefined && existsSync(join(root, python)),
    pip: () => true,
  };
  expect(checks[program]?.(), command).toBe(true);
}

const withoutComments = (text: string) => text.replace(/\/\/.*$/gm, "");

const RUN: Record<string, (code: string) => void> = {
  sh: (code) => {
    for (const line of code.split("\n")) {
      for (const command of line.replace(/#.*/, "").split("&&")) {
        if (command.trim()) requireCommand(command);
      }
    }
  },
  jsonc: (code) => {
    const digest = "0".repeat(64);
    const json = JSON.parse(withoutComments(code).replaceAll('"…" }', `"${digest}" }`));
    if (json.hyper_parameters) {
      const state = parseState(new TextEncoder().encode(JSON.stringify(json)), "block");
      expect(state.step).toBe(json.step);
    }
  },
  text: () => {}, // a picture
  ts: () => {}, // by readme.gpu.test.ts, which counts them
};

describe("every code block of every document runs", () => {
  test.each(blocks)("$name", ({ path, kind, code }) => {
    expect(Object.keys(RUN)).toContain(kind);
    if (kind === "ts") expect(path, "readme.gpu.test.ts runs the README's").toBe("README.md");
    RUN[kind]!(code);
  });

  test("commands named in the text exist", () => {
    for (const path of documents) {
      for (const [, script] of read(path).matchAll(/`npm run ([\w:-]+)/g)) {
        expect(Object.keys(scripts), `${path}: npm run ${script}`).toContain(script);
      }
    }
  });
});

describe("links between documents lead somewhere", () => {
  test.each(documents)("%s", (path) => {
    for (const [, target] of read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
      expect(existsSync(join(root, dirname(path), target!)), `${path}: ${target}`).toBe(true);
    }
  });
});
