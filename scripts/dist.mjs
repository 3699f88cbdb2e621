// What `npm run build` does to dist/ after tsc.
//
// 1. WGSL gets short names and loses the spaces that no token needs: every page carries it.
// 2. What every page that samples carries of it moves to one module; what training adds, to another.
// 3. dist/doors/ gets the doors for Node, each of package.json's `exports` with what it imports; what
//    doors share is in chunks beside them, packages stay imports. Node takes 0.3 ms a file, and the main
//    door is 250. Bundlers and pages take the modules: they leave out whole files that nothing uses.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { gatherTexts } from "./package/gather.mjs";
import { squeezedModule } from "./package/squeeze.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const generated = join(root, "dist/kernels/generated");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

for (const name of readdirSync(generated).filter((file) => file.endsWith(".js"))) {
  const file = join(generated, name);
  writeFileSync(file, squeezedModule(readFileSync(file, "utf8")));
}

const doors = Object.values(exports).flatMap((door) => door.default ?? []);
await gatherTexts(root, doors);

rmSync(join(root, "dist/doors"), { recursive: true, force: true });
mkdirSync(join(root, "dist/doors"));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: doors,
  outdir: "dist/doors",
  bundle: true,
  splitting: true,
  packages: "external",
  alias: { fflate: "fflate/browser" }, // the same functions, without loading worker_threads
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: ["node:*"],
  chunkNames: "[name]-[hash]",
  write: false,
});
for (const { path, text } of outputFiles) {
  // chunks do nothing but declare: one that is imported for that alone is not needed
  writeFileSync(path, text.replace(/^import "\.\/[\w-]+\.js";\n/gm, ""));
}
