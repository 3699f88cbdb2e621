// The page of demo/derivation, built and served as plain files: its readings, residuals and charts.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTables } from "../../src/diffusion/schedule.ts";
import { encodePng } from "../../src/formats/png.ts";
import { launchChromium } from "../../src/platform/chromium.ts";
import { overflow, phaseIs, press, type Site, serveDemo, text, textIs } from "./demo_site.ts";
import { openPage } from "./open_page.ts";

/** A few steps of the process, and a few terms of the bound. */
const QUICK = "?steps=4&count=2&images=2&timesteps=4";

const ROUNDING = 0.01; // nats: sums of float32 squares of 784 pixels, over variances down to 1e-5

const number = async (page: Page, id: string) =>
  Number((await text(page, id))?.replaceAll("−", "-"));
const nextFrames = (page: Page) =>
  page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 50)));

let site: Site;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([serveDemo(), launchChromium({ canvas: true })]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe("the derivation's page on a software adapter", () => {
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    ({ page, complaints } = await openPage(browser, `${site.url}derivation/${QUICK}`));
    await phaseIs(page, "ready");
  });

  test("says what it runs on, and sets each formula beside its kernel", async () => {
    expect(await text(page, "#adapter")).toMatch(/software adapter: .*SwiftShader/i);
    await page.waitForSelector('body[data-formulas="set"]');
    const formulas = await page.$$eval("[data-tex]", (all) =>
      all.map((one) => one.querySelectorAll("math").length),
    );
    expect(formulas.length).toBeGreaterThan(30);
    expect(new Set(formulas)).toEqual(new Set([1]));
    const kernels = await page.$$eval("details", (all) =>
      all.map((one) => one.querySelector("summary")?.textContent),
    );
    expect(kernels).toContain("Kernel: shaders/derivation.wgsl, entry point sums");
    expect(kernels.length).toBe(7);
  });

  test("the slider, by keyboard, shows what the tables hold of t", async () => {
    const { alphaBars, snr, posteriorVariance } = makeTables({ schedule: "squaredcos_cap_v2" });
    await page.focus("#t");
    await page.keyboard.press("ArrowRight");
    await nextFrames(page);
    expect(await text(page, "#t-value")).toBe("251");
    expect(await number(page, "#alpha-bar")).toBeCloseTo(alphaBars[250]!, 3);
    expect((await number(page, "#snr")) / snr[250]!).toBeCloseTo(1, 3);
    expect((await number(page, "#variance")) / posteriorVariance[250]!).toBeCloseTo(1, 3);
    expect(Math.abs(await number(page, "#bayes-host")), "nats").toBeLessThan(1e-8);
    await page.keyboard.press("Home");
    await nextFrames(page);
    expect(await number(page, "#variance"), "at t = 1 the posterior is a point").toBe(0);
    expect(await text(page, "#bayes-words")).toMatch(/^At t = 1 the posterior is a point/);
  });

  test("trajectories drawn now: (17) to (21) are one number, but for float32's rounding", async () => {
    await press(page, "Draw trajectories");
    await page.waitForSelector('body[data-drawn="0"]');
    const residuals = await page.$$eval("#residuals tr", (rows) =>
      rows.map((row) => Number(row.getAttribute("data-residual"))),
    );
    expect(residuals.length).toBe(6);
    for (const residual of residuals.slice(0, 5)) {
      expect(Math.abs(residual), "nats").toBeLessThan(ROUNDING);
    }
    expect(Math.abs(await number(page, "#bayes-gpu")), "nats").toBeLessThan(ROUNDING);
    expect(
      Number(await page.$eval("#terms-chart", (home) => home.getAttribute("data-points"))),
    ).toBe(4);
    expect(await text(page, "#lines-status")).toMatch(/^Seed 0: 2 trajectories of 4 steps in/);
  });

  test("the bound has a point for each interval and for L_T, and its totals add up", async () => {
    await press(page, "Evaluate the bound");
    await page.waitForSelector('body[data-evaluated="2"]');
    expect(await page.$eval("#bound-chart", (home) => home.getAttribute("data-points"))).toBe("5");
    const total = async (id: string) =>
      Number((await text(page, id))?.split(" ")[0]?.replaceAll("−", "-"));
    const sum = (await total("#prior")) + (await total("#kl")) + (await total("#distortion"));
    expect((await total("#total")) / sum).toBeCloseTo(1, 2);
    expect(await text(page, "#bound-status")).toBe(
      "2 images, an estimate from 4 of 1000 timesteps each.",
    );
  });

  test("a picture of the reader's own is cropped, scaled, and followed", async () => {
    const pixels = Uint8Array.from({ length: 40 * 30 }, (_, i) => i % 251);
    const png = encodePng({ width: 40, height: 30, channels: 1, data: pixels });
    const folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-own-"));
    await writeFile(join(folder, "own.png"), png);
    const input = await page.$("input#own");
    await input!.uploadFile(join(folder, "own.png"));
    await page.waitForSelector('body[data-subject="own.png"]');
    expect(await text(page, "#subject")).toBe("own.png");
    await rm(folder, { recursive: true });
  });

  test("on a phone nothing is cut off; the console is silent", async () => {
    await page.setViewport({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

test("Stop ends a long run; after a lost GPU it says so, and what to do", async () => {
  const { page, complaints } = await openPage(
    browser,
    `${site.url}derivation/?steps=1000&count=2`,
    (one) =>
      one.evaluateOnNewDocument(() => {
        const request = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = async function (descriptor) {
          const device = await request.call(this, descriptor);
          Object.assign(globalThis, { lose: () => device.destroy() });
          return device;
        };
      }),
  );
  await phaseIs(page, "ready");
  await page.waitForSelector("body[data-subject]"); // without an image nothing is drawn, and there is no Stop
  await press(page, "Draw trajectories");
  await press(page, "Stop");
  await textIs(page, "#lines-status", /^Stopped\.$/);
  await page.evaluate("lose()");
  await phaseIs(page, "failed");
  expect(await text(page, "#adapter")).toMatch(/^The browser lost the GPU.* Load the page again/);
  expect(await page.$eval("#draw", (button) => button.hasAttribute("disabled"))).toBe(true);
  expect(complaints).toEqual([]);
  await page.close();
});

test("without WebGPU it says so, and what needs no GPU works", async () => {
  const { page, complaints } = await openPage(browser, `${site.url}derivation/`, (one) =>
    one.evaluateOnNewDocument(() => Reflect.deleteProperty(Navigator.prototype, "gpu")),
  );
  await phaseIs(page, "unavailable");
  expect(await text(page, "#adapter")).toMatch(
    /^This browser has no WebGPU.* Sections 1, 2 and 5 work all the same\.$/,
  );
  await page.waitForSelector("body[data-subject]");
  const before = await number(page, "#alpha-bar");
  await page.focus("#t");
  await page.keyboard.press("ArrowLeft");
  await nextFrames(page);
  expect(await number(page, "#alpha-bar")).toBeGreaterThan(before);
  expect(complaints).toEqual([]);
  await page.close();
});
