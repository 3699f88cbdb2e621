// A step's dispatches as bars on a track a phase: to point at, and to walk through by the arrow keys.
import type { DispatchProfile, Profile } from "../../src/inspect.ts";
import { make } from "./dom.ts";
import { bytes, flop, milliseconds } from "./format.ts";

const SVG = "http://www.w3.org/2000/svg";
const BAR = 0.84; // of a track's height
const PAGE = 10; // dispatches

interface Places {
  /** where it is drawn */
  place: HTMLElement;
  /** where the dispatch that is pointed at is described */
  told: HTMLElement;
  /** is given the label, family.entry, of the dispatch that was chosen */
  choose(label: string): void;
}

/** Draws a profile. @returns marks the dispatches of a family */
export function drawTimeline(profile: Profile, places: Places): (family: string) => void {
  const { dispatches, phases, gpu_ms } = profile;
  const tracks = phases.map(({ name }) => name);
  const bars = barsOf(dispatches, tracks);
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${gpu_ms} ${tracks.length}`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.append(...bars);
  const slider = make("div", {
    ...{ class: "tracks", role: "slider", tabindex: "0", "aria-label": "Dispatch" },
    ...{ "aria-valuemin": "0", "aria-valuemax": String(dispatches.length - 1) },
  });
  slider.append(picture);
  const names = make("div", { class: "names" }, ...tracks.map((name) => make("span", {}, name)));
  const ends = make("div", { class: "ends muted" }, make("span", {}, "0"), milliseconds(gpu_ms));
  places.place.replaceChildren(names, slider, ends);
  walk(slider, { bars, dispatches, ...places });
  return (family) => {
    for (const [i, bar] of bars.entries()) {
      bar.toggleAttribute("data-chosen", dispatches[i]!.label.split(".")[0] === family);
    }
  };
}

function barsOf(
  dispatches: readonly DispatchProfile[],
  tracks: readonly string[],
): SVGRectElement[] {
  let start = 0;
  return dispatches.map(({ index, ms, phase }) => {
    const bar = document.createElementNS(SVG, "rect");
    const box = { x: start, y: tracks.indexOf(phase) + (1 - BAR) / 2, width: ms, height: BAR };
    for (const [name, value] of Object.entries(box)) bar.setAttribute(name, String(value));
    bar.dataset.index = String(index);
    start += ms;
    return bar;
  });
}

interface Walked extends Omit<Places, "place"> {
  bars: readonly SVGRectElement[];
  dispatches: readonly DispatchProfile[];
}

function walk(slider: HTMLElement, { bars, dispatches, told, choose }: Walked): void {
  let at = 0;
  const go = (index: number) => {
    bars[at]!.removeAttribute("data-current");
    at = Math.min(bars.length - 1, Math.max(0, index));
    bars[at]!.setAttribute("data-current", "");
    const words = wordsOf(dispatches[at]!, dispatches.length);
    slider.setAttribute("aria-valuenow", String(at));
    slider.setAttribute("aria-valuetext", words);
    told.textContent = words;
  };
  const indexOf = ({ target }: Event) => (target as SVGElement).dataset?.index;
  slider.addEventListener("pointermove", (event) => {
    const index = indexOf(event);
    if (index !== undefined && Number(index) !== at) go(Number(index));
  });
  slider.addEventListener("click", (event) => {
    const index = indexOf(event);
    if (index === undefined) return;
    go(Number(index));
    choose(dispatches[at]!.label);
  });
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Enter") choose(dispatches[at]!.label);
    const to = keyTarget(event.key, at, bars.length);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  go(0);
}

/** Where a key leads, as on any slider. */
function keyTarget(key: string, at: number, count: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowUp: 1,
    ArrowLeft: -1,
    ArrowDown: -1,
    PageUp: PAGE,
    PageDown: -PAGE,
  };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  return step === undefined ? undefined : at + step;
}

function wordsOf(dispatch: DispatchProfile, count: number): string {
  const { index, label, phase, workgroups, ms, flops, bytes: moved } = dispatch;
  const groups = workgroups.join(" × ");
  return `${index + 1} of ${count}: ${label}, ${phase}, ${milliseconds(ms)}, ${groups} workgroups, ${flop(flops)}, ${bytes(moved)}`;
}
