import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { schemaFaults } from "../support/json_schema.ts";
import { servePage } from "../support/page_server.ts";
import { openPage } from "./open_page.ts";

const folder = fileURLToPath(new URL("../../bench/page", import.meta.url));
const schema = JSON.parse(
  readFileSync(new URL("../../bench/schema.json", import.meta.url), "utf8"),
);

describe("the page of benchmarks, used as a person would", () => {
  let server: { url: string; close(): Promise<void> };
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = await servePage(folder);
    browser = await launchChromium();
    ({ page, complaints } = await openPage(browser, server.url));
    await page.waitForSelector("#suites input");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test("a click runs what is ticked, and fills the table", async () => {
    for (const name of ["train", "sample", "memory", "startup"]) {
      await page.click(`#suites input[name=${name}]`);
    }
    await page.$eval("#samples", (input) => {
      (input as HTMLInputElement).value = "1";
    });
    await page.click("#run");
    await page.waitForSelector('body[data-phase="done"], body[data-phase="failed"]');
    const status = await page.$eval("#status", (found) => found.textContent);
    expect(status).toMatch(/^Done, on .+: 9 measurements\.$/);
    expect(await page.$$("#results tbody tr")).toHaveLength(9);
  });

  test("the file behind the link fits the schema, and says what it was measured on", async () => {
    const text = await page.$eval("#download", async (link) =>
      (await fetch((link as HTMLAnchorElement).href)).text(),
    );
    const report = JSON.parse(text);
    expect(schemaFaults(schema, report)).toEqual([]);
    expect(report.results).toHaveLength(9);
    expect(report.versions.browser).toContain("Chrome");
    expect(report.versions["wgsl-diffusion"]).toMatch(/^\d+\.\d+\.\d+$/);
    expect(complaints).toEqual([]);
  });
});
