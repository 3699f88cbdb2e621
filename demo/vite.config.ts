// The demo's dev server and build: `npm run demo`, `npm run build:demo`.
//
// The build is plain files with relative addresses: any static host, at any path, will do.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { PAGES, shell } from "./shell.ts";

const input = PAGES.map(({ folder }) =>
  fileURLToPath(new URL(`./${folder}index.html`, import.meta.url)),
);

export default defineConfig({
  base: "./",
  plugins: [shell()],
  server: { fs: { allow: [".."] } }, // the library's sources and the images lie beside this folder
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", rolldownOptions: { input } },
  worker: { format: "es" },
});
