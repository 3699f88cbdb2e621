// The error of every layer of a whole forward and backward pass against a float64 network, as a table:
//   npm run numerics -- [CONFIG.json] [--batch N] [--json]
// CONFIG.json is a U-Net's; default: the model that `train` makes here. The adapter is that of
// WGSL_DIFFUSION_ADAPTER, else SwiftShader. Exits with 1 where a layer is off by more than rounding.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createServer } from "vite";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const [file] = positionals;
const text = file === undefined ? undefined : readFileSync(file, "utf8");

const server = await createServer({
  root: fileURLToPath(new URL("..", import.meta.url)),
  configFile: false,
  appType: "custom",
  logLevel: "warn",
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
let isRight = false;
try {
  const { numericsTable } = await server.ssrLoadModule("/tests/nn/float64/table.ts");
  const { lines, errors } = await numericsTable({ name: file, text, batch: Number(values.batch) });
  console.log(values.json ? JSON.stringify(errors, null, 2) : lines.join("\n"));
  isRight = errors.every(({ ok }) => ok);
} finally {
  await server.close();
}
process.exit(isRight ? 0 : 1);
