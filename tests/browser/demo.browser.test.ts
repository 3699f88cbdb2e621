import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { build, preview } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { servePage } from "../support/page_server.ts";
import { openPage } from "./open_page.ts";

const demo = fileURLToPath(new URL("../../demo", import.meta.url));

/** A run of seconds: see demo/query.ts. */
const QUICK = "?steps=12&batch=4&every=6&count=4&sampler-steps=3";

/** Builds the demo into a temporary folder, and serves it below a path, as static hosts do. */
async function serveBuilt(): Promise<{ url: string; close(): Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), "wgsl-diffusion-demo-"));
  await build({ root: demo, logLevel: "warn", build: { outDir, emptyOutDir: true } });
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

const phaseIs = (page: Page, phase: string) => page.waitForSelector(`body[data-phase="${phase}"]`);
const text = (page: Page, id: string) => page.$eval(id, (found) => found.textContent?.trim());
const textIs = (page: Page, id: string, words: string) =>
  page.waitForFunction(
    (selector, wanted) => document.querySelector(selector)?.textContent === wanted,
    {},
    id,
    words,
  );
const press = (page: Page, name: string) =>
  page.locator(`::-p-aria([name="${name}"][role="button"])`).click();

/** How many different colours a canvas shows; 0 where it is not there. */
const colours = (page: Page, selector: string) =>
  page.evaluate((wanted) => {
    const canvas = document.querySelector<HTMLCanvasElement>(wanted);
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return 0;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, selector);

describe("the demo page, built and served from a folder of a static host", () => {
  let server: { url: string; close(): Promise<void> };
  let browser: Browser;

  beforeAll(async () => {
    const args = ["--host-resolver-rules=MAP plain.test localhost"];
    [server, browser] = await Promise.all([serveBuilt(), launchChromium({ args })]);
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test("it says that the adapter is a software one, before anything is started", async () => {
    const { page, complaints } = await openPage(browser, server.url);
    await phaseIs(page, "ready");
    expect(await text(page, "#adapter")).toMatch(/software adapter: .*SwiftShader/i);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("Start trains, Pause holds, Continue goes on to the end, Stop ends the next run", async () => {
    const { page, complaints } = await openPage(browser, server.url + QUICK);
    await phaseIs(page, "ready");
    await press(page, "Start");
    await phaseIs(page, "training");
    await press(page, "Pause");
    await textIs(page, "#status", "Paused.");
    const held = await text(page, "#figure-step");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await text(page, "#figure-step")).toBe(held);
    expect(held).not.toBe("12 of 12");

    await press(page, "Continue");
    await textIs(page, "#status", "Finished after 12 steps.");
    expect(await text(page, "#figure-step")).toBe("12 of 12");
    expect(await text(page, "#drawn")).toBe("after 12 steps");
    expect(await colours(page, "#loss-chart canvas")).toBeGreaterThan(10);
    expect(await colours(page, "#samples")).toBeGreaterThan(50);

    await page.focus("#when");
    await page.keyboard.press("ArrowLeft");
    expect(await text(page, "#drawn"), "the slider goes back").toBe("after 6 steps");

    await press(page, "Start");
    await phaseIs(page, "training");
    expect(await colours(page, "#samples"), "of an empty grid").toBe(1);
    await press(page, "Stop");
    await phaseIs(page, "ready");
    expect(await text(page, "#status")).toMatch(/^Stopped after \d steps?\.$/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("without WebGPU, as on plain http, it says so, and what to do", async () => {
    const insecure = server.url.replace("localhost", "plain.test");
    const { page, complaints } = await openPage(browser, insecure);
    await phaseIs(page, "unavailable");
    expect(await text(page, "#adapter")).toMatch(/^This browser has no WebGPU.* Open the page in/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("the demo page from the dev server", () => {
  test("opens, and finds the GPU", async () => {
    const server = await servePage(demo);
    const browser = await launchChromium();
    try {
      const { page, complaints } = await openPage(browser, server.url);
      await phaseIs(page, "ready");
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
