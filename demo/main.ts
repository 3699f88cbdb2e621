// The page: a form, a chart, a grid and some figures, fed by the worker's messages.
import { element } from "./elements.ts";
import { LossChart } from "./loss_chart.ts";
import type { FromWorker, Losses, RunPlan, ToWorker } from "./messages.ts";
import { askedInAddress } from "./query.ts";
import { SampleGrids } from "./sample_grid.ts";
import {
  adapterWords,
  durationWords,
  failureWords,
  lossWords,
  networkWords,
  planWords,
  speedWords,
  stepWords,
} from "./words.ts";

type Phase = "opening" | "ready" | "preparing" | "training" | "paused" | "unavailable";

const form = element("run", HTMLFormElement);
const seed = element("seed", HTMLInputElement);
const main = element("main", HTMLButtonElement);
const stop = element("stop", HTMLButtonElement);
const status = element("status", HTMLElement);
const adapter = element("adapter", HTMLElement);
const chart = new LossChart(element("loss-chart", HTMLElement));
const grids = new SampleGrids({
  canvas: element("samples", HTMLCanvasElement),
  slider: element("when", HTMLInputElement),
  caption: element("drawn", HTMLElement),
});

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const tell = (message: ToWorker) => worker.postMessage(message);

let phase: Phase = "opening";
let plan: RunPlan | undefined;
let done = 0; // steps
let started = 0; // ms

/** The one button that starts, holds and goes on, by phase. */
const MAIN_LABELS: Partial<Record<Phase, string>> = { training: "Pause", paused: "Continue" };

function enter(next: Phase, words: string): void {
  phase = next;
  document.body.dataset.phase = next;
  status.textContent = words;
  main.textContent = MAIN_LABELS[next] ?? "Start";
  main.disabled = !["ready", "training", "paused"].includes(next);
  const isRunning = ["preparing", "training", "paused"].includes(next);
  if (!isRunning && document.activeElement === stop) main.focus();
  stop.disabled = !isRunning;
  seed.disabled = isRunning;
}

function figure(id: string, words: string): void {
  element(id, HTMLElement).textContent = words;
}
