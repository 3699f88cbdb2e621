// The pages of demo/embed: a model on the meshes of a three.js scene, and on a plain canvas.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, HTTPRequest, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { serveDemo } from "./demo_site.ts";
import { MOST_MS, openPage } from "./open_page.ts";
import { tinyModel } from "./tiny_model.ts";

const demo = fileURLToPath(new URL("../../demo", import.meta.url));

/** Answers requests for the model's files. */
async function withModel(page: Page, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await page.setRequestInterception(true);
  page.on("request", (request: HTTPRequest) => {
    const name = /\/models\/fashion-mnist\/([\w.]+)$/.exec(request.url())?.[1];
    const file = name ? files.get(name) : undefined;
    if (file) request.respond({ contentType: "application/octet-stream", body: Buffer.from(file) });
    else request.continue();
  });
}

const withoutWebGpu = (page: Page) =>
  page.evaluateOnNewDocument(() => Reflect.deleteProperty(Navigator.prototype, "gpu"));

const text = (page: Page, id: string) => page.$eval(id, (found) => found.textContent?.trim());
const drawing = (page: Page) => page.waitForSelector('body[data-phase="drawing"]');
const statusIs = (page: Page, pattern: string) =>
  page.waitForFunction(
    (wanted) => new RegExp(wanted).test(document.querySelector("#status")?.textContent ?? ""),
    {},
    pattern,
  );
const press = (page: Page, name: string) =>
  page.locator(`::-p-aria([name="${name}"][role="button"])`).click();

/** What an element looks like, as a hash. */
const look = async (page: Page, selector: string) => {
  const picture = await (await page.$(selector))!.screenshot();
  return createHash("sha256").update(picture).digest("hex").slice(0, 16);
};

/** An element comes to look otherwise, when busy cores have drawn it. */
const changed = (page: Page, selector: string, before: string) =>
  expect.poll(() => look(page, selector), { timeout: MOST_MS }).not.toBe(before);

/** Waits until an element looks the same for a while. */
async function settled(page: Page, selector: string): Promise<string> {
  for (let last = ""; ; ) {
    const now = await look(page, selector);
    if (now === last) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}

/** How far a page reaches beyond the window's right edge, in pixels. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The times between frames for some seconds, and the main thread's longest task. */
const frames = (page: Page, ms: number) =>
  page.evaluate(async (duration) => {
    const times: number[] = [];
    let longestTask = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) longestTask = Math.max(longestTask, entry.duration);
    });
    observer.observe({ type: "longtask" });
    const next = () => new Promise<number>(requestAnimationFrame);
    let last = await next();
    const end = last + duration;
    while (last < end) {
      const now = await next();
      times.push(now - last);
      last = now;
    }
    observer.disconnect();
    const perSecond = (1000 * times.length) / times.reduce((sum, one) => sum + one, 0);
    return { perSecond, long: times.filter((one) => one > 25).length / times.length, longestTask };
  }, ms);

let server: { url: string; close(): Promise<void> };
let browser: Browser;
let files: Map<string, Uint8Array>;

