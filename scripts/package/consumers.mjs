// Who builds with the package, and how it is seen that they can.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { servedTitle, titleAt } from "./browser.mjs";

/** For bundlers that do not find the package's worker: the page, and the worker's own entry. */
const OWN_WORKER = { main: "main_own_worker.js", own_worker: "own_worker.js" };

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** @returns each consumer's name, and what checks it and says what it saw */
export function consumers(folder) {
  const require = createRequire(join(folder, "package.json"));
  const load = async (name) => {
    const found = await import(require.resolve(name));
    return found.default?.build || typeof found.default === "function" ? found.default : found;
  };
  /** A built page: index.html beside main.js. */
  const opened = (out) => {
    mkdirSync(join(folder, out), { recursive: true });
    copyFileSync(join(folder, "index.html"), join(folder, out, "index.html"));
    return servedTitle(join(folder, out), "index.html");
  };
  const types = (version) => async () => {
    for (const skipLibCheck of [true, false]) {
      if (!skipLibCheck && version !== "5.9") continue; // @webgpu/types itself fails 6 and 7 there
      const given = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext"];
      const other = ["--lib", "es2023,dom,dom.asynciterable", "--types", "@webgpu/types"];
      const last = ["--skipLibCheck", String(skipLibCheck), "types.ts"];
      const compiler = join(folder, "node_modules", `typescript-${version}`, "bin/tsc");
      await run(process.execPath, [compiler, ...given, ...other, ...last], { cwd: folder });
    }
    return version === "5.9" ? "no errors, with skipLibCheck and without" : "no errors";
  };
  return [
    {
      name: "bare Node",
      check: async () => (await run(process.execPath, ["node.mjs"], { cwd: folder })).stdout.trim(),
    },
    { name: "one HTML file", check: () => servedTitle(folder, "page.html") },
    {
      name: "Vite dev",
      check: async () => {
        const { createServer } = await import(join(folder, "node_modules/vite/dist/node/index.js"));
        const server = await createServer({ root: folder, logLevel: "error", configFile: false });
        await server.listen();
        try {
          return await titleAt(`${server.resolvedUrls.local[0]}index.html`);
        } finally {
          await server.close();
        }
      },
    },
    {
      name: "Vite build",
      check: async () => {
        const { build } = await import(join(folder, "node_modules/vite/dist/node/index.js"));
        const outDir = join(folder, "out-vite");
        await build({
          root: folder,
          base: "./",
          configFile: false,
          logLevel: "error",
          build: { outDir },
        });
        return servedTitle(outDir, "index.html");
      },
    },
    {
      name: "esbuild",
      check: async () => {
        const { build } = await load("esbuild");
        await build({
          absWorkingDir: folder,
          entryPoints: OWN_WORKER,
          bundle: true,
          format: "esm",
          splitting: true,
          outdir: "out-esbuild",
        });
        return opened("out-esbuild");
      },
    },
    {
      name: "rollup",
      check: async () => {
        const { rollup } = await import(join(folder, "node_modules/rollup/dist/es/rollup.js"));
        const { nodeResolve } = await import(
          join(folder, "node_modules/@rollup/plugin-node-resolve/dist/es/index.js")
        );
        const bundle = await rollup({
          input: Object.fromEntries(
            Object.entries(OWN_WORKER).map(([name, file]) => [name, join(folder, file)]),
          ),
          plugins: [nodeResolve({ browser: true })],
        });
        await bundle.write({ dir: join(folder, "out-rollup"), format: "es" });
        return opened("out-rollup");
      },
    },
    {
      name: "webpack",
      check: async () => {
        const webpack = require("webpack");
        const output = { path: join(folder, "out-webpack"), filename: "main.js" };
        const compiler = webpack({
          mode: "production",
          context: folder,
          entry: "./main.js",
          output,
        });
        const stats = await promisify(compiler.run.bind(compiler))();
        if (stats.hasErrors()) throw new Error(stats.toString("errors-only"));
        return opened("out-webpack");
      },
    },
    {
      name: "Next, on the server",
      check: async () => {
        const next = join(folder, "node_modules/next/dist/bin/next");
        const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
        writeFileSync(join(folder, "next.config.mjs"), "export default {};\n");
        await run(process.execPath, [next, "build"], { cwd: folder, env });
        const html = readFileSync(join(folder, ".next/server/app/index.html"), "utf8");
        const found = /<p>(.*?)<\/p>/.exec(html)?.[1]?.replace(/<!--.*?-->/g, "");
        if (!/^\d+ samplers$/.test(found ?? "")) throw new Error(`the page says ${found}`);
        return found;
      },
    },
    ...["5.9", "6", "7"].map((version) => ({
      name: `TypeScript ${version}`,
      check: types(version),
    })),
    {
      name: "npm audit, runtime parts",
      check: async () => {
        const args = ["audit", "--omit=dev", "--json"];
        const { stdout } = await run("npm", args, { cwd: root }).catch((failed) => failed);
        const { metadata, message } = JSON.parse(stdout);
        if (!metadata) return `not checked: ${message}`; // a mirror without advisories
        const { total } = metadata.vulnerabilities;
        if (total > 0) throw new Error(stdout);
        return "none known";
      },
    },
  ];
}
