// The page of demo/kernels: every kernel read, tested, profiled and changed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outlineOf } from "../../demo/kernels/wgsl.ts";
import type { ShaderFamily } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { launchChromium } from "../../src/platform/chromium.ts";
import { insecure, overflow, PLAIN_HOST, press, type Site, serveDemo, text } from "./demo_site.ts";
import { openPage } from "./open_page.ts";

const shaders = fileURLToPath(new URL("../../shaders", import.meta.url));

/** Of medians of one run, on two images: seconds on a software adapter. */
const QUICK = "kernels/?runs=1&batch=2";

const kernelIs = (page: Page, name: string) => page.waitForSelector(`body[data-kernel="${name}"]`);
/** Presses a button that sets the worker to work, and waits until that is done. */
async function done(page: Page, name: string): Promise<void> {
  await press(page, name);
  await page.waitForSelector('body[data-phase="ready"]');
}

/** Types at the top of the text to change. */
async function typeAtTop(page: Page, ...lines: string[]): Promise<void> {
  await page.focus("#edited");
  await page.$eval("#edited", (area) => (area as HTMLTextAreaElement).setSelectionRange(0, 0));
  for (const line of lines) {
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
  }
}

let server: Site;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serveDemo(), launchChromium({ args: [PLAIN_HOST] })]);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe("what the page reads from a shader's text is what its bindings say", () => {
  test.each(readdirSync(shaders).filter((file) => file.endsWith(".wgsl")))("%s", async (file) => {
    const { entries, bindings } = outlineOf(readFileSync(join(shaders, file), "utf8"));
    const name = file.replace(".wgsl", "");
    const generated: Record<string, ShaderFamily> = await import(
      `../../src/kernels/generated/${name}.ts`
    );
    const family = generated[name]!;
    const expected = Object.entries(readingOf(family).entries).map(([entry, { bindings: own }]) => [
      entry,
      own.map((one) => one.name).sort(),
    ]);
    const found = entries.map((entry) => [
      entry.name,
      bindings.flatMap((one) => (one.entries.includes(entry.name) ? [one.name] : [])).sort(),
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});

describe("the page of the kernels", () => {
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    ({ page, complaints } = await openPage(browser, server.url + QUICK));
    await kernelIs(page, "groupnorm");
    await page.waitForSelector('body[data-phase="ready"]');
  });

  test("a kernel is chosen from the keyboard: header, entry points, bindings, coloured source", async () => {
    expect(await text(page, "#adapter")).toMatch(/software adapter: .*swiftshader/i);
    await page.focus('#families a[href="#batch_images"]');
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter"); // bound, then cast
    await kernelIs(page, "cast");
    expect(await text(page, "#kernel-name")).toBe("cast.wgsl");
    expect(await text(page, "#kernel-sentence")).toMatch(/^Between float32 and what maps/);
    expect(await text(page, "#kernel-header")).toMatch(
      /^narrow {2}y = factor · x[\s\S]*tests\/reference/,
    );
    expect(await text(page, "#entries tbody tr")).toBe("narrowWG = 64dims, x, scale, map");
    expect(await text(page, "#bindings tbody tr")).toBe("0dimsuniformDims");
    expect(await text(page, "#source .keyword")).toBe("alias");
    expect(await page.$$eval("#source .line", (lines) => lines.length)).toBe(53);
  });

  test("a kernel is tested; a step is profiled, its rows lead to kernels, its trace is exported", async () => {
    await done(page, "Test this kernel");
    expect(await text(page, "#status")).toMatch(/tests? agrees? with float64\.$/);
    expect(Number(await text(page, "#figures dd"))).toBeLessThan(8);
    await done(page, "Profile a training step");
    expect(await text(page, "#step-sentence")).toMatch(/^2 images, a U-Net of 163,985 parameters/);
    const row = await page.$$eval("#kernels tbody tr", (rows) =>
      rows
        .map(({ children }) => [...children].map(({ textContent }) => textContent ?? ""))
        .find(([name]) => name === "groupnorm.whole"),
    );
    expect(Number(row![1])).toBeGreaterThan(0);
    expect(Number(row![2])).toBeGreaterThan(0);
    expect(row!.slice(4, 8).join(" ")).toMatch(/FLOP .*i?B [\d.]+ % [\d.]+ %$/);

    await press(page, "groupnorm.whole");
    await kernelIs(page, "groupnorm");
    expect(await page.$$eval("#roofline [data-chosen]", (dots) => dots.length)).toBeGreaterThan(0);
    expect(await page.$$eval("#timeline [data-chosen]", (bars) => bars.length)).toBeGreaterThan(0);
    expect(await page.$$eval("#memory rect", (boxes) => boxes.length)).toBeGreaterThan(20);
    await page.focus("#timeline .tracks");
    await page.keyboard.press("End");
    expect(await text(page, "#dispatch")).toMatch(/^(\d+) of \1: \w+\.\w+, optimiser, .* ms/);

    const trace = await page.evaluate(async () => {
      const blob = new Promise<Blob>((resolve) => {
        const make = URL.createObjectURL;
        URL.createObjectURL = (object) => {
          resolve(object as Blob);
          return make(object);
        };
      });
      document.querySelector<HTMLButtonElement>("#export")!.click();
      return (await blob).text();
    });
    expect(JSON.parse(trace).traceEvents.length).toBeGreaterThan(200);
  });

  test("a change: its mistakes are placed, wrong numbers refused, a right one timed and used", async () => {
    await typeAtTop(page, "// a note", "oops;");
    await done(page, "Check and time");
    expect(await text(page, "#verdict")).toMatch(/^It does not compile\.Line 2, column 1: /);
    await press(page, "Revert");

    await page.$eval("#edited", (area) => {
      const { value } = area as HTMLTextAreaElement;
      (area as HTMLTextAreaElement).value = value.replaceAll("1.0 / sqrt(", "1.01 / sqrt(");
      area.dispatchEvent(new Event("input"));
    });
    await done(page, "Check and time");
    expect(await text(page, "#verdict")).toMatch(
      /groupnorm\.wgsl computes groupnorm wrong: error [\d.e+]+ of 8 allowed\. The original stays/,
    );
    expect(await page.$eval("#use", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    await press(page, "Revert");

    await typeAtTop(page, "// a note");
    await done(page, "Check and time");
    expect(await text(page, "#verdict")).toMatch(
      /^Right in 2 self-tests: error [\d.]+, 8 are allowed/,
    );
    expect(await text(page, "#verdict tbody tr")).toMatch(/^groupnorm\./);
    await done(page, "Use");
    expect(await text(page, '#families a[href="#groupnorm"]')).toMatch(/changed/);
    await done(page, "Revert");
    expect(await text(page, "#verdict")).toBe("The original is back.");
    expect(await page.$eval("#edited", (area) => (area as HTMLTextAreaElement).value)).toMatch(
      /^\/\/ groupnorm\.wgsl/,
    );
  });

  test("on a phone nothing is cut off; the console is silent", async () => {
    await page.setViewport({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("a lost device is said, and what to do", async () => {
    const [worker] = page.workers();
    await worker!.evaluate(() => {
      const make = GPUDevice.prototype.createBuffer;
      GPUDevice.prototype.createBuffer = function (descriptor) {
        this.destroy();
        return make.call(this, descriptor);
      };
    });
    // by its id: once a phone's width is asked for, Chromium 147 leaves it out of the accessibility tree
    await page.locator("#test-one").click();
    await page.waitForSelector('body[data-phase="unavailable"]');
    expect(await text(page, "#status")).toMatch(/^The browser lost the GPU.* Load the page again/);
    await page.close();
  });
});

test("without WebGPU, as on plain http, kernels can be read, and the page says what is missing", async () => {
  const { page, complaints } = await openPage(browser, insecure(`${server.url}kernels/#conv2d`));
  await page.waitForSelector('body[data-phase="unavailable"]');
  await kernelIs(page, "conv2d");
  expect(await text(page, "#adapter")).toMatch(
    /^This browser has no WebGPU.* can be read all the same/,
  );
  expect(await text(page, "#kernel-sentence")).toMatch(/^3×3 convolution/);
  expect(await text(page, "#bindings tbody tr")).toBe("0dimsuniformDims");
  expect(complaints).toEqual([]);
  await page.close();
});
