// The records on Dawn in headless Chromium; loaded by scripts/conformance.mjs.
import { fileURLToPath } from "node:url";
import { launchChromium } from "../../src/platform/chromium.ts";
import { openPage } from "../browser/open_page.ts";
import { servePage } from "../support/page_server.ts";
import type { DeviceResult } from "./run.ts";

const MINUTES = 20;

export async function conformInChromium(): Promise<DeviceResult> {
  const server = await servePage(fileURLToPath(new URL("./pages", import.meta.url)));
  const browser = await launchChromium();
  try {
    const { page } = await openPage(browser, server.url);
    page.setDefaultTimeout(MINUTES * 60_000);
    await page.waitForFunction(() => window.conformance !== undefined);
    return await page.evaluate(() => window.conformance!());
  } finally {
    await browser.close();
    await server.close();
  }
}
