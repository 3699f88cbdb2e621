// The child of ./node.mjs: an endpoint whose functions are called by messages, one at a time.
//
// The engines look for a browser's navigator.gpu, and are given Dawn's; WGSL_DIFFUSION_ADAPTER says
// which driver's. Sources are TypeScript: Vite loads them.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { openGpu } from "../../../dist/platform/node_gpu.js";

const query = new URLSearchParams(process.argv[2]);
const job = new URL("../job/", import.meta.url);

process.on("disconnect", () => process.exit());
try {
  const { gpu } = await openGpu();
  const navigator = { gpu, userAgent: `Node.js/${process.version}`, hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  acceptSharedMemory(globalThis.GPUQueue.prototype);
  const { peerEndpoint, kernelsEndpoint } = await loaded("endpoint.ts");
  const read = async (path) => {
    const bytes = await readFile(new URL(path, job)).catch(() => undefined);
    return bytes && new Uint8Array(bytes);
  };
  const isKernels = query.get("job") === "kernels";
  answer(isKernels ? kernelsEndpoint() : await peerEndpoint(query.get("engine") ?? "", read));
  process.send({});
} catch (error) {
  process.send({ error: String(error?.stack ?? error) }, () => process.exit(1));
}

function answer(endpoint) {
  process.on("message", async ({ name, args }) => {
    try {
      process.send({ value: await endpoint[name](...args) });
    } catch (error) {
      process.send({ error: String(error?.stack ?? error) });
    }
  });
}

/** Dawn in Node refuses views of a SharedArrayBuffer, which onnxruntime's heap is: it gets copies. */
function acceptSharedMemory(queue) {
  const { writeBuffer } = queue;
  queue.writeBuffer = function (buffer, offset, data, ...range) {
    const bytes = data.buffer ?? data;
    const isShared = bytes instanceof SharedArrayBuffer;
    return writeBuffer.call(this, buffer, offset, isShared ? data.slice() : data, ...range);
  };
}

/** A module of bench/peers; what lies in node_modules is Node's own business. */
async function loaded(file) {
  const server = await createServer({
    root: fileURLToPath(new URL("../", import.meta.url)),
    configFile: false,
    logLevel: "warn",
    appType: "custom",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  });
  return server.ssrLoadModule(`/${file}`);
}
