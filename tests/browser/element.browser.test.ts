// <diffusion-canvas> in a page, used by its attributes, properties and events.
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { servePage } from "../support/page_server.ts";
import { openPage } from "./open_page.ts";

const fixture = (name: string) =>
  `/@fs${fileURLToPath(new URL(`../fixtures/unets/${name}/`, import.meta.url))}`;

const make = (page: Page, html: string) => page.evaluate((text) => window.make(text), html);
const told = (page: Page) => page.evaluate(() => window.made!.told);
const until = (page: Page, what: "done" | "errors" | "progress", count: number) =>
  page.waitForFunction((key, least) => window.made!.told[key].length >= least, {}, what, count);

/** How many colours the element shows on the screen. */
async function coloursOf(page: Page): Promise<number> {
  const shown = await (await page.$("diffusion-canvas"))!.screenshot({ encoding: "base64" });
  return page.evaluate(async (png) => {
    const blob = await (await fetch(`data:image/png;base64,${png}`)).blob();
    const picture = await createImageBitmap(blob);
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d")!;
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, shown);
}

const words = (page: Page) =>
  page.evaluate(() => {
    const { element } = window.made!;
    const message = element.shadowRoot!.querySelector("p")!;
    const canvas = element.shadowRoot!.querySelector("canvas")!;
    return { message: message.hidden ? "" : message.textContent, isDrawn: !canvas.hidden };
  });

describe("<diffusion-canvas>", () => {
  const src = fixture("ddpm");
  let server: { url: string; close(): Promise<void> };
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = await servePage(fileURLToPath(new URL("./pages", import.meta.url)));
    browser = await launchChromium({ canvas: true });
    ({ page, complaints } = await openPage(browser, `${server.url}element.html`));
    await page.waitForFunction(() => typeof window.make === "function");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test("autoplay draws: progress at every step, then done; the canvas has the element's size", async () => {
    await make(
      page,
      `<diffusion-canvas class="sized" src="${src}" steps="4" count="4" sampler="ddim" autoplay></diffusion-canvas>`,
    );
    await until(page, "done", 1);
    const { progress, of, done, errors } = await told(page);
    expect([progress, of, errors]).toEqual([[1, 2, 3, 4], 4, []]);
    expect(done[0]!.shape[0]).toBe(4);
    expect(done[0]!.images.every(Number.isFinite)).toBe(true);
    expect(await coloursOf(page)).toBeGreaterThan(50);
    const box = await page.evaluate(() => {
      const { element } = window.made!;
      const canvas = element.shadowRoot!.querySelector("canvas")!;
      const { width, height } = canvas.getBoundingClientRect();
      return { width, height, role: canvas.role, label: canvas.ariaLabel };
    });
    expect(box).toEqual({
      ...{ width: 160, height: 120 },
      ...{ role: "img", label: "4 pictures drawn by a diffusion model" },
    });
  });

  test("properties are the attributes; several changes at once begin it anew once", async () => {
    const before = (await told(page)).done[0]!.images;
    await page.evaluate(() => {
      const { element, told } = window.made!;
      told.progress.length = 0;
      element.steps = 3;
      element.seed = 9;
      element.eta = 0.5;
    });
    await until(page, "done", 2);
    const { progress, done } = await told(page);
    expect(progress).toEqual([1, 2, 3]);
    expect(done[1]!.images).not.toEqual(before);
    const reflected = await page.evaluate(() => {
      const { element } = window.made!;
      const { steps, seed, eta, count, sampler, classLabel, guidance, autoplay } = element;
      element.sampler = undefined;
      return {
        values: { steps, seed, eta, count, sampler, classLabel, guidance, autoplay },
        attributes: [element.getAttribute("seed"), element.hasAttribute("sampler")],
      };
    });
    expect(reflected.values).toEqual({
      ...{ steps: 3, seed: 9, eta: 0.5, count: 4, sampler: "ddim" },
      ...{ guidance: 1, autoplay: true },
    });
    expect(reflected.attributes).toEqual(["9", false]);
  });

  test("without autoplay it waits for play(); taken out of the page it ends, and says no more", async () => {
    await make(
      page,
      `<diffusion-canvas src="${src}" steps="400" sampler="ddim"></diffusion-canvas>`,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await told(page)).progress).toEqual([]);
    await page.evaluate(() => {
      void window.made!.element.play();
    });
    await until(page, "progress", 2);
    await page.evaluate(() => window.made!.element.remove());
    const held = (await told(page)).progress.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { progress, done, errors } = await told(page);
    expect(progress.length).toBeLessThanOrEqual(held + 1);
    expect([done, errors]).toEqual([[], []]);
  });

  test("a class, with guidance; what does not go together is an error", async () => {
    const guided = `src="${fixture("class-conditional")}" steps="2" sampler="ddim"`;
    await make(
      page,
      `<diffusion-canvas ${guided} class-label="1" guidance="2" autoplay></diffusion-canvas>`,
    );
    await until(page, "done", 1);
    await page.evaluate(() => {
      window.made!.element.classLabel = undefined;
    });
    await until(page, "errors", 1);
    expect((await told(page)).errors[0]).toMatch(/^option\/(class|combination)$/);
  });

  test("where less motion is preferred, only the finished picture is shown", async () => {
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await make(page, `<diffusion-canvas src="${src}" steps="3" autoplay></diffusion-canvas>`);
    const labels = await page.evaluate(async () => {
      const { element } = window.made!;
      const seen: (string | null)[] = [];
      const canvas = () => element.shadowRoot!.querySelector("canvas")!;
      element.addEventListener("progress", () => seen.push(canvas().ariaLabel));
      await new Promise((resolve) => element.addEventListener("done", resolve));
      return seen;
    });
    await page.emulateMediaFeatures([]);
    const none = "No picture yet";
    expect(labels).toEqual([none, none, "A picture drawn by a diffusion model"]);
  });

  test("a device that is lost: a sentence in place of the picture; play() draws on another", async () => {
    await make(page, `<diffusion-canvas src="${src}" steps="2"></diffusion-canvas>`);
    await page.evaluate(async () => {
      const { element, Gpu } = window.made!;
      element.gpu = await Gpu.open();
      await element.play();
      element.gpu.device.destroy();
    });
    await until(page, "errors", 1);
    expect((await told(page)).errors).toEqual(["device/lost"]);
    expect(await words(page)).toEqual({
      message: "The browser lost the GPU, and the picture with it. Load the page again.",
      isDrawn: false,
    });
    await page.evaluate(async () => {
      const { element } = window.made!;
      element.gpu = undefined;
      await element.play();
    });
    expect(await words(page)).toEqual({ message: "", isDrawn: true });
    expect(await coloursOf(page)).toBeGreaterThan(20);
    expect(complaints).toEqual([]);
  });

  test("without WebGPU: a sentence, or the element's own content", async () => {
    const { page: plain, complaints: said } = await openPage(browser, `${server.url}element.html`);
    await plain.waitForFunction(() => typeof window.make === "function");
    await plain.evaluate(() => Reflect.deleteProperty(Navigator.prototype, "gpu"));
    await make(plain, `<diffusion-canvas src="${src}" autoplay> </diffusion-canvas>`);
    await until(plain, "errors", 1);
    expect((await told(plain)).errors).toEqual(["device/unsupported"]);
    expect((await words(plain)).message).toMatch(
      /^This browser has no WebGPU here.* Open the page in/,
    );
    const own = "<b style='display: block; width: 20px; height: 20px'>!</b>";
    await make(plain, `<diffusion-canvas src="${src}" autoplay>${own}</diffusion-canvas>`);
    await until(plain, "errors", 1);
    expect((await words(plain)).message).toBe("");
    const box = await (await plain.$("diffusion-canvas b"))!.boundingBox();
    expect(box?.width).toBe(20);
    expect(said).toEqual([]);
    await plain.close();
  });
});
