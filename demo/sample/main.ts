// The page: a request, a worker that samples, and an easel that shows each step.
import { createWorkerClient, type ModelSource, type RemoteModel } from "../../src/worker.ts";
import { download } from "../shared/download.ts";
import { element } from "../shared/elements.ts";
import { modelAddress } from "../shared/fashion.ts";
import { adapterWords, failureWords, isEnd } from "../shared/words.ts";
import { Easel } from "./easel.ts";
import { pictureAt, stillOf, valuesOf } from "./film.ts";
import { GivenPicture } from "./given.ts";
import { RequestForm } from "./request.ts";

const SLOW =
  "It does the same sums on the processor, many times slower. A grid takes some seconds.";
const ON_GPU = { count: 20, steps: 20, guidance: 2 };
const ON_PROCESSOR = { count: 10, steps: 10, guidance: 1 };

const client = createWorkerClient();
const easel = new Easel();
const given = new GivenPicture(draw);
const form = new RequestForm(draw);
const status = element("status", HTMLElement);
const adapter = element("adapter", HTMLElement);
const buttons = ["draw", "other", "save-png", "save-gif"].map((id) =>
  element(id, HTMLButtonElement),
);

let model: RemoteModel | undefined;
let count = ON_GPU.count;
let run = new AbortController();

async function open(): Promise<void> {
  const facts = await client.open();
  adapter.textContent = adapterWords(facts, SLOW);
  client.lost.then(fail);
  const usual = { ...(facts.isSoftware ? ON_PROCESSOR : ON_GPU), ...askedInAddress() };
  count = usual.count;
  form.preset(usual);
  await load(modelAddress("../models/fashion-mnist/", location.search));
}

/** ?steps=5&count=5: for tests, and links. */
function askedInAddress(): { steps?: number; count?: number } {
  const query = new URLSearchParams(location.search);
  const asked = ["steps", "count"].map((name) => [name, Number(query.get(name))] as const);
  return Object.fromEntries(asked.filter(([, value]) => Number.isSafeInteger(value) && value > 0));
}

async function load(source: ModelSource): Promise<void> {
  status.textContent = "Loading the model.";
  const loaded = await client.load(source);
  run.abort();
  await model?.dispose();
  model = loaded;
  const { config } = loaded;
  const size = config.sample_size ?? 28;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  given.shape = [config.in_channels, height, width];
  form.config = config;
  for (const button of buttons) button.ariaDisabled = "false";
  draw();
}

/** Begins anew; what was under way ends. */
function draw(): void {
  if (!model) return;
  run.abort();
  run = new AbortController();
  sampling(model, run.signal).catch((error) => {
    if (error?.name !== "AbortError") fail(error);
  });
}

async function sampling(asked: RemoteModel, signal: AbortSignal): Promise<void> {
  const needs = form.task === "repair" || form.task === "change";
  if (needs && !given.given) return say("Choose a picture to start from: click one above.");
  document.body.dataset.phase = "drawing";
  const begun = performance.now();
  let isFirst = true;
  for await (const frame of client.sample(asked, { ...form.options(count, given.given), signal })) {
    const still = await stillOf(frame);
    signal.throwIfAborted();
    if (isFirst) easel.begin();
    isFirst = false;
    easel.push(still);
    say(`Step ${frame.step} of ${frame.of}`);
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(`${count} pictures in ${easel.stills.length} steps: ${seconds} s`);
  document.body.dataset.phase = "drawn";
}

function say(words: string): void {
  status.textContent = words;
}

function fail(error: unknown): void {
  if (isEnd(error)) adapter.textContent = failureWords(error);
  say(isEnd(error) ? "" : failureWords(error));
  document.body.dataset.phase = "failed";
}

/** The part of a page's work that a button starts; nothing while it can do nothing. */
function onClick(id: string, act: () => unknown): void {
  const button = element(id, HTMLButtonElement);
  button.addEventListener("click", () => {
    if (button.ariaDisabled !== "true") act();
  });
}

element("request", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  draw();
});
onClick("other", () => {
  form.seed = Math.floor(Math.random() * 2 ** 32);
  draw();
});
onClick("save-png", async () => {
  const { pngOf } = await import("./save.ts"); // when it is wanted
  if (easel.shown) download(await pngOf(easel.shown, easel.view), "samples.png");
});
onClick("save-gif", async () => {
  element("saved", HTMLElement).textContent = "Writing the GIF.";
  const { gifOf } = await import("./save.ts");
  download(await gifOf(easel.stills, easel.view), "sampling.gif");
  element("saved", HTMLElement).textContent = "";
});

easel.canvas.addEventListener("click", ({ offsetX, offsetY }) => {
  const { clientWidth, clientHeight } = easel.canvas;
  const still = easel.stills.at(-1);
  const n = still && pictureAt(still, offsetX / clientWidth, offsetY / clientHeight);
  if (!still || n === undefined || element("given", HTMLElement).hidden) return;
  given.set(valuesOf(still, n));
  if (form.task === "change") draw();
});

async function openPicture(file: Blob | undefined): Promise<void> {
  if (!file) return;
  try {
    await given.open(file);
  } catch {
    return say("This file is no picture that the browser can open. Choose a PNG, JPEG or WebP.");
  }
  if (form.task !== "repair" && form.task !== "change") {
    element("task", HTMLSelectElement).value = "change";
    form.refresh();
  }
  draw();
}

element("file", HTMLInputElement).addEventListener("change", (event) => {
  openPicture((event.currentTarget as HTMLInputElement).files?.[0]);
});
element("model-file", HTMLInputElement).addEventListener("change", (event) => {
  const file = (event.currentTarget as HTMLInputElement).files?.[0];
  if (file) load(file).catch(fail);
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  openPicture(event.dataTransfer?.files[0]);
});

open().catch(fail);
