// The training page: used as a person would, and what it says read from it.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unzipFiles } from "../../src/formats/zip_files.ts";
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
import { traced } from "./main_thread.ts";
import { MOST_MS, openPage } from "./open_page.ts";

/** A run of seconds: see demo/train/query.ts. */
const QUICK = "train/?steps=12&batch=4&every=6&count=4&sampler-steps=3";
/** Only that it ends is asked. */
const SHORTER = QUICK.replace("steps=12", "steps=3");

describe("the training page, built and served from a folder of a static host", () => {
  let site: Site;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    [site, browser] = await Promise.all([serveDemo(), launchChromium({ args: [PLAIN_HOST] })]);
    folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-downloads-"));
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("it says that the adapter is a software one, before anything is started", async () => {
    const { page, complaints } = await openPage(browser, `${site.url}train/`);
    await phaseIs(page, "ready");
    expect(await text(page, "#adapter")).toMatch(/software adapter: .*SwiftShader/i);
    expect(await text(page, "#kept-words")).toMatch(/^The run is kept in this browser/);
    await page.setViewport({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("Start trains, Pause holds and keeps, a reload goes on from there to the end", async () => {
    const { page, complaints } = await openPage(browser, site.url + QUICK);
    await phaseIs(page, "ready");
    await press(page, "Start");
    await phaseIs(page, "training");
    await press(page, "Pause");
    await textIs(page, "#status", /^Paused\.$/);
    const held = await text(page, "#figure-step");
    expect(held).toMatch(/^\d+ of 12$/);
    await textIs(page, "#kept-words", /^Kept in this browser: \d+ steps?\.$/);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await text(page, "#figure-step")).toBe(held);

    await page.reload();
    await phaseIs(page, "ready");
    const steps = Number.parseInt(held!, 10);
    expect(await text(page, "#kept-words")).toMatch(`keeps a run of ${steps} step`);
    await press(page, "Go on");
    await textIs(page, "#status", /^Finished after 12 steps\.$/);
    expect(await text(page, "#figure-step")).toBe("12 of 12");
    expect(await text(page, "#drawn")).toBe("after 12 steps");
    expect((await seen(page, "#loss-chart canvas"))!.colours).toBeGreaterThan(10);
    expect((await seen(page, "#samples"))!.colours).toBeGreaterThan(50);
    await checkExport(page);
    expect(complaints).toEqual([]);
    await page.close();
  });

  /** The archive holds a folder that diffusers opens. */
  async function checkExport(page: Page): Promise<void> {
    const session = await page.createCDPSession();
    await session.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
    await press(page, "Export the model");
    await expect.poll(() => readdir(folder), { timeout: MOST_MS }).toEqual(["model.zip"]);
    const files = unzipFiles(
      new Uint8Array(await readFile(join(folder, "model.zip"))),
      "model.zip",
    );
    expect([...files.keys()].sort()).toEqual([
      "config.json",
      "diffusion_pytorch_model.safetensors",
      "scheduler_config.json",
    ]);
  }

  test("Stop ends a run; what was exported begins another; the slider goes back", async () => {
    const { page, complaints } = await openPage(browser, site.url + QUICK);
    await phaseIs(page, "ready");
    const input = await page.$("#files");
    await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(
      join(folder, "model.zip"),
    );
    await textIs(page, "#taken", /starts from the weights of model\.zip/);
    await press(page, "Start");
    await textIs(page, "#drawn", /^after 12 steps$/);
    await phaseIs(page, "ready");
    await page.focus("#when");
    await page.keyboard.press("ArrowLeft");
    expect(await text(page, "#drawn")).toBe("after 6 steps");

    await press(page, "Start");
    await phaseIs(page, "training");
    expect((await seen(page, "#samples"))!.colours, "of an empty grid").toBe(1);
    await press(page, "Stop");
    await phaseIs(page, "ready");
    expect(await text(page, "#status")).toMatch(/^Stopped after \d+ steps?\.$/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("while it trains, no task keeps the main thread for more than 50 ms", async () => {
    const { page, complaints } = await openPage(browser, `${site.url}train/?steps=2000&every=5`);
    await phaseIs(page, "ready");
    const found = await traced(page, async () => {
      await press(page, "Start");
      await textIs(page, "#drawn", /^after 5 steps$/);
    });
    console.log(`training page: ${JSON.stringify(found)}`);
    expect(found.longTasks).toBe(0);
    expect(found.longestTaskMs, "of a trace that saw its tasks").toBeGreaterThan(0);
    expect(found.framesPerSecond).toBeGreaterThan(10); // beside other tests, on two cores
    await press(page, "Stop");
    await phaseIs(page, "ready");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("two tabs: the second says that the first has the run", async () => {
    const first = await openPage(browser, `${site.url}train/`);
    await phaseIs(first.page, "ready");
    const second = await openPage(browser, `${site.url}train/`);
    await phaseIs(second.page, "ready");
    expect(await text(second.page, "#kept-words")).toMatch(/^Another tab has the run/);
    expect([...first.complaints, ...second.complaints]).toEqual([]);
    await first.page.close();
    await second.page.close();
  });

  test("without storage it says that a run ends with the page, and trains", async () => {
    const { page, complaints } = await openPage(browser, site.url + SHORTER, (page) =>
      page.evaluateOnNewDocument(() => {
        Reflect.deleteProperty(StorageManager.prototype, "getDirectory");
      }),
    );
    await phaseIs(page, "ready");
    expect(await text(page, "#kept-words")).toMatch(/^This browser keeps nothing for the page/);
    await press(page, "Start");
    await textIs(page, "#status", /^Finished after 3 steps\.$/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("after the GPU is lost the run goes on with another, to its end", async () => {
    const own = await launchChromium({ args: ["--disable-domain-blocking-for-3d-apis"] });
    try {
      const { page } = await openPage(own, site.url + QUICK);
      await phaseIs(page, "ready");
      await press(page, "Start");
      await textIs(page, "#drawn", /^after 6 steps$/);
      const session = await own.target().createCDPSession();
      session.send("Browser.crashGpuProcess").catch(() => undefined); // it may go before it answers
      await textIs(page, "#status", /^The GPU was lost; the run goes on with another\.$/);
      await textIs(page, "#status", /^Finished after 12 steps\.$/);
      expect(await text(page, "#figure-step")).toBe("12 of 12");
    } finally {
      await own.close();
    }
  });

  test("without WebGPU, as on plain http, it says so, and what to do", async () => {
    const { page, complaints } = await openPage(browser, insecure(`${site.url}train/`));
    await phaseIs(page, "unavailable");
    expect(await text(page, "#adapter")).toMatch(/^This browser has no WebGPU.* Open the page in/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
