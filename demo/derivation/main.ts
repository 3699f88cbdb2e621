// The page: what needs no GPU at once, KaTeX when the page is idle, the model when there is a GPU.
import { type DiffusionModel, Gpu, loadModel } from "../../src/index.ts";
import { element } from "../shared/elements.ts";
import { modelAddress } from "../shared/fashion.ts";
import { type Adapter, adapterOf, adapterWords, failureWords, isEnd } from "../shared/words.ts";
import { BoundView } from "./bound_view.ts";
import { HostPart } from "./host_part.ts";
import { fillKernels } from "./kernels.ts";
import { LinesView } from "./lines_view.ts";

const SLOW =
  "Sections 3 and 4 are slow on it: they begin with few steps and images, and wait for their buttons.";
const REST = "Sections 1, 2 and 5 work all the same.";
const BATCH = { hardware: 16, software: 4 }; // rows of the network in one submission

const adapter = element("adapter", HTMLElement);
const buttons = {
  draw: element("draw", HTMLButtonElement),
  evaluate: element("evaluate", HTMLButtonElement),
};
const statuses = {
  draw: element("lines-status", HTMLElement),
  evaluate: element("bound-status", HTMLElement),
};
type Task = keyof typeof buttons;
const TASKS = ["draw", "evaluate"] as const;

const host = new HostPart();
const formulas = import("./formulas.ts");
const lines = new LinesView((home) => {
  formulas.then(({ setFormula }) => setFormula(home));
});
const bound = new BoundView();
let underWay: { task: Task; stop: AbortController } | undefined;
let isLost = false;

function say(words: string): void {
  for (const task of TASKS) statuses[task].textContent = words;
}

/** Values of the address, for links and tests; else what suits the adapter. */
function setChoices({ isSoftware }: Adapter): void {
  const query = new URLSearchParams(location.search);
  const choices = isSoftware
    ? { steps: "25", count: "2", images: "1", timesteps: "16" }
    : { steps: "1000", count: "8", images: "8", timesteps: "64" };
  for (const [id, value] of Object.entries(choices)) {
    const select = element(id, HTMLSelectElement);
    const wanted = query.get(id) ?? value;
    if (![...select.options].some((option) => option.value === wanted)) {
      select.add(new Option(wanted));
    }
    select.value = wanted;
  }
}

async function start(): Promise<void> {
  const gpu = await Gpu.open();
  const told = adapterOf(gpu);
  setChoices(told);
  adapter.textContent = adapterWords(told, SLOW);
  gpu.device.lost.then(() => lost(gpu));
  say("Loading the model.");
  const model = await loadModel(gpu, modelAddress("../models/fashion-mnist/", location.search));
  await opened;
  const batch = told.isSoftware ? BATCH.software : BATCH.hardware;
  const tasks: Record<Task, () => void> = {
    draw: () => run("draw", (signal) => drawWith(model, signal)),
    evaluate: () => run("evaluate", (signal) => evaluateWith(model, { batch, signal })),
  };
  for (const task of TASKS) {
    buttons[task].disabled = false;
    buttons[task].addEventListener("click", () => {
      if (underWay?.task === task) underWay.stop.abort();
      else if (!underWay) tasks[task]();
    });
  }
  say("");
  document.body.dataset.phase = "ready";
  if (!told.isSoftware) tasks.draw();
}

async function drawWith(model: DiffusionModel, signal: AbortSignal): Promise<void> {
  const { subject } = host;
  if (subject) await lines.draw(model, { x0: subject.x0, signal });
  else statuses.draw.textContent = "There is no image yet: choose a picture in section 1.";
}

async function evaluateWith(
  model: DiffusionModel,
  { batch, signal }: { batch: number; signal: AbortSignal },
): Promise<void> {
  const { images: data } = host;
  if (data) await bound.evaluate(model, { data, batch, signal });
  else statuses.evaluate.textContent = "The test images could not be fetched.";
}

const LABELS: Readonly<Record<Task, string>> = {
  draw: "Draw trajectories",
  evaluate: "Evaluate the bound",
};

/** One task at a time: its own button stops it, the other waits. */
async function run(task: Task, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  underWay = { task, stop };
  const others = TASKS.filter((one) => one !== task);
  for (const other of others) buttons[other].disabled = true;
  buttons[task].textContent = "Stop";
  try {
    await work(stop.signal);
  } catch (error) {
    const isStopped = stop.signal.aborted && error === stop.signal.reason;
    statuses[task].textContent = isStopped ? "Stopped." : failureWords(error);
  } finally {
    underWay = undefined;
    buttons[task].textContent = LABELS[task];
    for (const other of others) buttons[other].disabled = isLost;
    buttons[task].disabled = isLost;
  }
}

function lost(gpu: Gpu): void {
  isLost = true;
  underWay?.stop.abort();
  for (const task of TASKS) buttons[task].disabled = true;
  try {
    gpu.check();
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  document.body.dataset.phase = isEnd(error) ? "unavailable" : "failed";
  adapter.textContent = `${failureWords(error)} ${REST}`;
  say(isEnd(error) ? "Needs a GPU." : "");
}

const opened = host.open();
start().catch(fail);
fillKernels();
formulas.then(({ setFormulas }) => setFormulas());