beforeAll(async () => {
  server = await serveDemo();
  browser = await launchChromium({ canvas: true });
  files = await tinyModel();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const opened = (path: string) =>
  openPage(browser, server.url + path, (page) => withModel(page, files));

describe("a model in a three.js scene", () => {
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    ({ page, complaints } = await opened("embed/"));
    await drawing(page);
  });

  test("its steps are seen on the meshes while the carousel is held; paused, nothing moves", async () => {
    await statusIs(page, "^Seed \\d+: step [2-9]");
    const box = (await (await page.$("#scene"))!.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down(); // holds the carousel, so that only pictures change
    const [step, before] = [await text(page, "#status"), await look(page, "#scene")];
    await statusIs(page, `^(?!${step}$)Seed`);
    await changed(page, "#scene", before);
    await page.mouse.up();
    await press(page, "Pause");
    await page.waitForSelector('body[data-phase="paused"]'); // no step is under way any more
    const held = await settled(page, "#scene");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await look(page, "#scene")).toBe(held);
    await press(page, "Continue");
  });

  test("the scene keeps its frame rate while the model works, and the page says which", async () => {
    await press(page, "Next seed");
    const { perSecond, long, longestTask } = await frames(page, 3000);
    const figures = `${perSecond.toFixed(0)} frames a second, ${(100 * long).toFixed(0)} % over 25 ms`;
    console.log(
      `embed, on ${await text(page, "#adapter")}\n${figures}; ${longestTask.toFixed(0)} ms`,
    );
    expect(perSecond, "other tests share the processor").toBeGreaterThan(5);
    expect(longestTask, "of the main thread, ms").toBeLessThan(500);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(Math.abs(Number(await text(page, "#fps")) - perSecond)).toBeLessThan(30);
    expect(await text(page, "#long")).toMatch(/^\d+ %$/);
  });

  test("controls: another seed, other steps, the arrow keys", async () => {
    const seed = Number.parseInt((await text(page, "#status"))!.slice("Seed ".length), 10);
    await press(page, "Next seed");
    await statusIs(page, `^Seed (${[1, 2, 3].map((n) => seed + n).join("|")}): step`);
    await page.focus("#steps");
    await page.keyboard.press("ArrowLeft");
    expect(await text(page, "#steps-value"), "of 15 on a software adapter").toBe("10");
    await statusIs(page, "of 10$");
    await press(page, "Pause");
    const front = await text(page, "#front");
    await page.focus("#scene");
    for (let k = 0; k < 4; k++) await page.keyboard.press("ArrowRight");
    await page.waitForFunction(
      (old) => document.querySelector("#front")?.textContent !== old,
      {},
      front,
    );
    expect(await text(page, "#front")).toMatch(/^[A-Z]/); // a garment's name
  });

  test("on a phone nothing is cut off; the console is silent", async () => {
    await page.setViewport({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("where less motion is preferred it stands still, and waits with the finished pictures", async () => {
    const { page: still, complaints: said } = await openPage(
      browser,
      `${server.url}embed/`,
      async (one) => {
        await one.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
        await withModel(one, files);
      },
    );
    await still.waitForSelector('body[data-drawn="0"]');
    const first = await settled(still, "#scene");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await look(still, "#scene")).toBe(first);
    expect(said).toEqual([]);
    await still.close();
  });
});

describe("a model on a plain canvas", () => {
  const source = readFileSync(`${demo}/embed/plain/plain.ts`, "utf8");

  test("is drawn by the file that the page shows, of less than 40 lines", async () => {
    expect(source.trimEnd().split("\n").length).toBeLessThan(40);
    const { page, complaints } = await opened("embed/plain/");
    await drawing(page);
    const shown = await text(page, "#source");
    expect(shown).toContain('from "wgsl-diffusion";');
    expect(shown!.split("\n").slice(2)).toEqual(source.trim().split("\n").slice(2));
    const before = await look(page, "#picture");
    await changed(page, "#picture", before);
    await page.setViewport({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("a model by one tag", () => {
  test("draws when it is asked to, and anew for another class", async () => {
    const { page, complaints } = await opened("embed/plain/");
    const before = await look(page, "#tag");
    await press(page, "Draw");
    const isDone = () => document.querySelector("#drawn")?.textContent === "Step 20 of 20";
    await page.waitForFunction(isDone);
    await changed(page, "#tag", before);
    const bags = await settled(page, "#tag");
    await page.select("#class", "9");
    await page.waitForFunction(() =>
      /^Step [0-9] of/.test(document.querySelector("#drawn")!.textContent!),
    );
    await page.waitForFunction(isDone);
    await changed(page, "#tag", bags);
    expect(await text(page, "#tag-source")).toContain('class-label="9"');
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("where nothing can be drawn", () => {
  test.each(["embed/", "embed/plain/"])(
    "%s without WebGPU says so, and what to do",
    async (path) => {
      const { page, complaints } = await openPage(browser, server.url + path, withoutWebGpu);
      await page.waitForSelector('body[data-phase="failed"]');
      expect(await text(page, "#adapter")).toMatch(
        /^This browser has no WebGPU.* Open the page in/,
      );
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test.each(["embed/", "embed/plain/"])("%s without its model says so", async (path) => {
    const { page } = await openPage(browser, `${server.url}${path}?model=/no/model/`);
    await page.waitForSelector('body[data-phase="failed"]');
    expect(await text(page, "#adapter")).toMatch(/^The model is not on this site\./);
    await page.close();
  });
});
