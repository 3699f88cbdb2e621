// The page's dev server and build: `npm run bench:page`, `npm run build:bench-page`. Plain files with
// relative addresses: any static host will do.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  server: { fs: { allow: ["../.."] } }, // the library's sources and the job lie beside this folder
  build: { outDir: "dist", emptyOutDir: true, target: "es2022" },
});
