// The sampling page: its first grid without a click, then seeds, views, a mended picture, files.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import {
  insecure,
  overflow,
  PLAIN_HOST,
  phaseIs,
  press,
  type Site,
  seen,
  serveDemo,
  text,
  textIs,
} from "./demo_site.ts";
import { MOST_MS, openPage } from "./open_page.ts";
import { tinyModel } from "./tiny_model.ts";

/** Little work, with a model of chance: see demo/sample/main.ts. */
const QUICK = "sample/?steps=5&count=5&model=../models/tiny/";

describe("the sampling page", () => {
  let site: Site;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    site = await serveDemo({ tiny: await tinyModel() });
    browser = await launchChromium({ args: [PLAIN_HOST] });
    folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-downloads-"));
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    await rm(folder, { recursive: true, force: true });
  });

  const drawn = (page: Page) => textIs(page, "#status", /^5 pictures in \d+ steps: [\d.]+ s$/);

  /** Lets go of what was said, changes a control, and waits for the grid that follows. */
  async function redrawn(page: Page, change: () => Promise<unknown>): Promise<void> {
    await page.$eval("#status", (status) => {
      status.textContent = "";
    });
    await change();
    await drawn(page);
  }

  const texts = (options: Element[]) => options.map(({ textContent }) => textContent);

  async function saved(name: string): Promise<Uint8Array> {
    await expect.poll(() => readdir(folder), { timeout: MOST_MS }).toContain(name);
    return new Uint8Array(await readFile(join(folder, name)));
  }

  test("draws a grid of the site's own model without a click", async () => {
    const { page, complaints } = await openPage(browser, `${site.url}sample/?steps=5&count=5`);
    await drawn(page);
    const [grid, names] = [await seen(page, "#grid"), await page.$$eval("#class option", texts)];
    expect(grid).toMatchObject({ width: 144, height: 28 }); // five in a row, of 28 × 28
    expect(grid!.colours).toBeGreaterThan(100);
    expect(names.slice(0, 3)).toEqual(["one of each", "T-shirt", "Trousers"]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("the slider, the views, the files and the seed do what they say", async () => {
    const { page, complaints } = await openPage(browser, site.url + QUICK);
    await drawn(page);
    const grid = await seen(page, "#grid");
    await page.focus("#when");
    await page.keyboard.press("Home");
    expect(await page.$eval("#when", (slider) => slider.ariaValueText)).toMatch(
      /^step 1 of 5, t = /,
    );
    const noisy = await seen(page, "#grid");
    expect(noisy!.hash).not.toBe(grid!.hash);
    await page.click('#views [value="x0Hat"]');
    expect((await seen(page, "#grid"))!.hash).not.toBe(noisy!.hash);
    expect(await text(page, "#meaning")).toMatch(/^x̂_0, what the network takes/);
    await page.click('#views [value="x"]');

    const session = await page.createCDPSession();
    await session.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
    await press(page, "Save PNG");
    expect(decode(await saved("samples.png"))).toMatchObject({ width: 4 * 144, height: 4 * 28 });
    await press(page, "Save the sampling as GIF");
    const gif = await saved("sampling.gif");
    expect(new TextDecoder().decode(gif.subarray(0, 6))).toBe("GIF89a");

    await redrawn(page, async () => {
      await page.$eval("#seed", (seed) => {
        (seed as HTMLInputElement).value = "5";
      });
      await press(page, "Draw");
    });
    expect((await seen(page, "#grid"))!.hash).not.toBe(grid!.hash);
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("a picture of the grid is mended where a brush rubbed it out", async () => {
    const { page, complaints } = await openPage(browser, site.url + QUICK);
    await page.setViewport({ width: 1280, height: 1400 }); // the mouse reaches what is in view
    await drawn(page);
    await page.select("#task", "repair");
    await textIs(page, "#status", /^Choose a picture to start from/);
    const box = await (await page.$("#grid"))!.boundingBox();
    await page.mouse.click(box!.x + 0.3 * box!.width, box!.y + 0.5 * box!.height);
    const whole = await seen(page, "#picture");
    await redrawn(page, async () => {
      const picture = await (await page.$("#picture"))!.boundingBox();
      await page.mouse.move(picture!.x + 80, picture!.y + 80);
      await page.mouse.down();
      await page.mouse.move(picture!.x + 160, picture!.y + 90, { steps: 5 });
      await page.mouse.up();
    });
    expect((await seen(page, "#picture"))!.hash).not.toBe(whole!.hash);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("between two seeds the first and the last picture are the seeds' own", async () => {
    const { page, complaints } = await openPage(browser, site.url + QUICK);
    await drawn(page);
    await redrawn(page, () => page.select("#class", "9"));
    const corner = () =>
      page.$eval("#grid", (canvas) => {
        const context = (canvas as HTMLCanvasElement).getContext("2d")!;
        return [...context.getImageData(0, 0, 28, 28).data];
      });
    const alone = await corner();
    await redrawn(page, () => page.select("#task", "between"));
    const differences = (await corner()).map((byte, i) => Math.abs(byte - alone[i]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(2);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("without WebGPU it says so, and what to do", async () => {
    const { page, complaints } = await openPage(browser, insecure(site.url + QUICK));
    await textIs(page, "#adapter", /^This browser has no WebGPU.* Open the page in/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("the gallery", () => {
  test("says what the pages run on, and every link of it leads to a page", async () => {
    const site = await serveDemo();
    const browser = await launchChromium();
    try {
      const { page, complaints } = await openPage(browser, site.url);
      await phaseIs(page, "ready");
      expect(await text(page, "#adapter")).toMatch(/software adapter/);
      const links = await page.$$eval("a", (found) => found.map(({ href }) => href));
      expect(new Set(links).size).toBeGreaterThanOrEqual(7);
      for (const link of new Set(links)) {
        const answer = await fetch(link);
        expect(answer.status, link).toBe(200);
        expect(await answer.text(), link).toContain("Content-Security-Policy");
      }
      await page.setViewport({ width: 390, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await site.close();
    }
  });
});
