// The demo's dev server and build: `npm run dev`, `npm run build:demo`.
//
// The build is plain files with relative addresses: any static host, at any path, will do.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  server: { fs: { allow: [".."] } }, // the library's sources and the images lie beside this folder
  build: { outDir: "dist", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" },
});
