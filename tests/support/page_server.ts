// A page server for tests that need a browser: vite, so that pages import the TypeScript sources.
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer, type Plugin } from "vite";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Serves a folder on a free port of localhost; its pages may import any file of the repository.
 *
 * @param plugins  of vite: the demo's pages have one
 */
export async function servePage(
  root: string,
  plugins: Plugin[] = [],
): Promise<{ url: string; close(): Promise<void> }> {
  const cacheDir = await mkdtemp(join(tmpdir(), "wgsl-diffusion-vite-"));
  const server = await createServer({
    root,
    cacheDir,
    configFile: false,
    plugins,
    logLevel: "warn",
    appType: "mpa",
    optimizeDeps: { noDiscovery: true },
    server: {
      host: "localhost",
      port: 0,
      hmr: false,
      ws: false,
      watch: null,
      fs: { allow: [repository, root] },
    },
  });
  await server.listen();
  const { port } = server.httpServer!.address() as AddressInfo;
  const close = async () => {
    await server.close();
    await rm(cacheDir, { recursive: true, force: true });
  };
  return { url: `http://localhost:${port}/`, close };
}
