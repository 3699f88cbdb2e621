// The pages' pictures, for the gallery and the README: `npm run pictures`.
//
// Each page is built, opened in headless Chromium, used until there is something to see, and cut out
// below an element: in light and in dark, WIDTH pixels wide.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { build, preview } from "vite";
import { launchChromium } from "../dist/platform/chromium.js";

const WIDTH = 640;
const SHAPE = 640 / 400;
const MARGIN = 20;
const WAIT_MS = 240_000;

const demo = fileURLToPath(new URL("../demo", import.meta.url));

const saying = (selector, words) => (page) =>
  page.waitForFunction(
    (asked, source) => new RegExp(source).test(document.querySelector(asked)?.textContent ?? ""),
    { timeout: WAIT_MS },
    selector,
    words,
  );

/** Each page: its address, the element at the picture's top, and what is done before. */
const PAGES = [
  {
    name: "sample",
    at: "sample/?steps=20&count=15",
    top: ".easel",
    until: saying("#status", "pictures in"),
  },
  {
    name: "train",
    at: "train/?steps=450&every=50",
    top: ".pictures",
    async until(page) {
      await page.waitForSelector('body[data-phase="ready"]', { timeout: WAIT_MS });
      await page.click("#start");
      await saying("#drawn", "after 400 steps")(page);
    },
  },
  {
    name: "derivation",
    at: "derivation/",
    top: "#drop",
    until: saying("#subject", "^(?!fetching)"),
  },
  {
    name: "kernels",
    at: "kernels/?runs=1",
    top: "#timeline-title",
    async until(page) {
      await page.waitForSelector("#profile:enabled", { timeout: WAIT_MS });
      await page.click("#profile");
      await page.waitForSelector("#step:not([hidden])", { timeout: WAIT_MS });
    },
  },
  {
    name: "embed",
    at: "embed/?steps=15",
    top: ".scene",
    until: (page) => page.waitForSelector("body[data-drawn]", { timeout: WAIT_MS }),
  },
];

async function serve() {
  const outDir = await mkdtemp(join(tmpdir(), "wgsl-diffusion-pictures-"));
  await build({ root: demo, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await preview({
    root: demo,
    configFile: false,
    logLevel: "error",
    build: { outDir },
    preview: { host: "localhost", port: 0 },
  });
  const close = async () => {
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  };
  return { url: server.resolvedUrls.local[0], close };
}

/** The content's width below an element's top, and a margin. */
async function cutOf(page, selector) {
  const { left, top, width } = await page.$eval(selector, (found) => {
    const { left, top, width } = found.getBoundingClientRect();
    return { left, top: top + scrollY, width };
  });
  const whole = width + 2 * MARGIN;
  return { x: left - MARGIN, y: top - MARGIN, width: whole, height: whole / SHAPE };
}

async function take(page, { name, top }) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await new Promise((resolve) => setTimeout(resolve, 500)); // charts draw themselves anew
    const whole = await page.screenshot({ clip: await cutOf(page, top) });
    const file = join(demo, `public/pictures/${name}-${scheme}.webp`);
    await sharp(whole).resize({ width: WIDTH }).webp({ quality: 80 }).toFile(file);
  }
}

const asked = process.argv.slice(2);
const server = await serve();
const browser = await launchChromium({ canvas: true }); // else a WebGPU canvas is white
for (const one of PAGES.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1000, height: 900 });
  await page.goto(server.url + one.at);
  await one.until(page);
  await take(page, one);
  await page.close();
  console.log(one.name);
}
await browser.close();
await server.close();
