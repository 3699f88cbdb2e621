// The demo, built and served below a path as static hosts do; and how a person uses its pages.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "puppeteer";
import { build, preview } from "vite";

const demo = fileURLToPath(new URL("../../demo", import.meta.url));

export interface Site {
  url: string;
  close(): Promise<void>;
}

/** @param models  files by name, by the folder below models/ that they are served from */
export async function serveDemo(
  models: Readonly<Record<string, ReadonlyMap<string, Uint8Array>>> = {},
): Promise<Site> {
  const outDir = await mkdtemp(join(tmpdir(), "wgsl-diffusion-demo-"));
  await build({ root: demo, logLevel: "error", build: { outDir, emptyOutDir: true } });
  for (const [name, files] of Object.entries(models)) {
    const folder = join(outDir, "models", name);
    await mkdir(folder);
    for (const [file, bytes] of files) await writeFile(join(folder, file), bytes);
  }
  const server = await preview({
    root: demo,
    configFile: false,
    base: "/some/where/",
    logLevel: "warn",
    build: { outDir },
    preview: { host: "localhost", port: 0, allowedHosts: ["plain.test"] },
  });
  const close = async () => {
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  };
  return { url: server.resolvedUrls!.local[0]!, close };
}

/** As on plain http, where there is no WebGPU: the browser needs PLAIN_HOST among its arguments. */
export const insecure = (url: string): string => url.replace("localhost", "plain.test");
export const PLAIN_HOST = "--host-resolver-rules=MAP plain.test localhost";

export const text = (page: Page, selector: string) =>
  page.$eval(selector, (found) => found.textContent?.trim());

/** Waits for something of a page; where it never comes, the error has what the page says instead. */
async function awaited(page: Page, what: string, coming: Promise<unknown>): Promise<void> {
  try {
    await coming;
  } catch (cause) {
    throw new Error(`${what} never came. The page says: ${await text(page, "main")}`, { cause });
  }
}

export const phaseIs = (page: Page, phase: string) =>
  awaited(page, phase, page.waitForSelector(`body[data-phase="${phase}"]`));

/** Waits until an element says so. */
export function textIs(page: Page, selector: string, pattern: RegExp): Promise<void> {
  const isSo = (asked: string, source: string) =>
    new RegExp(source).test(document.querySelector(asked)?.textContent ?? "");
  const coming = page.waitForFunction(isSo, {}, selector, pattern.source);
  return awaited(page, `${selector} ${pattern}`, coming);
}

export const press = (page: Page, name: string) =>
  page.locator(`::-p-aria([name="${name}"][role="button"])`).click();

/** A canvas's pixels, hashed, and how many colours they have; undefined where it is not there. */
export const seen = (page: Page, selector: string) =>
  page.evaluate((wanted) => {
    const canvas = document.querySelector<HTMLCanvasElement>(wanted);
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return undefined;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(data.buffer);
    const hash = pixels.reduce((sum, pixel) => (Math.imul(sum, 31) + pixel) | 0, 0);
    return { hash, colours: new Set(pixels).size, width: canvas.width, height: canvas.height };
  }, selector);

/** Whether anything of a page is wider than its window. */
export const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
