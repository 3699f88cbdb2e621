// Endpoints as pages of one headless Chromium, served from the sources.
import { fileURLToPath } from "node:url";

const UNBUNDLED = ["onnxruntime-web"]; // it finds its .wasm beside itself

/** WebGL where there is no GPU, and a page's full speed while another is in front. */
const FLAGS = [
  "--enable-unsafe-swiftshader",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** @param packages  the engines' */
export async function openChromium(packages) {
  const { launchChromium } = await import("../../../dist/platform/chromium.js");
  const server = await serve(packages.filter((name) => !UNBUNDLED.includes(name)));
  const browser = await launchChromium({ args: FLAGS });
  return {
    version: { chromium: await browser.version() },
    open: (query) => endpoint(browser, `${server.resolvedUrls.local[0]}page.html?${query}`),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

async function endpoint(browser, address) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`${address}: ${error}`));
  await page.goto(address);
  await page.waitForFunction(() => window.endpoint !== undefined);
  return {
    async call(name, ...args) {
      await page.bringToFront();
      return page.evaluate((method, given) => window.endpoint[method](...given), name, args);
    },
    close: () => page.close(),
  };
}

async function serve(bundled) {
  const { createServer } = await import("vite");
  const started = await createServer({
    root: fileURLToPath(new URL("../", import.meta.url)),
    configFile: false,
    logLevel: "warn",
    appType: "mpa",
    optimizeDeps: { noDiscovery: true, include: bundled },
    server: {
      host: "localhost",
      port: 0,
      hmr: false,
      watch: null,
      fs: { allow: [fileURLToPath(new URL("../../../", import.meta.url))] },
    },
  });
  await started.listen();
  return started;
}
