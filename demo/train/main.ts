// The page: controls, chart, grid and figures, fed by the worker's messages.
import { DiffusionError } from "../../src/index.ts";
import { element } from "../shared/elements.ts";
import { adapterWords, failureWords, isEnd } from "../shared/words.ts";
import { Controls } from "./controls.ts";
import { Figures } from "./figures.ts";
import { LossChart } from "./loss_chart.ts";
import type { FromWorker, Losses, RunPlan, ToWorker } from "./messages.ts";
import { askedInAddress } from "./query.ts";
import { SampleGrids } from "./sample_grid.ts";

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const controls = new Controls(tell);
const figures = new Figures();
const chart = new LossChart(element("loss-chart", HTMLElement));
const grids = new SampleGrids({
  canvas: element("samples", HTMLCanvasElement),
  slider: element("when", HTMLInputElement),
  caption: element("drawn", HTMLElement),
});
const adapter = element("adapter", HTMLElement);

const ENDED = { finished: "Finished", stopped: "Stopped" };

let done = 0; // steps

function tell(message: ToWorker): void {
  if (message.type === "start") Object.assign(message.request, askedInAddress(location.search));
  worker.postMessage(message);
}

worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
  switch (data.type) {
    case "ready":
      adapter.textContent = adapterWords(data.adapter, "Allow some minutes.");
      return controls.enter("ready", "Ready.");
    case "planned":
      return begin(data.plan);
    case "losses":
      return progress(data.losses);
    case "samples":
      return grids.push(data.samples);
    case "held":
      return controls.hold();
    case "ended":
      return controls.enter("ready", `${ENDED[data.reason]} after ${stepWords(done)}.`);
    case "failed":
      return fail(data.code, data.message);
  }
});

worker.addEventListener("error", ({ message }) => {
  fail("unexpected", message || "The worker’s script could not be loaded. Load the page again.");
});

const stepWords = (n: number) => `${n} ${n === 1 ? "step" : "steps"}`;

function begin(plan: RunPlan): void {
  done = 0;
  chart.begin(plan.steps);
  grids.begin();
  figures.begin(plan);
  if (controls.phase === "preparing") controls.enter("training", "Training.");
}

function progress({ first, losses, imagesPerSecond }: Losses): void {
  done = first + losses.length - 1;
  chart.push(first, losses);
  figures.progress({ step: done, loss: chart.mean, imagesPerSecond });
}

function fail(code: string, message: string): void {
  const error = new DiffusionError(code, message, "");
  const ends = isEnd(error);
  if (ends) adapter.textContent = failureWords(error);
  controls.enter(ends ? "unavailable" : "ready", ends ? "" : failureWords(error));
}
