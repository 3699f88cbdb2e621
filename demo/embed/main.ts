// The page: a scene of three.js and a diffusion model on one device. The scene is drawn by the page's
// frames; the model makes its steps in between, a few milliseconds of GPU work at a time.
import { type DiffusionModel, Gpu, loadModel } from "../../src/index.ts";
import { element } from "../shared/elements.ts";
import { CLASSES, modelAddress } from "../shared/fashion.ts";
import { Gate } from "../shared/gate.ts";
import { adapterOf, adapterWords, failureWords } from "../shared/words.ts";
import { classesOf, denoised } from "./denoising.ts";
import { FrameTimes } from "./frame_times.ts";
import { LiveTexture } from "./live_texture.ts";
import type { Carousel } from "./scene.ts";
import { Turning } from "./turning.ts";

const COUNT = CLASSES.length;
const SLOW =
  "The page and the model share the processor, so both are many times slower than on a GPU, and drawn " +
  "more coarsely, in fewer steps.";
const LOOK_MS = 2500; // at the finished pictures, before the next seed

const canvas = element("scene", HTMLCanvasElement);
const adapter = element("adapter", HTMLElement);
const status = element("status", HTMLElement);
const pause = element("pause", HTMLButtonElement);
const steps = element("steps", HTMLInputElement);
const budget = element("budget", HTMLInputElement);
const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

const times = new FrameTimes();
const gate = new Gate();
let run = new AbortController();
let seed = 0;
let names: readonly string[] = Array.from({ length: COUNT }, (_, i) => `picture ${i + 1}`);

async function start(): Promise<void> {
  const gpu = await Gpu.open();
  adapter.textContent = adapterWords(adapterOf(gpu), SLOW);
  gpu.device.lost.then(() => fail(lossOf(gpu)));
  const isSoftware = gpu.target.software !== undefined;
  if (isSoftware) setSteps(15);
  const options = { canvas, device: gpu.device, count: COUNT, antialias: !isSoftware };
  const { Carousel } = await import("./scene.ts"); // three.js: not where there is no GPU
  const carousel = await Carousel.create(options);
  const turning = new Turning(canvas, isStill ? 0 : 0.00016);
  const pixelRatio = isSoftware ? 0.5 : Math.min(devicePixelRatio, 2);
  drawFrames(carousel, { turning, pixelRatio });
  say("Loading the model.");
  const model = await loadModel(gpu, modelAddress("../models/fashion-mnist/", location.search));
  if (classesOf(model) === COUNT) names = CLASSES;
  document.body.dataset.phase = "drawing";
  await drawSeeds(model, { carousel, live: new LiveTexture(gpu.device) });
}

/** Seed after seed; a change of the controls ends the one that is under way. */
async function drawSeeds(
  model: DiffusionModel,
  { carousel, live }: { carousel: Carousel; live: LiveTexture },
): Promise<void> {
  for (;;) {
    run = new AbortController();
    const { signal } = run;
    try {
      for await (const frame of denoised(model, { ...wishes(), ready, signal })) {
        if (!isStill || frame.step === frame.of) carousel.show(live.take(await frame.texture("x")));
        say(`Seed ${seed}: step ${frame.step} of ${frame.of}`);
        if (frame.step === frame.of) document.body.dataset.drawn = String(seed);
      }
      await looking(signal);
      seed++;
    } catch (error) {
      if (error !== signal.reason) throw error;
    }
  }
}

/** What the controls say. */
const wishes = () => ({
  seed,
  count: COUNT,
  steps: steps.valueAsNumber,
  frameBudgetMs: budget.valueAsNumber,
});

/** Goes through when the page is neither paused nor hidden. */
async function ready(): Promise<void> {
  if (gate.isShut) document.body.dataset.phase = "paused"; // the step under way has ended
  await gate.passed();
  document.body.dataset.phase = "drawing";
  while (document.hidden) {
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
    });
  }
}

/** Where less motion is preferred the pictures stay until others are asked for. */
function looking(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    if (!isStill) setTimeout(() => ready().then(resolve), LOOK_MS);
  });
}

function drawFrames(
  carousel: Carousel,
  { turning, pixelRatio }: { turning: Turning; pixelRatio: number },
): void {
  const resize = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width > 0 && height > 0) carousel.resize(width, height, pixelRatio); // a hidden one has none
  };
  new ResizeObserver(resize).observe(canvas);
  resize();
  const draw = (now: number) => {
    times.tick(now);
    carousel.angle = turning.at(now, gate.isShut);
    carousel.render();
    front(names[carousel.front] ?? "");
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
  document.addEventListener("visibilitychange", () => times.skip());
  setInterval(tellTimes, 500);
}

function front(name: string): void {
  const output = element("front", HTMLElement);
  if (output.textContent !== name) output.textContent = name;
}

function tellTimes(): void {
  const figures = times.figures;
  if (!figures) return;
  element("fps", HTMLElement).textContent = figures.framesPerSecond.toFixed(0);
  element("long", HTMLElement).textContent = `${(100 * figures.longShare).toFixed(0)} %`;
}

function setSteps(count: number): void {
  steps.value = String(count);
  element("steps-value", HTMLElement).textContent = steps.value;
}

function say(words: string): void {
  status.textContent = words;
}

const lossOf = (gpu: Gpu): unknown => {
  try {
    gpu.check();
  } catch (error) {
    return error;
  }
  return undefined;
};

function fail(error: unknown): void {
  document.body.dataset.phase = "failed";
  adapter.textContent = failureWords(error);
  say("");
}

pause.addEventListener("click", () => {
  if (gate.isShut) gate.open();
  else gate.shut();
  pause.textContent = gate.isShut ? "Continue" : "Pause";
});
element("next", HTMLButtonElement).addEventListener("click", () => {
  seed++;
  gate.open();
  pause.textContent = "Pause";
  run.abort();
});
for (const input of [steps, budget]) {
  const shown = element(`${input.id}-value`, HTMLElement);
  input.addEventListener("input", () => {
    shown.textContent = input.value;
  });
  input.addEventListener("change", () => run.abort());
}

start().catch(fail);
