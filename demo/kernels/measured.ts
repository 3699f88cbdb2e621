// What was measured on this adapter: of the kernel that is shown, and of a whole training step.
import type { SelfTestResult } from "../../src/inspect.ts";
import { element } from "../shared/elements.ts";
import { make, pictureOf, table } from "./dom.ts";
import { bytes, digits, flop, milliseconds, percent } from "./format.ts";
import type { ProfiledStep } from "./messages.ts";
import { drawTimeline } from "./timeline.ts";

type Kernels = ProfiledStep["report"]["roofline"]["kernels"];

const familyOf = (label: string): string => label.split(".")[0]!;

/** A shader's worst result; undefined where no test launched it. */
export interface Verdict {
  ok: boolean;
  /** of its results, null where one is no number */
  error: number | null;
  bound: number;
}

export class Measured {
  readonly #choose: (family: string) => void;
  #chosen = "";
  readonly #tests: SelfTestResult[] = [];
  readonly #tested = new Set<string>();
  #step: ProfiledStep | undefined;
  #markTimeline: (family: string) => void = () => {};

  /** @param choose  is given the family that was clicked in a table or picture */
  constructor(choose: (family: string) => void) {
    this.#choose = choose;
    this.choose("");
  }

  /** Marks a kernel everywhere, and says its figures. */
  choose(family: string): void {
    this.#chosen = family;
    this.#showFigures();
    this.#mark();
  }

  /** @param families  that were to be tested */
  showTests(results: readonly SelfTestResult[], families: readonly string[]): void {
    this.#tests.push(...results);
    for (const family of families) this.#tested.add(family);
    this.#showFigures();
    if (this.#step) this.#showKernels(this.#step.report.roofline.kernels);
  }

  /** The worst of a shader's results, by its name or a label of one of its entry points. */
  verdictOf(name: string): Verdict | undefined {
    const own = this.#tests.filter(({ entryPoints }) =>
      entryPoints.some((label) => label === name || familyOf(label) === name),
    );
    const [first] = own;
    if (!first) return undefined;
    const errors = own.map(({ error }) => error);
    const error = errors.includes(null) ? null : Math.max(...errors.map(Number));
    return { ok: own.every(({ ok }) => ok), error, bound: first.bound };
  }

