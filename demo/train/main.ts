// The page: controls, chart, grid and figures, fed by a run's events; and what the browser keeps of it.
import { openZip, type PageSource, type UNetConfig } from "../../src/index.ts";
import { createWorkerClient, type GpuFacts, type ModelSource } from "../../src/worker.ts";
import { download } from "../shared/download.ts";
import { element } from "../shared/elements.ts";
import { Gate } from "../shared/gate.ts";
import { adapterWords, codeOf, failureWords, isEnd } from "../shared/words.ts";
import { Controls } from "./controls.ts";
import { Figures } from "./figures.ts";
import { EMBEDDED, embeddedImages, ownImages } from "./images.ts";
import { type Kept, KeptRun } from "./kept_run.ts";
import { LossChart } from "./loss_chart.ts";
import { askedInAddress } from "./query.ts";
import { type Losses, type RunEvent, type RunPlan, TrainingRun } from "./run.ts";
import { SampleGrids } from "./sample_grid.ts";

const SLOW =
  "It does the same sums on the processor, many times slower, so a small network learns small " +
  "pictures. Allow some minutes.";
const STOPPED = new DOMException("stopped by the reader", "AbortError");

const client = createWorkerClient();
const controls = new Controls({
  start: (seed) => start({ seed }),
  pause: () => gate.shut(),
  resume: () => gate.open(),
  stop: () => {
    gate.open();
    stop.abort(STOPPED);
  },
});
const figures = new Figures();
const chart = new LossChart(element("loss-chart", HTMLElement));
const grids = new SampleGrids({
  canvas: element("samples", HTMLCanvasElement),
  slider: element("when", HTMLInputElement),
  caption: element("drawn", HTMLElement),
});
const adapter = element("adapter", HTMLElement);
const keptWords = element("kept-words", HTMLElement);

const gate = new Gate();
let stop = new AbortController();
let facts: GpuFacts | undefined;
let keeping: KeptRun | undefined;
let kept: Kept | undefined;
let run: TrainingRun | undefined;
let own: PageSource | undefined; // the reader's images
let imported: ModelSource | undefined;
let losses: number[] = [];

async function open(): Promise<void> {
  facts = await client.open();
  adapter.textContent = adapterWords(facts, SLOW);
  await openKept();
  controls.enter("ready", "Ready.");
}

/** What this browser keeps, or why it keeps nothing: the page works without. */
async function openKept(): Promise<void> {
  try {
    keeping = await KeptRun.open();
    kept = await keeping.latest();
    tellKept();
  } catch (error) {
    keeping = undefined;
    keptWords.textContent =
      codeOf(error) === "file/in-use"
        ? "Another tab has the run that this browser keeps; what is trained here is not kept."
        : "This browser keeps nothing for the page (a private window?): a run ends with the page.";
  }
}

function tellKept(): void {
  element("go-on", HTMLButtonElement).hidden = !kept;
  element("forget", HTMLButtonElement).hidden = !kept;
  keptWords.textContent = kept
    ? `This browser keeps a run of ${stepWords(kept.step)} of ${kept.notes.steps}.${dataWords(kept)}`
    : "The run is kept in this browser: it goes on after the page was closed.";
}

/** What is to be opened before a run goes on: the browser keeps no images. */
const dataWords = ({ data }: Kept) =>
  data === EMBEDDED ? "" : ` It learns from ${data}: open that before it goes on.`;

const images = (config: UNetConfig) => (own ? ownImages(own, config) : embeddedImages(config));

/** @param from  a run that was kept, to go on with */
async function start({ seed, from }: { seed: number; from?: Kept | undefined }): Promise<void> {
  if (!facts) return;
  stop = new AbortController();
  await run?.dispose().catch(() => {}); // it may have gone with its device
  if (!from) losses = [];
  run = new TrainingRun(client, {
    ...askedInAddress(location.search),
    facts,
    images,
    seed,
    model: imported,
    snapshot: from?.files,
    ...(from && { steps: from.notes.steps }),
  });
  try {
    for await (const event of run.events({ gate, signal: stop.signal })) await show(event, from);
    controls.enter("ready", `Finished after ${stepWords(losses.length)}.`);
  } catch (error) {
    if (error === STOPPED) controls.enter("ready", `Stopped after ${stepWords(losses.length)}.`);
    else fail(error);
  }
}

