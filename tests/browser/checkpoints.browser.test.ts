// Checkpoints in a page's own file system: a page that is closed while it saves loses one save at most.
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../src/platform/chromium.ts";
import { times } from "../support/faults.ts";
import { servePage } from "../support/page_server.ts";
import { openPage } from "./open_page.ts";

const CLOSINGS = times(5, 25);

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

  test(`a page is closed while it saves, ${CLOSINGS} times; the next one finds the last save, whole`, {
    timeout: 600_000,
  }, async () => {
    let before = 0;
    for (let n = 0; n < CLOSINGS; n++) {
      const { page } = await opened();
      await page.evaluate(() => {
        window.checkpoints!.saveForEver();
      });
      await page.waitForFunction((step) => window.checkpoints!.saved > step, {}, before);
      await new Promise((resolve) => setTimeout(resolve, 5 + ((13 * n) % 90)));
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

  test("a run that another tab has open is refused, and opens once that is closed", async () => {
    const { page: first } = await opened();
    const { page: second } = await opened();
    const open = (page: Page, path: string) =>
      page.evaluate((name) => window.checkpoints!.open(name), path);
    expect(await open(first, "shared/checkpoints")).toBe("opened");
    expect(await open(first, "/shared/checkpoints/"), "twice in a page").toBe("opened");
    const started = performance.now();
    const refused = await open(second, "shared/checkpoints");
    expect(performance.now() - started).toBeLessThan(2000);
    expect(refused).toBe(
      "file/in-use: shared/checkpoints: another tab or window has it open. " +
        "Close the other one, or train into a folder of another name.",
    );
    expect(await open(second, "shared/other"), "another run").toBe("opened");
    await first.evaluate(() => window.checkpoints!.close());
    expect(await open(second, "shared/checkpoints"), "it was closed").toBe("opened");
    expect(await open(first, "shared/checkpoints")).toContain("file/in-use");
    await second.close();
    expect(await open(first, "shared/checkpoints"), "the page is gone").toBe("opened");
    await first.close();
  });

  test("where the site's storage is full a save is refused, and the last one is found", async () => {
    const { page } = await opened();
    const { step } = await page.evaluate(() => window.checkpoints!.latest());
    const session = await page.createCDPSession();
    const origin = new URL(server.url).origin;
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1000 });
    const refused = await page.evaluate(() => window.checkpoints!.save());
    expect(refused).toMatchObject({ code: "file/access" });
    expect(refused.message).toContain("Quota");
    expect(await page.evaluate(() => window.checkpoints!.latest())).toMatchObject({
      ...{ step, damaged: [] },
    });
    await session.send("Storage.overrideQuotaForOrigin", { origin });
    expect(await page.evaluate(() => window.checkpoints!.save())).toEqual({
      code: "",
      message: "",
    });
    const after = await page.evaluate(() => window.checkpoints!.latest());
    expect(after).toMatchObject({ step: step + 1, damaged: [] });
    await page.close();
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
