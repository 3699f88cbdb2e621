// Checkpoints in a page's own file system: a page that is closed while it saves loses one save at most.
import type { Browser } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { servePage } from "../support/page_server.ts";
import { openPage } from "./open_page.ts";

describe("checkpoints in OPFS", () => {
  let server: Awaited<ReturnType<typeof servePage>>;
  let browser: Browser;

  beforeAll(async () => {
    server = await servePage(new URL("./pages", import.meta.url).pathname);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  async function opened() {
    const { page, complaints } = await openPage(browser, `${server.url}checkpoints.html`);
    await page.waitForFunction(() => window.checkpoints !== undefined);
    return { page, complaints };
  }

  test("a page is closed while it saves, five times; the next one finds the last save, whole", async () => {
    let before = 0;
    for (let n = 0; n < 5; n++) {
      const { page } = await opened();
      await page.evaluate(() => {
        window.checkpoints!.saveForEver();
      });
      await page.waitForFunction((step) => window.checkpoints!.saved > step, {}, before);
      await new Promise((resolve) => setTimeout(resolve, 5 + 13 * n));
      const saved = await page.evaluate(() => window.checkpoints!.saved);
      await page.close();

      const { page: next, complaints } = await opened();
      const { step, damaged } = await next.evaluate(() => window.checkpoints!.latest());
      expect(step, "never older than what was saved").toBeGreaterThanOrEqual(saved);
      expect(damaged).toEqual([]);
      expect(complaints).toEqual([]);
      before = step;
      await next.close();
    }
  });

  test("a file that is cut short: the checkpoint before is taken, and it is told", async () => {
    const { page } = await opened();
    const { step, names } = await page.evaluate(() => window.checkpoints!.latest());
    const folders = names.filter((name) => name.startsWith("step-"));
    expect(folders.length).toBeGreaterThan(1);
    const folder = `step-${String(step).padStart(6, "0")}`;
    await page.evaluate((path) => window.checkpoints!.damage(path), `${folder}/config.json`);
    const after = await page.evaluate(() => window.checkpoints!.latest());
    expect(after.step).toBe(step - 1);
    expect(after.damaged).toHaveLength(1);
    expect(after.damaged[0]).toContain(`${folder} is damaged, and left out: `);
    await page.close();
  });
});
