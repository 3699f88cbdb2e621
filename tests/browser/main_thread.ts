// What a page's main thread did, by Chromium's own trace: the tasks that kept it, and its frames.
import type { Page } from "puppeteer";

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** µs of the thread's own time, which other processes do not lengthen */
  tdur?: number;
  args?: { name?: string };
}

export interface MainThread {
  /** ms of its longest task, of the thread's own time */
  longestTaskMs: number;
  /** tasks over 50 ms */
  longTasks: number;
  framesPerSecond: number;
}

/** Traces a page while something is done. */
export async function traced(page: Page, doing: () => Promise<void>): Promise<MainThread> {
  await page.tracing.start({ categories: ["toplevel", "devtools.timeline", "__metadata"] });
  const frames = await framesWhile(page, doing);
  const bytes = await page.tracing.stop();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(bytes)) as {
    traceEvents: TraceEvent[];
  };
  const mains = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const ofMain = ({ pid, tid }: TraceEvent) => mains.some((m) => m.pid === pid && m.tid === tid);
  const tasks = traceEvents
    .filter((event) => event.ph === "X" && event.name.endsWith("RunTask") && ofMain(event))
    .map(({ tdur = 0 }) => tdur / 1000);
  return {
    longestTaskMs: Math.max(0, ...tasks),
    longTasks: tasks.filter((ms) => ms > 50).length,
    framesPerSecond: frames,
  };
}

async function framesWhile(page: Page, doing: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const counted = globalThis as unknown as { frames?: number };
    counted.frames = 0;
    const count = () => {
      counted.frames!++;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const start = performance.now();
  await doing();
  const frames = await page.evaluate(() => (globalThis as unknown as { frames?: number }).frames!);
  return (1000 * frames) / (performance.now() - start);
}