async function show(event: RunEvent, from: Kept | undefined): Promise<void> {
  switch (event.type) {
    case "planned":
      return begin(event.plan, from);
    case "losses":
      return progress(event.losses);
    case "samples":
      return grids.push(event.samples);
    case "snapshot":
      return keep(event.step, event.files);
    case "held":
      return controls.hold();
    case "lost":
      return controls.enter("training", "The GPU was lost; the run goes on with another.");
  }
}

const stepWords = (n: number) => `${n} ${n === 1 ? "step" : "steps"}`;

function begin(plan: RunPlan, from: Kept | undefined): void {
  chart.begin(plan.steps);
  grids.begin();
  figures.begin(plan);
  losses = [...(from?.losses ?? [])];
  if (losses.length > 0) chart.push(1, losses);
  element("export", HTMLButtonElement).ariaDisabled = "false";
  if (controls.phase === "preparing") controls.enter("training", "Training.");
}

function progress({ first, losses: next, imagesPerSecond }: Losses): void {
  losses.length = first - 1;
  losses.push(...next);
  chart.push(first, next);
  figures.progress({ step: losses.length, loss: chart.mean, imagesPerSecond });
}

async function keep(step: number, files: Map<string, Uint8Array>): Promise<void> {
  if (!keeping) return;
  try {
    await keeping.save(step, files, losses);
    keptWords.textContent = `Kept in this browser: ${stepWords(step)}.`;
  } catch (error) {
    keptWords.textContent = `The run could not be kept: ${failureWords(error)}`;
  }
}

function fail(error: unknown): void {
  const ends = isEnd(error);
  if (ends) adapter.textContent = failureWords(error);
  controls.enter(ends ? "unavailable" : "ready", ends ? "" : failureWords(error));
}

/** A button's work, while nothing is trained. */
function onClick(id: string, act: () => unknown): void {
  element(id, HTMLButtonElement).addEventListener("click", () => {
    if (controls.phase === "ready") act();
  });
}

onClick("go-on", () => {
  const from = kept;
  if (!from) return;
  controls.enter("preparing", "Compiling the shaders.");
  start({ seed: 0, from });
  kept = undefined;
  tellKept();
});
onClick("forget", async () => {
  await keeping?.forget();
  kept = undefined;
  tellKept();
});

element("export", HTMLButtonElement).addEventListener("click", async () => {
  const archive = await run?.export();
  if (archive) download(new Blob([archive], { type: "application/zip" }), "model.zip");
});

/** Files that were chosen or dropped: a model, or images to learn from. */
async function take(files: readonly File[]): Promise<void> {
  const words = element("taken", HTMLElement);
  const [only] = files;
  if (!only) return;
  if (files.length === 1 && only.name.endsWith(".zip") && (await isModel(only))) {
    imported = only;
    words.textContent = `The next run starts from the weights of ${only.name}.`;
    return;
  }
  own = files;
  words.textContent = `The next run learns from ${files.length === 1 ? only.name : `${files.length} files`}.`;
}

async function isModel(archive: File): Promise<boolean> {
  const read = openZip(new Uint8Array(await archive.arrayBuffer()), archive.name);
  return Boolean((await read("config.json")) ?? (await read("model_index.json")));
}

const takeAll = (files: FileList | null | undefined) =>
  take([...(files ?? [])]).catch((error) => {
    element("taken", HTMLElement).textContent = failureWords(error);
  });

element("files", HTMLInputElement).addEventListener("change", (event) => {
  takeAll((event.currentTarget as HTMLInputElement).files);
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  takeAll(event.dataTransfer?.files);
});

open().catch(fail);
