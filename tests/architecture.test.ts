import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A file imports only from a strictly lower rank, or from its own folder. */
const RANK: Record<string, number> = {
  core: 0,
  formats: 1,
  platform: 1, // where Node finds a GPU, a browser and files
  device: 2,
  graph: 3,
  kernels: 4,
  autograd: 5,
  nn: 6,
  diffusion: 6,
  optim: 6,
  evaluate: 7,
  samplers: 7,
  train: 7,
  inspect: 7,
  bench: 8,
  data: 8,
  cli: 9,
  element: 9,
  worker: 9,
  "": 10, // the doors: index.ts, node.ts, worker.ts, element.ts
};

const filesIn = (folder: string, extension: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name));

/** What people write: neither bindings nor the self-test's answers, which are written by tests/inspect. */
const sources = filesIn("src", ".ts").filter((file) => !/generated|self_test_answers/.test(file));
const shaders = filesIn("shaders", ".wgsl");
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** The folder of src a file lies in. */
const folderOf = (file: string) => {
  const [first = "", ...rest] = relative("src", file).split("/");
  return rest.length > 0 ? first : "";
};

const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path]) =>
    join(dirname(file), path!),
  );

describe("folders have ranks [a file imports only from lower ones, or its own]", () => {
  test.each(sources)("%s", (file) => {
    const from = folderOf(file);
    expect(RANK[from], `${from} has no rank`).toBeDefined();
    for (const target of importsOf(file)) {
      const to = folderOf(target);
      const isAllowed = to === from || RANK[to]! < RANK[from]!;
      expect(isAllowed, `${file} imports ${target}: ${from} may not use ${to}`).toBe(true);
    }
  });
});

describe("files are small", () => {
  test.each(sources)("%s has at most 400 lines", (file) => {
    expect(read(file).split("\n").length).toBeLessThanOrEqual(400);
  });

  test("half of them have at most 130 lines", () => {
    const lengths = sources.map((file) => read(file).split("\n").length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(130);
  });

  test.each(sources)("%s opens with what it is", (file) => {
    expect(read(file).replace(/^#!.*\n/, "")).toMatch(/^\/\/ \S/);
  });
});

describe("a kernel family has one name", () => {
  const stem = (file: string) => /([^/]+)\.wgsl$/.exec(file)![1]!;

  test.each(shaders)("%s has the header every shader has", (file) => {
    const header = read(file).split("\n\n")[0] + read(file).slice(0, 3000);
    expect(header).toMatch(new RegExp(`^// ${stem(file)}\\.wgsl — `));
    for (const field of ["source", "shapes", "dispatch", "numerics", "launcher"]) {
      expect(header, `${file} does not say its ${field}`).toMatch(new RegExp(`//\\s+${field}\\s`));
    }
  });

  test.each(shaders)("%s names its launcher and its oracle", (file) => {
    const existing = [...filesIn("src/kernels", ".ts"), ...filesIn("tests", ".ts")];
    const named = (pattern: RegExp) => [...read(file).matchAll(pattern)].map(([path]) => path);
    const launchers = named(/src\/kernels\/\w+\.ts/g);
    const oracles = named(/tests\/reference\/\w+\.ts/g);
    expect(launchers.length, "names no launcher").toBeGreaterThan(0);
    expect(oracles.length, "names no oracle").toBeGreaterThan(0);
    for (const path of [...launchers, ...oracles]) expect(existing).toContain(path);
  });
});

describe("packages", () => {
  const FORMATS = ["fast-png", "fflate", "hyparquet", "hyparquet-compressors"];
  const core = sources.filter((file) => !["cli", "platform"].includes(folderOf(file)));
  const allowed = (file: string) => (folderOf(file) === "formats" ? FORMATS : []);

  test.each(core)("%s needs no package that a page would have to carry", (file) => {
    const packages = [...read(file).matchAll(/(?:from|import\()\s*"([^."][^"]*)"/g)]
      .map(([, name]) => name!)
      .filter((name) => !allowed(file).includes(name));
    expect(packages.filter((name) => file !== "src/node.ts" || !name.startsWith("node:"))).toEqual(
      [],
    );
  });

  test("versions are pinned", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json"));
    for (const version of Object.values({ ...dependencies, ...devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});
