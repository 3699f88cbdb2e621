// The page around plain.ts: runs it, shows it, and says what fails.
import { DiffusionCanvas } from "../../../src/element.ts";
import { Gpu } from "../../../src/index.ts";
import { element } from "../../shared/elements.ts";
import { modelAddress } from "../../shared/fashion.ts";
import { adapterOf, adapterWords, failureWords } from "../../shared/words.ts";
import { draw } from "./plain.ts";
import source from "./plain.ts?raw";
import { showTag } from "./tag.ts";

const text = source.replace(/"\.\.\/\.\.\/\.\.\/src\/index\.ts"; \/\/ .*/, '"wgsl-diffusion";');
const canvas = element("picture", HTMLCanvasElement);
const adapter = element("adapter", HTMLElement);

element("source", HTMLElement).textContent = text;
element("copy", HTMLButtonElement).addEventListener("click", async () => {
  const copied = element("copied", HTMLElement);
  try {
    await navigator.clipboard.writeText(text);
    copied.textContent = "Copied.";
  } catch {
    copied.textContent = "The browser does not allow it: select the text.";
  }
});

new MutationObserver(() => {
  document.body.dataset.phase = "drawing"; // the canvas took the size of its first picture
}).observe(canvas, { attributeFilter: ["width"] });

const loop = new AbortController();

async function start(): Promise<void> {
  const told = await Gpu.open(); // for its name alone: plain.ts opens its own
  adapter.textContent = adapterWords(adapterOf(told), "Allow a minute.");
  told.dispose();
  const address = modelAddress("../../models/fashion-mnist/", location.search);
  await draw(canvas, address, loop.signal);
}

showTag(element("tag", DiffusionCanvas), () => loop.abort());
start().catch((error) => {
  if (loop.signal.aborted) return;
  document.body.dataset.phase = "failed";
  adapter.textContent = failureWords(error);
});
