// What a page carries of the package: `npm run package`. Readers that come when they are asked for
// (archives) are counted where they are reached; those of parquet are not. Where they are not, esbuild must
// be told so, for without splitting it makes room for them.
const ARCHIVES = "*/zip_files.js";
const modifyEsbuildConfig = (config) => ({ ...config, format: "esm" });

export default [
  {
    name: "sample a model",
    path: "dist/index.js",
    import: "{ DiffusionModel, Gpu, sample }",
    limit: "60 kB",
    ignore: [ARCHIVES],
  },
  {
    name: "train and sample",
    path: "dist/index.js",
    import: "{ DiffusionModel, Gpu, presetFor, sample, Trainer }",
    limit: "107 kB",
    ignore: [ARCHIVES],
  },
  {
    name: "the page's part of a worker's client",
    path: "dist/worker.js",
    import: "{ createWorkerClient }",
    limit: "12 kB",
  },
  { name: "the worker's script", path: "dist/worker_script.js", limit: "136 kB" },
  { name: "the element", path: "dist/element.js", limit: "72 kB" },
  {
    name: "all of the main door, without parquet",
    path: "dist/index.js",
    import: "*",
    limit: "165 kB",
    ignore: ["hyparquet", "hyparquet-compressors"],
  },
].map((one) => ({ ...one, gzip: true, modifyEsbuildConfig }));
