// Opens a page and keeps what it complains of: errors, warnings, failed requests, missing files.
import type { Browser, Page } from "puppeteer";

export interface OpenedPage {
  page: Page;
  /** grows while the page lives; empty for a page that is well */
  complaints: string[];
}

/** servePage() runs vite without its socket, and vite's client in the page says that it misses it. */
const OF_VITE = /^WebSocket connection to|^\[vite\]/;

/** The most that a page is waited for: other tests share the processor. */
export const MOST_MS = 90_000;

/** @param prepare  what is done with the page before it goes to the address */
export async function openPage(
  browser: Browser,
  url: string,
  prepare: (page: Page) => Promise<unknown> = async () => {},
): Promise<OpenedPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(MOST_MS);
  const complaints: string[] = [];
  page.on("console", (message) => {
    const isBad = ["error", "warn", "assert"].includes(message.type());
    if (isBad && !OF_VITE.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });
  await prepare(page);
  await page.goto(url);
  return { page, complaints };
}