  showStep(step: ProfiledStep): void {
    this.#step = step;
    const { report } = step;
    element("step", HTMLElement).hidden = false;
    element("step-sentence", HTMLElement).textContent = stepWords(report);
    this.#showKernels(report.roofline.kernels);
    this.#markTimeline = drawTimeline(report.profile, {
      place: element("timeline", HTMLElement),
      told: element("dispatch", HTMLElement),
      choose: (label) => this.#choose(familyOf(label)),
    });
    this.#showRoofline(step.roofline);
    const { banks, peakBytes, peak, bytesWithoutReuse } = report.memory;
    element("memory-sentence", HTMLElement).textContent =
      `Activations and their gradients share ${bytes(peakBytes)} in ${banks.length} ` +
      `${banks.length === 1 ? "buffer" : "buffers"}; without reuse they would take ` +
      `${bytes(bytesWithoutReuse)}. Each box is a tensor: as wide as it lives, as high as it is large. ` +
      `Most live at dispatch ${peak.dispatch + 1}. Weights, moments and images take ${bytes(report.resident_bytes)} more.`;
    element("memory", HTMLElement).replaceChildren(
      pictureOf(step.memory, "Tensors over dispatches"),
    );
    this.choose(this.#chosen);
  }

  #showKernels(kernels: Kernels): void {
    const rows = kernels.map((row) => {
      const verdict = this.verdictOf(row.name);
      const name = make("button", { class: "link", type: "button" }, row.name);
      name.addEventListener("click", () => this.#choose(familyOf(row.name)));
      return [
        ...[name, row.dispatches, digits(row.ms), percent(row.share)],
        ...[flop(row.gflops_per_s * row.ms * 1e6), bytes(row.gbytes_per_s * row.ms * 1e6)],
        ...[percent(row.fma_share), percent(row.bandwidth_share)],
        verdict ? errorWords(verdict) : "–",
      ];
    });
    const heads = [
      "Kernel",
      "Runs",
      "ms",
      "Of the step",
      "Work",
      "Bytes",
      "Of FMA",
      "Of bandwidth",
    ];
    element("kernels", HTMLElement).replaceChildren(table([...heads, "Error"], rows));
    this.#mark();
  }

  #showRoofline(svg: string): void {
    const picture = pictureOf(
      svg,
      "Rate of each kernel over its work per byte; figures in the table",
    );
    for (const dot of picture.querySelectorAll("circle")) {
      dot.addEventListener("click", () => this.#choose(familyOf(labelOf(dot))));
    }
    element("roofline", HTMLElement).replaceChildren(picture);
  }

  #mark(): void {
    const isChosen = (label: string) => familyOf(label) === this.#chosen;
    this.#markTimeline(this.#chosen);
    for (const dot of document.querySelectorAll<SVGElement>("#roofline circle")) {
      dot.toggleAttribute("data-chosen", isChosen(labelOf(dot)));
    }
    for (const text of document.querySelectorAll<SVGElement>("#roofline circle + text")) {
      text.toggleAttribute("data-chosen", isChosen(text.textContent ?? ""));
    }
    for (const row of document.querySelectorAll("#kernels tbody tr")) {
      row.toggleAttribute("data-chosen", isChosen(row.firstChild?.textContent ?? ""));
    }
  }

  #showFigures(): void {
    const verdict = this.verdictOf(this.#chosen);
    const kernels = this.#step?.report.roofline.kernels ?? [];
    const own = kernels.filter(({ name }) => familyOf(name) === this.#chosen);
    const sum = (of: (row: Kernels[number]) => number) =>
      own.reduce((all, row) => all + of(row), 0);
    const ms = sum((row) => row.ms);
    const mean = (of: (row: Kernels[number]) => number) => sum((row) => of(row) * row.ms) / ms;
    const figures = {
      Error: verdict ? errorWords(verdict) : "–",
      "Time in a step": own.length > 0 ? milliseconds(ms) : "–",
      Work: own.length > 0 ? flop(sum((row) => row.gflops_per_s * row.ms * 1e6)) : "–",
      Bytes: own.length > 0 ? bytes(sum((row) => row.gbytes_per_s * row.ms * 1e6)) : "–",
      "Of the FMA ceiling": own.length > 0 ? percent(mean((row) => row.fma_share)) : "–",
      "Of the bandwidth": own.length > 0 ? percent(mean((row) => row.bandwidth_share)) : "–",
    };
    element("figures", HTMLElement).replaceChildren(
      ...Object.entries(figures).map(([term, value]) =>
        make("div", {}, make("dt", {}, term), make("dd", {}, value)),
      ),
    );
    element("figures-note", HTMLElement).textContent = this.#note(verdict, own.length > 0);
  }

  #note(verdict: Verdict | undefined, isInStep: boolean): string {
    const tested = this.#tested.has(this.#chosen);
    const parts = [
      verdict &&
        `The error is the largest difference from float64, in units of ε Σ|terms|: ε = 2⁻²⁴, for float16 maps 2⁻¹¹. ${verdict.bound} are allowed.`,
      tested && !verdict && "No test launches this kernel on this adapter.",
      this.#step && !isInStep && "The training step does not run this kernel on this adapter.",
      !tested && !this.#step && "Nothing is measured yet.",
    ];
    return parts.filter(Boolean).join(" ");
  }
}

const labelOf = (dot: Element): string =>
  dot.querySelector("title")?.textContent?.split(":")[0] ?? "";

export const errorWords = ({ error, ok }: Pick<Verdict, "error" | "ok">): string => {
  if (error === null) return "wrong";
  return ok ? digits(error) : `${digits(error)}: wrong`;
};

function stepWords({ batch, parameters, profile, roofline }: ProfiledStep["report"]): string {
  const { wall_ms, gpu_ms, dispatches, method, runs } = profile;
  const { fma_f32_gflops_per_s: fma, storage_gbytes_per_s: storage } = roofline.ceilings;
  const how =
    method === "timestamps"
      ? "Times are the GPU’s own timestamps"
      : "This adapter has no timestamps: submissions were timed and halved";
  return (
    `${batch} images, a U-Net of ${parameters.toLocaleString("en")} parameters: ${dispatches.length} dispatches. ` +
    `The step takes ${milliseconds(wall_ms)}; its dispatches, each alone, ${milliseconds(gpu_ms)}. ` +
    `${how}, medians of ${runs === 1 ? "one run" : `${runs} runs`}. Ceilings of this adapter: ` +
    `${digits(fma)} GFLOP/s of multiply-adds (FMA), ${digits(storage)} GB/s of storage.`
  );
}
