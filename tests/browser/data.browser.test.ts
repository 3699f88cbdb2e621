// A data set from what a person gives a page: chosen files, a folder, a drop, a directory's handle.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDataset } from "../../src/data/open_dataset.ts";
import { launchChromium } from "../../src/platform/chromium.ts";
import { filesAt } from "../../src/platform/folder_files.ts";
import { sharpPicture } from "../../src/platform/sharp_picture.ts";
import type { Dataset } from "../../src/train/dataset.ts";
import { servePage } from "../support/page_server.ts";
import { pictureFile, scene } from "../support/pictures.ts";
import type { Opened } from "./data_pages/page.ts";
import { openPage } from "./open_page.ts";

/** Of 255, after scaling: two decoders of JPEG and lossy WebP may round their transforms apart. */
const DECODERS = 3;

const files: Record<string, Uint8Array> = {
  "hills/a.png": await pictureFile([40, 30], 1, "png"),
  "hills/b.jpg": await pictureFile([64, 48], 2, "jpeg"),
  "lakes/c.webp": await pictureFile([33, 50], 3, "webp"),
  "lakes/deep/d.png": new Uint8Array(
    await scene(24, 24, 4).ensureAlpha(0.25).png().toBuffer(), // on white, where it is clear
  ),
  "lakes/e.jpg": new Uint8Array(
    await scene(60, 40, 5).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer(),
  ),
};
const PATHS = Object.keys(files).sort();

describe("a data set in a page, beside the same in Node", () => {
  let folder = "";
  let server: Awaited<ReturnType<typeof servePage>>;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let node: Dataset;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-page-"));
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, "photos", path)), { recursive: true });
      await writeFile(join(folder, "photos", path), bytes);
    }
    await writeFile(join(folder, "cut.png"), files["hills/a.png"]!.subarray(0, 300));
    const decode = sharpPicture;
    node = await openDataset(await filesAt(join(folder, "photos")), { size: [8, 8], decode });
    server = await servePage(new URL("./data_pages", import.meta.url).pathname);
    browser = await launchChromium();
    ({ page, complaints } = await openPage(browser, server.url));
    await page.waitForFunction(() => window.openHandle !== undefined);
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function opened(how: string): Promise<Opened> {
    const handle = await page.waitForFunction((key) => window.opened[key], {}, how);
    const value = (await handle.jsonValue())!;
    await page.evaluate((key) => delete window.opened[key], how);
    return value;
  }

  function expectLikeNode(set: Opened) {
    expect(set.error).toBe("");
    expect([set.count, set.shape]).toEqual([5, [3, 8, 8]]);
    const differences = set.pixels.map((value, i) => Math.abs(value - node.pixels[i]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(DECODERS);
    const first = differences.slice(0, 192); // a PNG: nothing to round
    expect(Math.max(...first)).toBe(0);
  }

  test("a directory's handle: walked, with its folders as classes, as in Node", async () => {
    const plain = Object.fromEntries(
      Object.entries(files).map(([path, bytes]) => [path, [...bytes]]),
    );
    await page.evaluate((given) => window.openHandle("photos", given), plain);
    const set = await opened("handle");
    expectLikeNode(set);
    expect([set.paths, set.classes, set.labels]).toEqual([
      PATHS,
      ["hills", "lakes"],
      [0, 0, 1, 1, 1],
    ]);
  });

  test("a folder that is dropped: the same", async () => {
    const data = { items: [], files: [join(folder, "photos")], dragOperationsMask: 1 };
    const box = (await (await page.$("#drop"))!.boundingBox())!;
    const point = { x: box.x + 50, y: box.y + 50 };
    await page.mouse.dragEnter(point, data);
    await page.mouse.dragOver(point, data);
    await page.mouse.drop(point, data);
    const set = await opened("drop");
    expectLikeNode(set);
    expect(set.paths).toEqual(PATHS.map((path) => `photos/${path}`));
    expect(set.labels).toEqual([0, 0, 1, 1, 1]);
  });

  test("a folder that is chosen: the same", async () => {
    const input = (await page.$("input#folder"))!;
    await input.uploadFile(join(folder, "photos"));
    const set = await opened("folder");
    expectLikeNode(set);
    expect(set.classes).toEqual(["hills", "lakes"]);
  });

  test("files that are chosen have no classes; a damaged one is named", async () => {
    const input = (await page.$("input#files"))!;
    await input.uploadFile(join(folder, "photos/hills/a.png"), join(folder, "photos/hills/b.jpg"));
    const set = await opened("files");
    expect([set.count, set.classes, set.error]).toEqual([2, [], ""]);
    await input.uploadFile(join(folder, "photos/hills/a.png"), join(folder, "cut.png"));
    expect((await opened("files")).error).toMatch(
      /^FileError: cut\.png: is no PNG that this browser can decode\. The file is damaged/,
    );
  });

  test("a parquet file, and a zip archive: read by the same packages as in Node", async () => {
    const parquet = new URL("../fixtures/data/images-snappy.parquet", import.meta.url);
    const given = { "set.parquet": [...(await readFile(parquet))] };
    await page.evaluate((one) => window.openHandle("parquet", one), given);
    const set = await opened("handle");
    expect([set.error, set.count, set.labels]).toEqual(["", 6, [2, 0, 1, 1, 0, 2]]);
    const archive = { "set.zip": [...zipSync(files)] };
    await page.evaluate((one) => window.openHandle("archive", one), archive);
    expectLikeNode(await opened("handle"));
  });

  test("the page's console is silent", () => expect(complaints).toEqual([]));
});
