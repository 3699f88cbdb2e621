// A page opened in headless Chromium until its title tells what came of it.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { launchChromium } from "../../dist/platform/chromium.js";

const KINDS = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json" };

/** The title of a page of a folder, served as any static host would. */
export async function servedTitle(folder, page) {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(new URL(request.url, "http://localhost").pathname));
    if (!path.startsWith(folder) || !existsSync(path)) return response.writeHead(404).end();
    response.setHeader("content-type", KINDS[extname(path)] ?? "application/octet-stream");
    createReadStream(path).pipe(response);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    return await titleAt(`http://127.0.0.1:${server.address().port}/${page}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** @throws Error for a title that says "failed", and for a page that says nothing for two minutes */
export async function titleAt(address) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
    await page.goto(address);
    await page
      .waitForFunction(() => /^(done|failed)/.test(document.title), { timeout: 120_000 })
      .catch(() => {});
    const title = await page.title();
    if (title.startsWith("done")) return title;
    throw new Error([title, ...complaints].join("\n"));
  } finally {
    await browser.close();
  }
}
