// A blank page in headless Chromium that can import the package's compiled modules as they lie: no
// bundler is needed. What runs in it gives JSON back, for classes do not cross the border.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { DeviceError } from "../core/errors.ts";
import { FLAGS, findChromium, launchChromium } from "./chromium.ts";

export interface PageHost {
  /** `Chrome/…` */
  version: string;
  /** why it is this browser, in words */
  reason: string;
  /** of its command line */
  flags: readonly string[];
}

export interface PageJob {
  /** folder of the compiled modules, served at / */
  modules: URL;
  /** more folders, by the name under which they are served: /name/file */
  folders?: Record<string, URL>;
  /** an expression of JavaScript; its promise gives a value that JSON can hold */
  expression: string;
}

const SOURCES = {
  CHROME_PATH: "CHROME_PATH",
  system: "the system",
  package: "the npm package @sparticuz/chromium",
};

type Answer<T> = { value: T } | { code?: string; message: string };

/**
 * Evaluates an expression in a page of headless Chromium, and closes the browser.
 *
 * @throws DeviceError device/no-browser, device/no-puppeteer, or with the code that the page throws
 */
export async function runInPage<T>(job: PageJob): Promise<PageHost & { value: T }> {
  const { source } = await findChromium();
  const { server, address } = await serve(job);
  try {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(address);
      const settled = `(${job.expression})
        .then((value) => ({ value }), ({ code, message }) => ({ code, message }))
        .then(JSON.stringify)`;
      const answer: Answer<T> = JSON.parse((await page.evaluate(settled)) as string);
      if (!("value" in answer)) {
        throw new DeviceError(answer.code ?? "device/page", answer.message, "");
      }
      const version = await browser.version();
      const reason = `headless, from ${SOURCES[source]}`;
      return { version, reason, flags: FLAGS, value: answer.value };
    } finally {
      await browser.close();
    }
  } finally {
    server.close();
  }
}

const BLANK_PAGE = `<!doctype html><title>wgsl-diffusion</title><link rel="icon" href="data:,">`;

/** Serves the folders' files, and a blank page, on a free port of this machine alone. */
async function serve({ modules, folders = {} }: PageJob): Promise<{
  server: Server;
  address: string;
}> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost"); // resolves every ".."
    if (pathname === "/") {
      response.setHeader("content-type", "text/html").end(BLANK_PAGE);
      return;
    }
    const place = placeOf(pathname, modules, folders);
    const bytes = place && (await readFile(place).catch(() => undefined));
    if (!bytes) response.statusCode = 404;
    else if (pathname.endsWith(".js")) response.setHeader("content-type", "text/javascript");
    response.end(bytes);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { server, address: `http://127.0.0.1:${port}/` };
}

/** The file of a path: one of a named folder, or a module. */
function placeOf(pathname: string, modules: URL, folders: Record<string, URL>): string | undefined {
  const [, name = "", file = ""] = /^\/(\w+)\/([\w.]+)$/.exec(pathname) ?? [];
  if (Object.hasOwn(folders, name)) return fileURLToPath(new URL(file, folders[name]));
  const isModule = /^(\/\w+)+\.js$/.test(pathname);
  return isModule ? fileURLToPath(new URL(`.${pathname}`, modules)) : undefined;
}
