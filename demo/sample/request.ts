// The form: what is to be drawn, as the engine's options.
import type { UNetConfig } from "../../src/index.ts";
import type { RemoteSampleOptions } from "../../src/worker.ts";
import { element } from "../shared/elements.ts";
import { CLASSES } from "../shared/fashion.ts";
import type { Given } from "./given.ts";

export const TASKS = ["noise", "between", "repair", "change"] as const;
export type Task = (typeof TASKS)[number];

type Sampler = "ddpm" | "ddim" | "dpm-solver++";

/**
 * The samplers of a task, the usual one first. Between two seeds a picture must be a function of its
 * first noise; mending goes back some steps, which DPM-Solver++ with its memory cannot.
 */
const SAMPLERS_OF: Record<Task, readonly Sampler[]> = {
  noise: ["dpm-solver++", "ddim", "ddpm"],
  between: ["dpm-solver++", "ddim"],
  repair: ["ddpm", "ddim"],
  change: ["dpm-solver++", "ddim", "ddpm"],
};

const EACH = "each";
const NONE = "none";

const select = (id: string) => element(id, HTMLSelectElement);
const input = (id: string) => element(id, HTMLInputElement);

export class RequestForm {
  /** classes of the model, without the one that stands for none; 0 where it has none */
  #classes = 0;

  /** @param changed  by the reader, when a control is let go */
  constructor(changed: () => void) {
    const form = element("request", HTMLFormElement);
    for (const output of form.querySelectorAll("output")) {
      const range = input(output.htmlFor.value);
      range.addEventListener("input", () => {
        output.textContent = range.value;
      });
    }
    form.addEventListener("input", () => this.refresh());
    form.addEventListener("change", (event) => {
      this.refresh();
      if (event.target instanceof HTMLInputElement && event.target.type === "number") return;
      changed();
    });
    this.refresh();
  }

  get task(): Task {
    return TASKS.find((task) => task === select("task").value) ?? "noise";
  }

  get seed(): number {
    return input("seed").valueAsNumber;
  }

  set seed(seed: number) {
    input("seed").value = String(seed);
  }

  /** Numbers to begin with. */
  preset({ steps, guidance }: { steps: number; guidance: number }): void {
    input("steps").value = String(steps);
    input("guidance").value = String(guidance);
    this.refresh();
  }

  /** The classes of a model that was loaded. */
  set config({ num_class_embeds: embeds }: UNetConfig) {
    this.#classes = embeds ? embeds - 1 : 0;
    const names = this.#classes === CLASSES.length ? CLASSES : numbered(this.#classes);
    const options = [
      new Option(this.#classes ? "one of each" : "none", this.#classes ? EACH : NONE),
      ...names.map((name, i) => new Option(name, String(i))),
      ...(this.#classes ? [new Option("any, unguided", NONE)] : []),
    ];
    select("class").replaceChildren(...options);
    this.refresh();
  }

  /** Shows what the task and the sampler need, and the ranges' values. */
  refresh(): void {
    const { task } = this;
    document.body.dataset.task = task;
    const suited: readonly string[] = SAMPLERS_OF[task];
    for (const option of select("sampler").options)
      option.disabled = !suited.includes(option.value);
    if (!suited.includes(select("sampler").value)) select("sampler").value = suited[0]!;
    const needed = [task, select("sampler").value];
    for (const part of document.querySelectorAll<HTMLElement>("[data-only]")) {
      part.hidden = !needed.includes(part.dataset.only!);
    }
    input("guidance").disabled = select("class").value === NONE;
    element("given", HTMLElement).hidden = task === "noise" || task === "between";
    for (const output of document.querySelectorAll<HTMLOutputElement>("#request output")) {
      output.textContent = input(output.htmlFor.value).value;
    }
  }

  /**
   * What the form says.
   *
   * @param count  pictures
   * @param given  undefined: the task needs none, or none was chosen
   */
  options(count: number, given: Given | undefined): RemoteSampleOptions {
    const { task, seed } = this;
    const sampler = select("sampler").value as Sampler;
    return {
      count,
      sampler,
      clip: 1, // x̂_0 of DPM-Solver++ too: unclipped it leaves [−1, 1] by far
      steps: input("steps").valueAsNumber,
      ...(sampler === "ddim" && { eta: task === "between" ? 0 : input("eta").valueAsNumber }),
      ...this.#conditions(count),
      ...(task === "between"
        ? { interpolate: [seed, input("second-seed").valueAsNumber] }
        : { seed }),
      ...(given &&
        task === "change" && { image: given.image, strength: input("strength").valueAsNumber }),
      ...(given &&
        task === "repair" && { inpaint: { image: given.image, mask: given.mask, resample: 2 } }),
    };
  }

  #conditions(count: number): Pick<RemoteSampleOptions, "classLabels" | "guidance"> {
    if (this.#classes === 0) return {};
    const asked = select("class").value;
    const label = (i: number) => {
      if (asked === EACH) return this.task === "between" ? 0 : i % this.#classes;
      return asked === NONE ? this.#classes : Number(asked);
    };
    const classLabels = Array.from({ length: count }, (_, i) => label(i));
    return { classLabels, guidance: asked === NONE ? 1 : input("guidance").valueAsNumber };
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`);
