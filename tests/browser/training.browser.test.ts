import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { testGpu } from "../support/gpu.ts";
import { largestDifference } from "../support/model_folder.ts";
import { servePage } from "../support/page_server.ts";
import { type JobResult, trainAndSample } from "./job.ts";
import { openPage } from "./open_page.ts";

/**
 * Relative. Two builds of one software adapter: they are seen to agree to the bit, but need not
 * contract the same products and sums, and training spreads what they differ by.
 */
const LOSS = 1e-4;

/** Absolute, of images in [−1, 1]: the same through 20 steps of training and 10 of sampling. */
const IMAGE = 1e-3;

const images = new URL("../../data/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url);

/** The job in headless Chromium, and what the page's console said. */
async function inPage(): Promise<{ result: JobResult; complaints: string[] }> {
  const server = await servePage(new URL("./pages", import.meta.url).pathname);
  const browser = await launchChromium();
  try {
    const { page, complaints } = await openPage(browser, server.url);
    await page.waitForFunction(() => window.job !== undefined);
    const result = await page.evaluate(() => window.job!());
    return { result, complaints };
  } finally {
    await browser.close();
    await server.close();
  }
}

describe("training and sampling in a page, beside the same in Node", () => {
  let page: JobResult;
  let node: JobResult;
  let complaints: string[];

  beforeAll(async () => {
    ({ result: page, complaints } = await inPage());
    node = await trainAndSample(await testGpu(), new Uint8Array(readFileSync(images)));
  });

  test("20 steps of the small preset have the same losses, every one", () => {
    expect(page.losses).toHaveLength(20);
    for (const [i, loss] of node.losses.entries()) {
      expect(Math.abs(page.losses[i]! / loss - 1), `step ${i + 1}`).toBeLessThan(LOSS);
    }
  });

  test("the loss falls, so that the steps did something", () => {
    expect(node.losses.at(-1)!).toBeLessThan(0.8 * node.losses[0]!);
  });

  test("4 images by 10 steps of DDIM are the same", () => {
    expect(page.images).toHaveLength(4 * 16 * 16);
    expect(largestDifference(page.images, node.images)).toBeLessThan(IMAGE);
  });

  test("the images are four, not one: the largest difference between neighbours is not small", () => {
    const [first, second] = [node.images.slice(0, 256), node.images.slice(256, 512)];
    expect(largestDifference(first, second)).toBeGreaterThan(0.1);
  });

  test("the page's console is silent", () => {
    expect(complaints).toEqual([]);
  });
});
