// Every page of the demo, light and dark, held to WCAG 2.2 A and AA by axe-core: contrast, names of controls,
// landmarks, languages. What a rule cannot see, the pages' own tests do by keyboard.
import axe from "axe-core";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PAGES } from "../../demo/shell.ts";
import { launchChromium } from "../../src/platform/chromium.ts";
import { type Site, serveDemo } from "./demo_site.ts";
import { openPage } from "./open_page.ts";

const AT_WORK = 'body:is([data-phase="ready"], [data-phase="drawing"], [data-phase="drawn"])';
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await serveDemo();
  browser = await launchChromium({ canvas: true });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** What is broken, and where: one line an element. */
async function violations(page: Page): Promise<string[]> {
  return page.evaluate(async (standards) => {
    const { axe: inPage } = globalThis as unknown as { axe: typeof axe };
    const { violations: found, passes } = await inPage.run({ runOnly: standards });
    if (!passes.some(({ id }) => id === "color-contrast")) return ["no contrast was measured"];
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
    );
  }, STANDARDS);
}

test.each(PAGES.map(({ folder }) => `/${folder}`))("%s", async (path) => {
  const { page } = await openPage(browser, site.url + path.slice(1));
  await page.waitForSelector(AT_WORK);
  await page.evaluate(axe.source);
  for (const value of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    expect(await violations(page), value).toEqual([]);
  }
  await page.close();
});
