// The page of the kernels: shows one, as the address says; asks the worker to test, profile and check.
import { DiffusionError } from "../../src/index.ts";
import { element } from "../shared/elements.ts";
import { adapterWords, codeOf, failureWords, isEnd } from "../shared/words.ts";
import { make } from "./dom.ts";
import { Editor } from "./edit.ts";
import { Engine } from "./engine.ts";
import { showKernel } from "./kernel_view.ts";
import { errorWords, Measured } from "./measured.ts";
import type { ProfiledStep } from "./messages.ts";
import { loadSource, NAMES } from "./sources.ts";

const FIRST = "groupnorm";
const query = new URLSearchParams(location.search);
const asked = (name: string) => Math.max(0, Math.floor(Number(query.get(name)))) || undefined;
/** ?runs=1&batch=4: a quick look, for tests and slow machines */
const runs = asked("runs") ?? 5;
const batch = asked("batch") ?? 8;

const adapter = element("adapter", HTMLElement);
const status = element("status", HTMLElement);
const families = element("families", HTMLElement);
const buttons = {
  test: element("test", HTMLButtonElement),
  profile: element("profile", HTMLButtonElement),
  testOne: element("test-one", HTMLButtonElement),
};

const engine = new Engine(lost);
const measured = new Measured((family) => {
  location.hash = family;
  element("kernel-name", HTMLElement).focus();
});
const editor = new Editor({ engine, runs, batch, busy, onUse: markList });
let step: ProfiledStep | undefined;

const links = new Map(
  NAMES.map((name) => [name, make("a", { href: `#${name}` }, make("span", {}, name))]),
);
families.append(make("ul", {}, ...[...links.values()].map((link) => make("li", {}, link))));

const chosen = (): string => {
  const name = location.hash.slice(1);
  return links.has(name) ? name : FIRST;
};

/** Shows the kernel that the address names. */
async function show(): Promise<void> {
  const name = chosen();
  for (const [other, link] of links) {
    if (other === name) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  scrollInList(links.get(name)!);
  const wgsl = await loadSource(name);
  if (name !== chosen()) return;
  measured.choose(name);
  await showKernel(name, wgsl);
  if (name !== chosen()) return;
  editor.show(name, wgsl);
  document.body.dataset.kernel = name;
}

/** Only the list moves, not the page. */
function scrollInList(link: HTMLElement): void {
  const { top, bottom } = link.getBoundingClientRect();
  const box = families.getBoundingClientRect();
  if (top < box.top || bottom > box.bottom) families.scrollTop += top - box.top - box.height / 2;
}

/** What each kernel's test said, and which are changed, beside their names. */
function markList(): void {
  const inUse = editor.inUse;
  for (const [name, link] of links) {
    const verdict = measured.verdictOf(name);
    const parts = [inUse.includes(name) ? "changed" : "", verdict ? errorWords(verdict) : ""];
    const mark = make("span", { class: "mark" }, parts.filter(Boolean).join(" "));
    mark.toggleAttribute("data-wrong", verdict?.ok === false);
    link.replaceChildren(link.firstChild!, mark);
  }
}

function enter(phase: "ready" | "busy" | "unavailable", words = ""): void {
  document.body.dataset.phase = phase;
  status.textContent = words;
  for (const button of Object.values(buttons)) button.disabled = phase !== "ready";
  editor.setFree(phase === "ready");
}

/** Runs a job of the worker's; undefined where it failed, and the page says why. */
async function busy<T>(words: string, work: () => Promise<T>): Promise<T | undefined> {
  enter("busy", words);
  try {
    const answer = await work();
    enter("ready");
    return answer;
  } catch (error) {
    if (codeOf(error) === "device/lost") lost();
    else enter(isEnd(error) ? "unavailable" : "ready", failureWords(error));
    return undefined;
  }
}

function lost(): void {
  editor.forgetUse();
  markList();
  enter("unavailable", failureWords(new DiffusionError("device/lost", "", "")));
}

/** Tests a shader, or all of them. */
async function test(shader?: string): Promise<void> {
  const words = shader
    ? `Testing ${shader}.wgsl against float64.`
    : "Testing every kernel against float64: most of the time goes into compiling them all.";
  const ask = shader ? { shader } : {};
  const results = await busy(words, () => engine.ask("test", ask));
  if (!results) return;
  measured.showTests(results, shader ? [shader] : NAMES);
  markList();
  const wrong = results.filter(({ ok }) => !ok).map(({ family }) => family);
  const all = results.length === 1 ? "One test agrees" : `All ${results.length} tests agree`;
  const names = [...new Set(wrong)].join(", ");
  status.textContent =
    wrong.length === 0 ? `${all} with float64.` : `Wrong on this adapter: ${names}.`;
}

buttons.test.addEventListener("click", () => test());
buttons.testOne.addEventListener("click", () => test(chosen()));

buttons.profile.addEventListener("click", async () => {
  const found = await busy("Measuring the ceilings, and profiling a step.", () =>
    engine.ask("profile", { runs, batch }),
  );
  if (!found) return;
  step = found;
  await measured.showStep(found);
  status.textContent = "Profiled: see below.";
});

element("export", HTMLButtonElement).addEventListener("click", () => {
  if (!step) return;
  const href = URL.createObjectURL(new Blob([step.trace], { type: "application/json" }));
  make("a", { href, download: "training-step.trace.json" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
});

/** Boxes that scroll can be scrolled from the keyboard, in browsers that do not see to it too. */
function openBoxes(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-region]")) {
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", box.dataset.region!);
  }
}

async function start(): Promise<void> {
  const shown = show();
  try {
    const cost = "Times say how its processor does, not a GPU; a profile takes some seconds.";
    const facts = await engine.ask("open", {});
    adapter.textContent = adapterWords(facts, cost);
    enter("ready");
  } catch (error) {
    const rest = isEnd(error) ? " Sources, headers and bindings can be read all the same." : "";
    adapter.textContent = failureWords(error) + rest;
    enter("unavailable");
  }
  await shown;
}

openBoxes();
window.addEventListener("hashchange", show);
start();
