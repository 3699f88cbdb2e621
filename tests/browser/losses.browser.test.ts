// The browser's GPU process crashes while a page trains: at random steps of a run, twice a browser. Two
// crashes here, `npm run faults` takes ten; WGSL_DIFFUSION_FAULTS_SEED is for other moments.
import type { Browser, CDPSession, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { philoxUniforms } from "../../src/core/philox.ts";
import { launchChromium } from "../../src/platform/chromium.ts";
import { isFullRun, times } from "../support/faults.ts";
import { servePage } from "../support/page_server.ts";
import { openPage } from "./open_page.ts";

const STEPS = times(50, 200);
const LAST_POINT = 0.5 * STEPS; // here the run waits for the loss, or it might be over before
const CRASHES_A_BROWSER = 2; // a third leaves the browser without an adapter
const POINTS = times(2, 10);
const CYCLES = times(10, 1000);
const SEED = Number(process.env.WGSL_DIFFUSION_FAULTS_SEED ?? 1);

describe("a page that trains", { timeout: 600_000 }, () => {
  let server: Awaited<ReturnType<typeof servePage>>;
  beforeAll(async () => {
    server = await servePage(new URL("./pages", import.meta.url).pathname);
  });
  afterAll(() => server.close());

  interface Opened {
    browser: Browser;
    page: Page;
    crash(): Promise<void>;
  }

  async function opened(): Promise<Opened> {
    const browser = await launchChromium({ args: ["--disable-domain-blocking-for-3d-apis"] });
    const { page } = await openPage(browser, `${server.url}losses.html`);
    await page.waitForFunction(() => window.losses !== undefined);
    const session: CDPSession = await browser.target().createCDPSession();
    const crash = async () => {
      session.send("Browser.crashGpuProcess").catch(() => undefined); // it may go before it answers
    };
    return { browser, page, crash };
  }

  test(`GPU process crashes at ${POINTS} random steps of ${STEPS}: the weights are those of an undisturbed run`, async () => {
    const draws = philoxUniforms(SEED, POINTS, { stream: 0, step: 0 });
    const points = Array.from(draws, (draw) => Math.floor(draw * LAST_POINT));
    const all: Opened[] = [await opened()];
    try {
      const alone = await all[0]!.page.evaluate((n) => window.losses!.train(n), STEPS);
      expect(alone).toMatchObject({ devices: 1, steps: STEPS });
      for (let first = 0; first < POINTS; first += CRASHES_A_BROWSER) {
        const { browser, page, crash } = first === 0 ? all[0]! : await opened();
        if (first > 0) all.push({ browser, page, crash });
        for (const point of points.slice(first, first + CRASHES_A_BROWSER)) {
          const train = (steps: number, lostBy: number) => {
            window.losses!.step = 0;
            return window.losses!.train(steps, lostBy);
          };
          const trained = page.evaluate(train, STEPS, LAST_POINT);
          await page.waitForFunction((n) => window.losses!.step >= n, { polling: 1 }, point);
          await crash();
          const { losses, ...rest } = await trained;
          const where = `crash after step ${point}`;
          expect(rest, where).toEqual({ devices: 2, steps: STEPS, digest: alone.digest });
          expect(losses[0], where).toMatch(/^unknown: /);
        }
        await browser.close();
      }
    } finally {
      for (const { browser } of all) await browser.close();
    }
  });

  describe("in one browser", () => {
    let one: Opened;
    beforeAll(async () => {
      one = await opened();
    });
    afterAll(() => one.browser.close());

    test(`${CYCLES} times create, step, dispose: 0 bytes are left, the heap grows by < 1 MB`, async () => {
      const { page } = one;
      const session = await page.createCDPSession();
      const heapBytes = async () => {
        await session.send("HeapProfiler.collectGarbage");
        return (await session.send("Runtime.getHeapUsage")).usedSize;
      };
      await page.evaluate((n) => window.losses!.cycles(n), times(5, 100));
      const before = await heapBytes();
      expect(await page.evaluate((n) => window.losses!.cycles(n), CYCLES)).toBe(0);
      const growth = (await heapBytes()) - before;
      console.info(`${CYCLES} cycles in a page: heap ${growth} bytes`);
      expect(growth).toBeLessThan(1e6);
    });

    test.runIf(isFullRun)("a hidden page trains on at its pace", async () => {
      const { page } = one;
      const pace = async () => {
        const started = performance.now();
        expect(await page.evaluate((n) => window.losses!.train(n), STEPS)).toMatchObject({
          ...{ steps: STEPS, devices: 1 },
        });
        return performance.now() - started;
      };
      const before = await pace();
      const session = await page.createCDPSession();
      const { windowId } = await session.send("Browser.getWindowForTarget");
      const show = (windowState: "minimized" | "normal") =>
        session.send("Browser.setWindowBounds", { windowId, bounds: { windowState } });
      await show("minimized"); // a tab before it hides it in some browsers only
      expect(await page.evaluate(() => document.visibilityState)).toBe("hidden");
      const hidden = await pace();
      console.info(`${STEPS} steps: ${before.toFixed(0)} ms, hidden ${hidden.toFixed(0)} ms`);
      expect(hidden).toBeLessThan(3 * before); // timers would be held to one a second
      await show("normal");
    });

    test("a crash ends all that waits for the GPU within a second, with device/lost", async () => {
      const { page, crash } = one;
      await page.evaluate(() => window.losses!.begin());
      await new Promise((resolve) => setTimeout(resolve, 200));
      await crash();
      const ended = await page.evaluate(() => window.losses!.ended());
      const names = ["compiling", "loading", "sampling", "saving", "training"];
      expect(Object.keys(ended).sort()).toEqual(names);
      for (const [name, { code }] of Object.entries(ended)) expect(code, name).toBe("device/lost");
    });
  });
});
