// In bare Node every door can be imported; the GPU, where the package `webgpu` is there.
import { readFileSync } from "node:fs";

const manifest = new URL("node_modules/wgsl-diffusion/package.json", import.meta.url);
const { exports } = JSON.parse(readFileSync(manifest, "utf8"));
for (const door of Object.keys(exports)) {
  if (door.endsWith(".json")) continue;
  const names = Object.keys(await import(`wgsl-diffusion${door.slice(1)}`));
  if (names.length === 0 && door !== "./element") throw new Error(`${door} exports nothing`);
}
const { nodeGpu } = await import("wgsl-diffusion/node");
const code = await nodeGpu().then(
  () => "a device",
  (error) => error.code,
);
if (!code) throw new Error("an error without a code");
console.log(`doors: ${Object.keys(exports).length - 1}; without webgpu: ${code}`);
process.exit(0);
