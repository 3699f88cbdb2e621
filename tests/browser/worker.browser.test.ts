// The door to a worker, in a page: the package's own worker, by vite from the sources. Built pages are
// in `npm run consumers`.
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { servePage } from "../support/page_server.ts";
import { openPage } from "./open_page.ts";

const fixture = (name: string) =>
  `/@fs${fileURLToPath(new URL(`../fixtures/unets/${name}/`, import.meta.url))}`;

describe("a page whose GPU work is done in a worker", () => {
  let server: { url: string; close(): Promise<void> };
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = await servePage(fileURLToPath(new URL("./pages", import.meta.url)));
    browser = await launchChromium({ canvas: true });
    ({ page, complaints } = await openPage(browser, `${server.url}worker.html`));
    await page.waitForFunction(() => window.worker !== undefined);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test("a folder at an address: its images, as on the page's own device, and as a bitmap", async () => {
    const folder = fixture("ddpm");
    const { inWorker, here, bitmap } = await page.evaluate(
      (at) => window.worker!.compare(at),
      folder,
    );
    expect(inWorker.length).toBeGreaterThan(0);
    expect(inWorker).toEqual(here);
    expect(new Set(bitmap).size).toBeGreaterThan(50);
  });

  test("a canvas that was transferred shows the picture, with no reading back", async () => {
    await page.evaluate((at) => window.worker!.draw(at), fixture("ddpm"));
    const canvas = (await page.$("canvas"))!;
    const shown = await canvas.screenshot({ encoding: "base64" });
    const colours = await page.evaluate(async (png) => {
      const picture = await createImageBitmap(
        await (await fetch(`data:image/png;base64,${png}`)).blob(),
      );
      const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d")!;
      context.drawImage(picture, 0, 0);
      const { data } = context.getImageData(0, 0, picture.width, picture.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }, shown);
    expect(colours).toBeGreaterThan(50);
  });

  test("training: the page is free meanwhile; the average goes out as files, and comes in as a zip", async () => {
    const { losses, longestMs, zipBytes, files } = await page.evaluate(() =>
      window.worker!.train(),
    );
    expect(losses).toHaveLength(12);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(files).toContain("diffusion_pytorch_model.safetensors");
    expect(zipBytes).toBeGreaterThan(500_000);
    expect(longestMs, "of the main thread; other tests share the processor").toBeLessThan(1000);
  });

  test("an abort from the page ends sampling within a step", async () => {
    const { steps, error, ms } = await page.evaluate(() => window.worker!.abort());
    expect(error).toBe("AbortError");
    expect(steps).toBeLessThan(200);
    expect(ms).toBeLessThan(2000);
  });

  test("errors have their code and hint", async () => {
    const { code, hint, message } = await page.evaluate(() => window.worker!.failure());
    expect(code).toBe("option/combination");
    expect(message.endsWith(hint)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("an address where no model is says so", async () => {
    const said = await page.evaluate(() => window.worker!.missing("no/such/model"));
    expect(said).toMatch(
      /^file\/missing: http:\/\/localhost:\d+\/no\/such\/model: a model folder must/,
    );
  });
});
